"""The environment's catalog, who else may read it, its schemas and its volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.catalog import Catalog
from cdktf_cdktf_provider_databricks.schema import Schema
from cdktf_cdktf_provider_databricks.volume import Volume
from cdktf_cdktf_provider_databricks.workspace_binding import WorkspaceBinding
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.access import wheel_volume
from infra.resources.protection import protection
from infra.tags import tags
from infra.workspace_access import readers


@dataclass(frozen=True)
class CatalogResources:
    """The catalog; schemas and volumes by full name."""

    catalog: Catalog
    schemas: dict[str, Schema]
    volumes: dict[str, Volume]


def add_catalog(
    scope: Construct,
    environment: Environment,
    models: Sequence[Model],
    storage_url: str,
    needed: Sequence[TerraformResource],
) -> CatalogResources:
    """Add the catalog with a schema of wheels, and each model's schemas and volumes.

    `storage_url` ends with a slash; what the location answers as its own may not. What is `needed` outlives the
    catalog: its location, and the online store, which cannot be deleted while the catalog has tables there.
    """
    catalog = Catalog(
        scope,
        "catalog",
        name=environment.catalog,
        comment=f"Data and models of {environment.name}",
        storage_root=f"{storage_url}{environment.catalog}",
        # For the environment's own workspace, and those that `add_readers` lets in.
        isolation_mode="ISOLATED",
        force_destroy=environment.disposable,
        properties=tags(environment),
        depends_on=needed,
        lifecycle=protection(environment),
    )
    comments = {names.WHEEL_SCHEMA: "The code that jobs run"}
    wheels = wheel_volume(environment)
    volumes = {(names.WHEEL_SCHEMA, names.WHEEL_VOLUME): "Wheels, each in the folder of its digest"}
    for model in models:
        comments.setdefault(model.sources.schema_name, "Landed files and the bronze tables that they fill")
        comments.setdefault(model.schema_name, model.description)
        volumes[(model.sources.schema_name, model.sources.landing_volume)] = "Files as they come, a folder a table"
        if model.streaming:
            volumes[(model.schema_name, names.CHECKPOINTS)] = "How far streams have read"
        if files := model.batch.sinks.files:
            volumes[(model.schema_name, files.volume)] = "Predictions as files, a folder a day"
    schemas = {
        f"{environment.catalog}.{name}": _add_schema(scope, environment, catalog, name, comment)
        for name, comment in sorted(comments.items())
    }
    return CatalogResources(
        catalog,
        schemas,
        {
            f"{environment.catalog}.{schema}.{name}": Volume(
                scope,
                f"volume-{schema}-{name}",
                catalog_name=catalog.name,
                schema_name=schemas[f"{environment.catalog}.{schema}"].name,
                name=name,
                volume_type="MANAGED",
                comment=comment,
                # Wheels come from the code, which is kept elsewhere; data does not.
                lifecycle=None if f"{environment.catalog}.{schema}.{name}" == wheels else protection(environment),
            )
            for (schema, name), comment in sorted(volumes.items())
        },
    )


def add_readers(
    scope: Construct, environment: Environment, catalog: CatalogResources, workspace_ids: Mapping[str, float]
) -> None:
    """Let other environments' workspaces read the catalog: whatever grants say, nothing is written from there."""
    for binding in readers(environment):
        WorkspaceBinding(
            scope,
            f"catalog-read-from-{binding.workspace}",
            securable_type="catalog",
            securable_name=catalog.catalog.name,
            workspace_id=workspace_ids[binding.workspace],
            binding_type="BINDING_TYPE_READ_ONLY",
        )


def _add_schema(scope: Construct, environment: Environment, catalog: Catalog, name: str, comment: str) -> Schema:
    return Schema(
        scope,
        f"schema-{name}",
        catalog_name=catalog.name,
        name=name,
        comment=comment,
        force_destroy=environment.disposable,
        properties=tags(environment),
        lifecycle=protection(environment),
    )
