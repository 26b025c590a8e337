"""The SQL of databricks_sql_table: CREATE, ALTER, DROP, and their execution in a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ALIASES = {"integer": "int", "long": "bigint", "real": "float", "short": "smallint", "byte": "tinyint"}
DECIMALS = ("decimal", "dec", "numeric")


def execute(api: ApiClient, table: Values, statement: str) -> None:
    """Run a statement in the table's warehouse. Raises DatabricksError with the statement's own message."""
    from databricks.sdk.errors.base import DatabricksError

    if not table["warehouse_id"]:
        raise ValueError("the rehearsal has no clusters: set warehouse_id")
    body = {
        "statement": statement,
        "warehouse_id": table["warehouse_id"],
        "wait_timeout": "50s",
        "on_wait_timeout": "CANCEL",
    }
    answer = api.do("POST", "/api/2.0/sql/statements/", body=body)
    assert isinstance(answer, dict)
    status = answer["status"]
    if status["state"] != "SUCCEEDED":
        error = status.get("error", {})
        message = error.get("message", f"the statement is {status['state']}")
        raise DatabricksError(f"{message}: {statement}", error_code=error.get("error_code", status["state"]))


def create(table: Values) -> str:
    """CREATE TABLE or VIEW. Managed Delta tables are created or replaced, as the real provider does."""
    view = table["table_type"] == "VIEW"
    replace = not view and table["table_type"] == "MANAGED" and table["data_source_format"] == "DELTA"
    parts = [f"CREATE {'OR REPLACE ' if replace else ''}{'VIEW' if view else 'TABLE'} {_name(table)}"]
    if table["column"]:
        parts.append("(" + ", ".join(_column(column, view) for column in table["column"]) + ")")
    if not view and table["data_source_format"]:
        parts.append(f"USING {table['data_source_format']}")
    if table["partitions"]:
        parts.append("PARTITIONED BY (" + ", ".join(map(_quoted, table["partitions"])) + ")")
    if table["cluster_keys"]:
        parts.append(f"CLUSTER BY {_cluster_keys(table)}")
    if table["comment"]:
        parts.append(f"COMMENT {_text(table['comment'])}")
    if table["properties"]:
        parts.append(f"TBLPROPERTIES ({_pairs(table['properties'])})")
    if table["options"]:
        parts.append(f"OPTIONS ({_pairs(table['options'])})")
    if view:
        parts.append(f"AS {table['view_definition']}")
    elif table["storage_location"]:
        parts.append(f"LOCATION {_text(table['storage_location'])}")
    return "\n".join(parts)


def alter(before: Values, wanted: Values) -> list[str]:
    """The statements that lead from one table to the other.

    The real provider takes no property that is set for known: each update sets all, and takes none away.
    """
    kind = "VIEW" if wanted["table_type"] == "VIEW" else "TABLE"
    name = _name(wanted)
    result = []
    if kind == "VIEW" and before["view_definition"] != wanted["view_definition"]:
        result.append(f"ALTER VIEW {name} AS {wanted['view_definition']}")
    if (before["cluster_keys"] or []) != (wanted["cluster_keys"] or []):
        result.append(f"ALTER TABLE {name} CLUSTER BY {_cluster_keys(wanted)}")
    if (before["comment"] or "") != (wanted["comment"] or ""):
        result.append(f"COMMENT ON {kind} {name} IS {_text(wanted['comment'] or '')}")
    if wanted["properties"]:
        result.append(f"ALTER {kind} {name} SET TBLPROPERTIES ({_pairs(wanted['properties'])})")
    return result + _alter_columns(
        before["column"] or [], wanted["column"] or [], f"ALTER {kind} {name}", kind == "VIEW"
    )


def drop(table: Values) -> str:
    """DROP TABLE or VIEW."""
    return f"DROP {'VIEW' if table['table_type'] == 'VIEW' else 'TABLE'} {_name(table)}"


def same_type(one: str, other: str) -> bool:
    """The same column type, however it is written."""
    return _canonical(one) == _canonical(other)


def _alter_columns(old: list[Values], new: list[Values], command: str, view: bool) -> list[str]:
    if len(old) == len(new):
        pairs = list(zip(old, new, strict=True))
    else:  # added or dropped: the others are matched by name
        by_name = {column["name"]: column for column in old}
        pairs = [(by_name[column["name"]], column) for column in new if column["name"] in by_name]
    result = [statement for before, after in pairs for statement in _alter_column(before, after, command)]
    if len(old) == len(new):
        return result
    kept = {column["name"] for column in new}
    gone = [_quoted(column["name"]) for column in old if column["name"] not in kept]
    if gone:
        result.append(f"{command} DROP COLUMN IF EXISTS ({', '.join(gone)})")
    had = {column["name"] for column in old}
    for index, column in enumerate(new):
        if column["name"] not in had:
            place = f"AFTER {_quoted(new[index - 1]['name'])}" if index else "FIRST"
            result.append(f"{command} ADD COLUMN {_column(column, view)} {place}")
    return result


def _alter_column(before: Values, after: Values, command: str) -> list[str]:
    result = []
    name = _quoted(after["name"])
    if after["type"] and before["type"] and not same_type(before["type"], after["type"]):
        raise ValueError(
            f"changing the type of column {after['name']} from {before['type']} to {after['type']} is not supported"
        )
    if before["name"] != after["name"]:
        result.append(f"{command} RENAME COLUMN {_quoted(before['name'])} TO {name}")
    if (before["comment"] or "") != (after["comment"] or ""):
        result.append(f"{command} ALTER COLUMN {name} COMMENT {_text(after['comment'] or '')}")
    if (before["nullable"] is False) != (after["nullable"] is False):
        result.append(f"{command} ALTER COLUMN {name} {'SET' if after['nullable'] is False else 'DROP'} NOT NULL")
    return result


def _column(column: Values, view: bool) -> str:
    parts = [_quoted(column["name"])]
    if not view:
        parts.append(column["type"])
        if column["identity"]:
            parts.append(f"GENERATED {'ALWAYS' if column['identity'] == 'always' else 'BY DEFAULT'} AS IDENTITY")
        if column["nullable"] is False:
            parts.append("NOT NULL")
    if column["comment"]:
        parts.append(f"COMMENT {_text(column['comment'])}")
    return " ".join(parts)


def _canonical(kind: str) -> str:
    lower = kind.replace("`", "").lower()
    return "decimal(10,0)" if lower in DECIMALS else ALIASES.get(lower, lower)


def _cluster_keys(table: Values) -> str:
    keys = table["cluster_keys"] or ["NONE"]
    if len(keys) == 1 and keys[0].upper() in ("AUTO", "NONE"):
        return str(keys[0])
    return "(" + ", ".join(map(_quoted, keys)) + ")"


def _name(table: Values) -> str:
    return ".".join(_quoted(table[part]) for part in ("catalog_name", "schema_name", "name"))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{_text(key)} = {_text(value)}" for key, value in sorted(values.items()))
