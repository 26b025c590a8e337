"""Functions: SQL expressions and Python code that queries call by name. They share their names with registered models.

https://learn.microsoft.com/azure/databricks/udf/unity-catalog. Who runs a function needs EXECUTE on it alone, which
shows him its definition, too.
"""

from __future__ import annotations

import uuid

from databricks.sdk.service.catalog import ColumnTypeName, FunctionInfo, FunctionInfoRoutineBody, FunctionParameterInfo

from rehearsal.workspace.bodies import checked as checked_body
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, denied, invalid
from rehearsal.workspace.identity import directory
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, changes, securables, storage
from rehearsal.workspace.unity_catalog.names import checked, part
from rehearsal.workspace.unity_catalog.privileges import FUNCTION, MANAGE, METASTORE, SCHEMA

PYTHON = "PYTHON"
# What a definition consists of; everything else is the server's to say.
_DEFINITION = (
    "comment",
    "data_type",
    "external_language",
    "full_data_type",
    "input_params",
    "is_deterministic",
    "is_null_call",
    "parameter_style",
    "properties",
    "return_params",
    "routine_body",
    "routine_definition",
    "routine_dependencies",
    "security_type",
    "specific_name",
    "sql_data_access",
    "sql_path",
)


def find(tx: Transaction, full_name: str) -> FunctionInfo:
    """The function as stored. Raises DatabricksError 404. Checks no privilege."""
    return FunctionInfo.from_dict(securables.find(tx, FUNCTION, full_name))


def exists(tx: Transaction, full_name: str) -> bool:
    """Is there such a function? Checks no privilege."""
    return securables.read(tx, FUNCTION, full_name) is not None


def create(tx: Transaction, principal: Principal, wanted: Body, replace: bool = False) -> FunctionInfo:
    """Make a function that belongs to the principal.

    Args:
        wanted: databricks-sdk's `CreateFunction` as a document.
        replace: an older one of the name, which the principal must be able to manage, gives way; its grants stay.

    Raises DatabricksError: 403 without CREATE FUNCTION on the schema, 400 for a definition that is not whole, 409 when
    a function or a registered model has the name.
    """
    wanted = checked_body(FunctionInfo, wanted)
    catalog, schema = part(wanted.get("catalog_name"), "catalog_name"), part(wanted.get("schema_name"), "schema_name")
    full_name = f"{catalog}.{schema}.{part(wanted.get('name'))}"
    access.require(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_FUNCTION")
    before = securables.read(tx, FUNCTION, full_name)
    require_free(tx, full_name, but_function=replace)
    if before is not None:
        access.require(tx, principal, FUNCTION, full_name, MANAGE)
    now = storage.now()
    body = {key: wanted[key] for key in _DEFINITION if wanted.get(key) is not None}
    _check(body)
    body |= {
        "name": full_name.rpartition(".")[2],
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": full_name,
        "function_id": str(uuid.uuid4()),
        "metastore_id": storage.METASTORE_ID,
        "owner": before["owner"] if before else principal.name,
        "created_at": now,
        "created_by": principal.name,
        "updated_at": now,
        "updated_by": principal.name,
    }
    securables.write(tx, FUNCTION, full_name, body)
    return find(tx, full_name)


def delete(tx: Transaction, principal: Principal, full_name: str) -> None:
    """Drop a function with its grants. Raises DatabricksError 403, 404."""
    access.require(tx, principal, FUNCTION, full_name, MANAGE)
    securables.find(tx, FUNCTION, full_name)
    securables.remove(tx, FUNCTION, full_name)


def update(tx: Transaction, principal: Principal, full_name: str, wanted: Body) -> FunctionInfo:
    """Change the owner, which is all that the API changes.

    Raises DatabricksError: 403 without MANAGE, or for a group that the principal is not in, unless he is an
    administrator of the metastore; 404.
    """
    owner = wanted.get("owner")
    foreign = owner and directory.by_name(tx, "group", owner) and owner not in principal.names
    if foreign and not access.manages(tx, principal, METASTORE, securables.METASTORE_KEY):
        raise denied(f"User is not a member of group '{owner}', which shall own Function '{full_name}'.")
    securables.find(tx, FUNCTION, full_name)
    changes.update(tx, principal, FUNCTION, full_name, {"owner": owner})
    return find(tx, full_name)


def require_free(tx: Transaction, full_name: str, but_function: bool = False) -> None:
    """Raises DatabricksError 409 when a registered model, or (unless `but_function`) a function has the name."""
    checked(full_name, 3)
    taken = securables.actual_kind(tx, FUNCTION, full_name)
    if securables.read(tx, taken, full_name) is None or (taken == FUNCTION and but_function):
        return
    code = "ROUTINE_ALREADY_EXISTS" if taken == FUNCTION else "RESOURCE_ALREADY_EXISTS"
    raise already_exists(f"{securables.SPOKEN[taken]} '{full_name}' already exists", code)


def parameters(function: FunctionInfo) -> list[FunctionParameterInfo]:
    """The function's parameters in their order."""
    given = function.input_params.parameters if function.input_params else None
    return sorted(given or [], key=lambda parameter: parameter.position)


def _check(body: Body) -> None:
    info = FunctionInfo.from_dict(body)
    if info.routine_body is None or info.data_type is None or not body.get("full_data_type"):
        raise invalid("A function needs routine_body (SQL or EXTERNAL), data_type and full_data_type.")
    if not str(body.get("routine_definition") or "").strip():
        raise invalid("A function needs a routine_definition.")
    if info.routine_body == FunctionInfoRoutineBody.EXTERNAL:
        if str(info.external_language or "").upper() != PYTHON:
            raise invalid("The external_language of a function must be PYTHON.")
        if info.data_type == ColumnTypeName.TABLE_TYPE or info.return_params:
            raise invalid("A function in Python returns no table.")
        if info.sql_data_access and info.sql_data_access.value != "NO_SQL":
            raise invalid("The sql_data_access of a function in Python must be NO_SQL.")
    names = [str(parameter.name).lower() for parameter in parameters(info)]
    if len(set(names)) < len(names) or "" in names:
        raise invalid("The parameters of a function need names that differ from each other.")
