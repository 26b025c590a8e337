"""Who may do what to a model by MLflow's registry, and how requests name models and versions.

https://learn.microsoft.com/azure/databricks/machine-learning/manage-model-lifecycle/#grant-access-to-models
"""

from __future__ import annotations

from typing import Any

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access
from rehearsal.workspace.unity_catalog.privileges import MANAGE, MODEL

EXECUTE, CREATE_MODEL_VERSION, APPLY_TAG = "EXECUTE", "CREATE_MODEL_VERSION", "APPLY_TAG"


def model_name(request: dict[str, Any]) -> str:
    """The request's three-level model name. Raises DatabricksError 400."""
    name = str(request.get("name") or "")
    if len(name.split(".")) != 3:
        # The client looks for these words, and hints at the workspace registry.
        raise invalid(
            f"Invalid model name '{name}': specify all three levels of the model in the form "
            "`catalog_name.schema_name.model_name`."
        )
    return name


def version_number(request: dict[str, Any]) -> int:
    """The request's version. Raises DatabricksError 400."""
    version = str(request.get("version") or "")
    if not version.isdigit():
        raise invalid(f"Invalid model version '{version}': it must be a number.")
    return int(version)


def require_read(tx: Transaction, call: Call, name: str) -> None:
    """EXECUTE on the model: to see it, its versions, and to load them."""
    access.require(tx, call.principal, MODEL, name, EXECUTE)


def require_any(tx: Transaction, call: Call, name: str, *privileges: str) -> None:
    """One of the privileges, or MANAGE, which the refusal names."""
    if not any(access.may(tx, call.principal, MODEL, name, privilege) for privilege in privileges):
        access.require(tx, call.principal, MODEL, name, MANAGE)


def require_version_write(tx: Transaction, call: Call, name: str) -> None:
    """Create versions and change them and the aliases: owner, MANAGE or CREATE_MODEL_VERSION."""
    require_any(tx, call, name, CREATE_MODEL_VERSION)


def require_tagging(tx: Transaction, call: Call, name: str) -> None:
    """Set and remove tags: owner, MANAGE, CREATE_MODEL_VERSION or APPLY_TAG."""
    require_any(tx, call, name, CREATE_MODEL_VERSION, APPLY_TAG)
