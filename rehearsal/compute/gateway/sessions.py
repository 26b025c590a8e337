"""What a client's session is besides Spark's own state: the current catalog and schema, and its temporary views."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from rehearsal.workspace.account.assignments import METASTORE
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Store

_SCHEMA = "default"


@dataclass(frozen=True)
class TemporaryView:
    """What it reads: tables by their full names, and perhaps something whose size nobody knows."""

    reads: frozenset[str]
    unmeasured: bool


@dataclass
class Session:
    """One session. Names of views, functions and data frames are Spark's; what they read are full names of tables."""

    catalog: str
    schema: str = _SCHEMA
    entity: dict[str, Any] | None = None
    """The run of a job whose task uses it, as lineage tells it."""
    views: dict[str, TemporaryView] = field(default_factory=dict)
    """Temporary views, in lower case. Spark resolves a single name to one of them before any table."""
    frames: dict[str, frozenset[str]] = field(default_factory=dict)
    """Data frames that the server keeps under an id (checkpoints)."""
    batch_reads: set[str] = field(default_factory=set)
    """Tables that streams with a function for each batch read: their batches come without saying where from."""
    functions: set[str] = field(default_factory=set)
    """SQL functions of the catalog that Spark's session has been taught."""
    interpreted: bool = False
    """Does Spark's session run plans without code of their own? Changed under the lock."""
    shares: bool = False
    """Does it share with other sessions what Spark compiles, and takes no files? Changed under the lock."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def namespace(self, catalog: str, schema: str) -> Session:
        """A session of which only the current catalog and schema are known: a view's, when it was made."""
        return Session(catalog, schema, functions=self.functions)


class Sessions:
    """All sessions of one workspace, by principal and id; thread-safe."""

    def __init__(self, store: Store, workspace: str) -> None:
        self._store = store
        self._workspace = workspace
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Session] = {}

    def get(self, principal: str, session_id: str) -> Session:
        """The session; a new one starts in the workspace's default catalog."""
        with self._lock:
            found = self._known.get((principal, session_id))
        if found is None:
            fresh = Session(self._default_catalog())
            with self._lock:
                found = self._known.setdefault((principal, session_id), fresh)
        return found

    def forget(self, principal: str, session_id: str) -> None:
        """The client has closed it."""
        with self._lock:
            self._known.pop((principal, session_id), None)

    def _default_catalog(self) -> str:
        """The metastore assignment's, else the workspace's own, which Azure Databricks names after the workspace."""
        with self._store.transaction() as tx:
            assignment = tx.get(METASTORE, str(workspace_id(self._workspace))) or {}
        return str(assignment.get("default_catalog_name") or self._workspace)
