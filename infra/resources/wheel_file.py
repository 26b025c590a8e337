"""The wheel in its volume."""

from __future__ import annotations

from cdktf import AssetType, TerraformAsset, TerraformResourceLifecycle
from cdktf_cdktf_provider_databricks.file import File
from constructs import Construct

from environments import names
from environments.settings import Environment
from infra.access import wheel_volume
from infra.resources.catalog import CatalogResources
from infra.wheel import Wheel


def add_wheel(scope: Construct, environment: Environment, wheel: Wheel, catalog: CatalogResources) -> File:
    """Upload the wheel; the one before goes only when the jobs have been pointed at the new one."""
    # An asset is copied into the stack's folder and named relative to it: no machine's path is in the JSON.
    asset = TerraformAsset(scope, names.WHEEL_DISTRIBUTION, path=str(wheel.path), type=AssetType.FILE)
    return File(
        scope,
        "wheel",
        source=asset.path,
        path=wheel.volume_path(environment),
        depends_on=[catalog.volumes[wheel_volume(environment)]],
        lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
    )
