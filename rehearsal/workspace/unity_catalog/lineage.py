"""Lineage of tables: which table was written from which, by whom, in which workspace, by which run of a job.

One document per pair of tables and writer, with the latest time; columns are not followed. What Databricks keeps:
https://learn.microsoft.com/azure/databricks/data-governance/unity-catalog/data-lineage
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rehearsal.workspace.context import Principal
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, securables, storage
from rehearsal.workspace.unity_catalog.privileges import TABLE

KIND = "uc_table_lineage"
# A job's run: {"entity_type": "JOB", "job_id", "run_id", "task_key"}.
Entity = dict[str, Any]


@dataclass(frozen=True)
class Edge:
    """One table was written from another."""

    source: str
    target: str
    principal: str
    workspace: str
    entity: Entity | None
    first: int
    latest: int
    """Milliseconds since 1970."""


def record(
    tx: Transaction,
    reads: Iterable[str],
    writes: Iterable[str],
    principal: str,
    workspace: str,
    entity: Entity | None,
) -> None:
    """A plan has succeeded that read some tables (full names) and wrote others; a table is no source of its own."""
    now = storage.now()
    for target in sorted({name.lower() for name in writes}):
        for source in sorted({name.lower() for name in reads} - {target}):
            writer = f"{principal}|{workspace}|{(entity or {}).get('run_id', '')}"
            key = f"{target}|{source}|{writer}"
            known = tx.get(KIND, key) or {}
            body: Body = {"source": source, "target": target, "principal": principal, "workspace": workspace}
            body |= {"entity": entity, "first": known.get("first", now), "latest": now}
            tx.put(KIND, key, body)


def edges(tx: Transaction) -> list[Edge]:
    """All that is known, for whoever publishes it."""
    return [Edge(**body) for body in tx.list(KIND)]


def upstreams(tx: Transaction, full_name: str) -> list[str]:
    """Tables that the table was written from."""
    return sorted({edge.source for edge in _into(tx, full_name)})


def downstreams(tx: Transaction, full_name: str) -> list[str]:
    """Tables that were written from the table."""
    return sorted({edge.target for edge in _out_of(tx, full_name)})


def rename(tx: Transaction, old: str, new: str) -> None:
    """A table has another name now."""
    for key, body in tx.items(KIND):
        if old not in (body["source"], body["target"]):
            continue
        tx.delete(KIND, key)
        body |= {end: new for end in ("source", "target") if body[end] == old}
        tx.put(KIND, "|".join([body["target"], body["source"], *key.split("|")[2:]]), body)


def shown(tx: Transaction, principal: Principal, full_name: str, with_entities: bool) -> Body:
    """Lineage of a table for one who may know of it; tables that he may not know of are left out.

    Raises DatabricksError 403, 404.
    """
    access.require_visible(tx, principal, TABLE, full_name)
    answer: Body = {}
    for side, found, end in (
        ("upstreams", _into(tx, full_name), "source"),
        ("downstreams", _out_of(tx, full_name), "target"),
    ):
        listed: dict[str, Body] = {}
        for edge in found:
            other = str(getattr(edge, end))
            if securables.read(tx, TABLE, other) is None or not access.visible(tx, principal, TABLE, other):
                continue
            entry = listed.setdefault(other, {"tableInfo": _info(tx, other)})
            if with_entities and edge.entity:
                _add_entity(entry, edge.entity)
        answer[side] = list(listed.values())
    return answer


def _into(tx: Transaction, full_name: str) -> list[Edge]:
    return [Edge(**body) for body in tx.list(KIND, f"{full_name.lower()}|")]


def _out_of(tx: Transaction, full_name: str) -> list[Edge]:
    return [edge for edge in edges(tx) if edge.source == full_name.lower()]


def _info(tx: Transaction, full_name: str) -> Body:
    catalog, schema, name = full_name.split(".")
    body = securables.find(tx, TABLE, full_name)
    kind = "VIEW" if body.get("table_type") == "VIEW" else "TABLE"
    return {"name": name, "catalog_name": catalog, "schema_name": schema, "table_type": kind}


def _add_entity(entry: Body, entity: Entity) -> None:
    listed = entry.setdefault("jobInfos", [])
    told = {"workspace_id": entity.get("workspace_id"), "job_id": entity.get("job_id")}
    if told not in listed:
        listed.append(told)
