"""How much work Spark puts into a plan before it runs: code is generated and compiled for it, or it is interpreted.

Compiling pays where many rows are read. Most of the rehearsal's queries read some thousand, and would take longer to be
compiled than to be run; which they are, the sizes of the tables that they name tell.
"""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.unity_catalog import tables as catalog

_SMALL_BYTES = 1024 * 1024
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
_COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}


def suit(tables: Tables) -> None:
    """Have the session run the plan that comes next as the size of what it names asks for."""
    session = tables.session
    interpreted = is_small(tables)
    with session.lock:
        if interpreted != session.interpreted:
            tables.spark.configure(INTERPRETED if interpreted else _COMPILED)
            session.interpreted = interpreted


def is_small(tables: Tables) -> bool:
    """Does it name tables, and nothing else, that are small together? What has no known size is not."""
    names = tables.reads | tables.writes
    if tables.unmeasured or not names:
        return False
    with tables.platform.store.transaction() as tx:
        found = [catalog.find(tx, name) for name in names if catalog.exists(tx, name)]
    left = _SMALL_BYTES
    for table in found:
        left -= size(catalog.local_location(table), left) if table.storage_location else left
        if left <= 0:
            return False
    return True


def size(table: Path, enough: int) -> int:
    """Bytes of a Delta table: of its newest version where Delta has noted them, else of all its files.

    It counts no further than to `enough`.
    """
    newest = max((table / "_delta_log").glob("[0-9]*.json"), default=None)
    if newest is not None and (noted := newest.with_suffix(".crc")).exists():
        return int(json.loads(noted.read_text())["tableSizeBytes"])
    counted = 0
    for file in table.rglob("*.parquet"):
        counted += file.stat().st_size
        if counted >= enough:
            break
    return counted
