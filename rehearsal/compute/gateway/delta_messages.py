"""What the client of `delta.tables.DeltaTable` asks for, as SQL: Delta's own plugin for Spark Connect is not published.

The client packs Delta's messages into a plan's extensions. Each becomes a statement that names tables as the client
did, and goes the way of all statements from there: names are resolved and privileges checked in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from delta.connect import proto
from pyspark.sql.connect.proto import relations_pb2
from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

from rehearsal.compute.gateway import expressions, literals, names
from rehearsal.compute.gateway.refusals import forbidden, unsupported

_SOURCE = f"{names.RESERVED.strip('_')}_source"


def relation(packed: Any) -> Any:
    """Spark's relation for a plan's extension: a table to read, or a statement to run. Raises Refusal."""
    asked = proto.DeltaRelation()
    if not packed.Unpack(asked):
        raise forbidden("A plan's extension")
    kind = asked.WhichOneof("relation_type")
    if kind not in _RELATIONS:
        raise unsupported(f"DeltaTable: {kind}")
    return _RELATIONS[kind](getattr(asked, kind))


def command(packed: Any) -> str:
    """The statement for a command's extension. Raises Refusal."""
    asked = proto.DeltaCommand()
    if not packed.Unpack(asked):
        raise forbidden("A plan's extension")
    kind = asked.WhichOneof("command_type")
    if kind not in _COMMANDS:
        raise unsupported(f"DeltaTable: {kind}")
    return _COMMANDS[kind](getattr(asked, kind))


def _name(table: Any) -> str:
    """The table as SQL names it; by path, it is for the gateway to say whether one may go there."""
    if table.HasField("path"):
        if table.path.hadoop_conf:
            raise forbidden("Settings of Hadoop")
        return names.delta(table.path.path)
    return names.spoken(names.split(table.table_or_view_name))


def _sql(text: str) -> Any:
    return relations_pb2.Relation(sql=relations_pb2.SQL(query=text))


def _scan(scan: Any) -> Any:
    found = relations_pb2.Relation()
    found.read.named_table.unparsed_identifier = _name(scan.table)
    return found


def _restore(restore: Any) -> Any:
    by = f"VERSION AS OF {restore.version}"
    if restore.HasField("timestamp"):
        by = f"TIMESTAMP AS OF {literals.text(restore.timestamp)}"
    return _sql(f"RESTORE TABLE {_name(restore.table)} TO {by}")


def _target(target: Any) -> str:
    """The table that is changed, with the alias that `DeltaTable.alias` gave it."""
    alias = ""
    if target.HasField("subquery_alias"):
        alias, target = f" AS {names.quoted(target.subquery_alias.alias)}", target.subquery_alias.input
    asked = proto.DeltaRelation()
    if not target.extension.Unpack(asked) or not asked.HasField("scan"):
        raise unsupported("Changing anything but a table")
    return _name(asked.scan.table) + alias


def _condition(message: Any, before: str) -> str:
    return f"{before}{expressions.written(message.condition)}" if message.HasField("condition") else ""


def _assignments(assignments: Any) -> str:
    return ", ".join(f"{expressions.written(one.field)} = {expressions.written(one.value)}" for one in assignments)


def _delete(delete: Any) -> Any:
    return _sql(f"DELETE FROM {_target(delete.target)}{_condition(delete, ' WHERE ')}")


def _update(update: Any) -> Any:
    changes = _assignments(update.assignments)
    return _sql(f"UPDATE {_target(update.target)} SET {changes}{_condition(update, ' WHERE ')}")


def _merge(merge: Any) -> Any:
    """The source is a relation of its own, to which the text refers by name."""
    source, alias = merge.source, _SOURCE
    if source.HasField("subquery_alias"):
        alias, source = source.subquery_alias.alias, source.subquery_alias.input
    evolution = "WITH SCHEMA EVOLUTION " if merge.with_schema_evolution else ""
    text = f"MERGE {evolution}INTO {_target(merge.target)} USING {_SOURCE} AS {names.quoted(alias)}"
    text += f" ON {expressions.written(merge.condition)}"
    for when, actions in (
        ("MATCHED", merge.matched_actions),
        ("NOT MATCHED", merge.not_matched_actions),
        ("NOT MATCHED BY SOURCE", merge.not_matched_by_source_actions),
    ):
        text += "".join(f" WHEN {when}{_condition(one, ' AND ')} THEN {_action(one)}" for one in actions)
    found = relations_pb2.Relation()
    found.with_relations.root.CopyFrom(_sql(text))
    reference = found.with_relations.references.add()
    reference.subquery_alias.input.CopyFrom(source)
    reference.subquery_alias.alias = _SOURCE
    return found


def _action(action: Any) -> str:
    kind = action.WhichOneof("action_type")
    if kind == "update_action":
        return f"UPDATE SET {_assignments(action.update_action.assignments)}"
    if kind == "insert_action":
        given = action.insert_action.assignments
        columns = ", ".join(expressions.written(one.field) for one in given)
        return f"INSERT ({columns}) VALUES ({', '.join(expressions.written(one.value) for one in given)})"
    return {"delete_action": "DELETE", "update_star_action": "UPDATE SET *", "insert_star_action": "INSERT *"}[kind]


def _optimize(optimize: Any) -> Any:
    text = f"OPTIMIZE {_name(optimize.table)}"
    if optimize.partition_filters:
        text += " WHERE " + " AND ".join(f"({one})" for one in optimize.partition_filters)
    if optimize.zorder_columns:
        text += f" ZORDER BY ({', '.join(names.spoken(names.split(one)) for one in optimize.zorder_columns)})"
    return _sql(text)


def _clone(clone: Any) -> str:
    verb = "CREATE OR REPLACE TABLE" if clone.replace else "CREATE TABLE"
    text = f"{verb} {names.spoken(names.split(clone.target))} {'SHALLOW' if clone.is_shallow else 'DEEP'} CLONE "
    text += _name(clone.table)
    if clone.HasField("version"):
        text += f" VERSION AS OF {clone.version}"
    elif clone.HasField("timestamp"):
        text += f" TIMESTAMP AS OF {literals.text(clone.timestamp)}"
    return text + _properties(clone.properties)


def _vacuum(vacuum: Any) -> str:
    kept = f" RETAIN {vacuum.retention_hours} HOURS" if vacuum.HasField("retention_hours") else ""
    return f"VACUUM {_name(vacuum.table)}{kept}"


def _create(create: Any) -> str:
    if create.HasField("location"):
        raise unsupported("A table with a location")
    mode = proto.CreateDeltaTable.Mode.Name(create.mode)
    verb = {"MODE_REPLACE": "REPLACE TABLE", "MODE_CREATE_OR_REPLACE": "CREATE OR REPLACE TABLE"}.get(mode)
    verb = verb or ("CREATE TABLE IF NOT EXISTS" if mode == "MODE_CREATE_IF_NOT_EXISTS" else "CREATE TABLE")
    text = f"{verb} {names.spoken(names.split(create.table_name))}"
    text += f" ({', '.join(_column(one) for one in create.columns)}) USING DELTA"
    for word, columns in (("PARTITIONED", create.partitioning_columns), ("CLUSTER", create.clustering_columns)):
        if columns:
            text += f" {word} BY ({', '.join(names.quoted(one) for one in columns)})"
    if create.HasField("comment"):
        text += f" COMMENT {literals.text(create.comment)}"
    return text + _properties(create.properties)


def _column(column: Any) -> str:
    kind = column.data_type
    written = kind.unparsed.data_type_string if kind.HasField("unparsed") else ""
    text = f"{names.quoted(column.name)} {written or proto_schema_to_pyspark_data_type(kind).simpleString()}"
    if column.HasField("generated_always_as"):
        text += f" GENERATED ALWAYS AS ({column.generated_always_as})"
    if column.HasField("identity_info"):
        identity = column.identity_info
        how = "BY DEFAULT" if identity.allow_explicit_insert else "ALWAYS"
        text += f" GENERATED {how} AS IDENTITY (START WITH {identity.start} INCREMENT BY {identity.step})"
    if not column.nullable:
        text += " NOT NULL"
    return text + (f" COMMENT {literals.text(column.comment)}" if column.HasField("comment") else "")


def _properties(properties: Any) -> str:
    listed = ", ".join(f"{literals.text(key)} = {literals.text(value)}" for key, value in properties.items())
    return f" TBLPROPERTIES ({listed})" if listed else ""


def _upgrade(upgrade: Any) -> str:
    versions = f"'delta.minReaderVersion' = '{upgrade.reader_version}', "
    versions += f"'delta.minWriterVersion' = '{upgrade.writer_version}'"
    return f"ALTER TABLE {_name(upgrade.table)} SET TBLPROPERTIES ({versions})"


def _add_feature(feature: Any) -> str:
    key = literals.text(f"delta.feature.{feature.feature_name}")
    return f"ALTER TABLE {_name(feature.table)} SET TBLPROPERTIES ({key} = 'supported')"


def _drop_feature(feature: Any) -> str:
    tail = " TRUNCATE HISTORY" if feature.truncate_history else ""
    return f"ALTER TABLE {_name(feature.table)} DROP FEATURE {names.quoted(feature.feature_name)}{tail}"


_RELATIONS: dict[str, Callable[[Any], Any]] = {
    "scan": _scan,
    "describe_history": lambda asked: _sql(f"DESCRIBE HISTORY {_name(asked.table)}"),
    "describe_detail": lambda asked: _sql(f"DESCRIBE DETAIL {_name(asked.table)}"),
    "restore_table": _restore,
    "delete_from_table": _delete,
    "update_table": _update,
    "merge_into_table": _merge,
    "optimize_table": _optimize,
}
_COMMANDS: dict[str, Callable[[Any], str]] = {
    "clone_table": _clone,
    "vacuum_table": _vacuum,
    "create_delta_table": _create,
    "upgrade_table_protocol": _upgrade,
    "add_feature_support": _add_feature,
    "drop_feature_support": _drop_feature,
}
