"""Makes the system tables, takes audit events to theirs, and keeps the lineage table up to date, with the platform."""

from __future__ import annotations

import logging
import threading

from rehearsal.workspace.audit import events
from rehearsal.workspace.audit.events import Event
from rehearsal.workspace.context import Platform
from rehearsal.workspace.system_tables import catalog
from rehearsal.workspace.system_tables.lineage import LineageTable
from rehearsal.workspace.system_tables.schemas import AUDIT
from rehearsal.workspace.unity_catalog.table_log import TableLog

# Databricks' own system tables are minutes behind. A commit takes a tenth of a second of a core.
FLUSH_SECONDS = 6.0
LINEAGE_SECONDS = 5.0

log = logging.getLogger(__name__)
_lines: TableLog | None = None
_lineage: LineageTable | None = None
_thread: threading.Thread | None = None
_stopped = threading.Event()


def start(platform: Platform) -> None:
    """Make what is missing, and begin to write."""
    global _lines, _lineage, _thread
    catalog.ensure(platform)
    _lines = TableLog(platform, "audit", "understudy-audit", events.rows, FLUSH_SECONDS)
    _lines.start()
    _lineage = LineageTable(platform)
    _stopped.clear()
    _thread = threading.Thread(target=_keep_publishing, args=(_lineage,), daemon=True, name="lineage-table")
    _thread.start()


def stop() -> None:
    """Take to the tables what is left."""
    global _lines, _lineage, _thread
    _stopped.set()
    if _thread is not None:
        _thread.join()
    if _lineage is not None:
        _lineage.publish()
    if _lines is not None:
        _lines.stop()
    _lines = _lineage = _thread = None


def add(event: Event) -> None:
    """Write an event down. Where no platform is served (tools and tests that use its parts), there is no audit."""
    if _lines is not None:
        _lines.add(AUDIT, event.line())


def _keep_publishing(table: LineageTable) -> None:
    while not _stopped.wait(LINEAGE_SECONDS):
        try:
            table.publish()
        except Exception:  # whatever it is, lineage is in the store, and the next round writes it
            log.exception("the lineage table could not be written")
