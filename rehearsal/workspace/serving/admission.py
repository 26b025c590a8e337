"""Who may ask an endpoint: looked up once, remembered until anything at all changes in the store.

SQLite tells a connection that only reads whether anybody has committed since (`PRAGMA data_version`), whichever thread
or process that was. The question takes microseconds and is asked for every request, in the same instant in which the
answer is used: a token, group, grant or endpoint that was changed before a request came is changed for this request.
https://www.sqlite.org/pragma.html#pragma_data_version
"""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import dataclass

from rehearsal.workspace.context import Call, Platform, Principal
from rehearsal.workspace.errors import unauthenticated
from rehearsal.workspace.identity import tokens
from rehearsal.workspace.serving import ai_gateway, endpoints
from rehearsal.workspace.store import Body, Transaction

_NEVER = float("inf")
_MOST_REMEMBERED = 4096


@dataclass(frozen=True)
class Admission:
    """A principal that may query an endpoint, until his token expires."""

    principal: Principal
    endpoint: Body
    table: str | None
    """The inference table, if the endpoint has one."""
    expires: float


class Admissions:
    """The admissions of one platform; used by the thread of the event loop alone."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        # Read-only, so that nothing which is looked up here can ever wait for another's writing.
        uri = f"{platform.store.path.absolute().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        self._version: int | None = None
        self._known: dict[tuple[str, str, str], Admission] = {}
        self._lock = threading.Lock()

    def admit(self, workspace: str, authorization: str, name: str) -> Admission:
        """The admission of who sent this header to query an endpoint. Raises DatabricksError 401, 403, 404."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("Credential was not sent or was of an unsupported type for this API.")
        with self._lock:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._version or len(self._known) > _MOST_REMEMBERED:
                self._known.clear()
                self._version = version
            key = (workspace, token, name)
            known = self._known.get(key)
            if known is None or known.expires <= time.time():
                known = self._known[key] = self._look_up(workspace, token, name)
        return known

    def close(self) -> None:
        """Let the store go."""
        with self._lock:
            self._connection.close()

    def _look_up(self, workspace: str, token: str, name: str) -> Admission:
        # What is read here may be newer than the version, never older: then the next request looks again.
        self._connection.execute("BEGIN")
        try:
            tx = Transaction(self._connection)
            principal = tokens.authenticate(tx, token, workspace)
            call = Call(principal, principal.workspace, self._platform, "")
            endpoint = endpoints.find_permitted(tx, call, name, "CAN_QUERY")
            record = tokens.record_of(tx, token) or {"expiry_time": 0}
        finally:
            self._connection.execute("COMMIT")
        expiry = int(record["expiry_time"])
        return Admission(principal, endpoint, ai_gateway.table_name(endpoint), expiry / 1000 if expiry >= 0 else _NEVER)
