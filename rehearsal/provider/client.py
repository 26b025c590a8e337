"""The databricks-sdk's own API client, without the two seconds that `import databricks.sdk` takes.

The package's `__init__` imports every service's dataclasses. Terraform starts the provider several times per command,
and a plan needs none of them: the provider speaks in the documents of the REST API. So the package is entered by its
`core` module; configuration files, authentication, retries and errors stay the SDK's.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

RETRY_SECONDS = 20  # the SDK would try for five minutes to reach a workspace that is down


def connect(settings: dict[str, Any]) -> ApiClient:
    """A client from the provider block's attributes; what is not set there comes from the environment."""
    _enter_without_services()
    from databricks.sdk.core import ApiClient, Config

    known = {attribute.name for attribute in Config.attributes()}
    given = {name: value for name, value in settings.items() if value is not None and name in known}
    return ApiClient(Config(**{"retry_timeout_seconds": RETRY_SECONDS, **given}, product="understudy"))


def _enter_without_services() -> None:
    if "databricks.sdk" in sys.modules:
        return
    parent = importlib.import_module("databricks")
    package = types.ModuleType("databricks.sdk")
    package.__path__ = [f"{path}/sdk" for path in parent.__path__]
    sys.modules["databricks.sdk"] = package
