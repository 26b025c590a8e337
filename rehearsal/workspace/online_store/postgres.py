"""The PostgreSQL server of this installation's online stores: started again whenever it ends, asked as superuser."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from rehearsal.postgres.server import SUPERUSER, Server, ServerError
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError

_AGAIN_SECONDS = 1
log = logging.getLogger(__name__)


class Postgres(Server):
    """The server; it ends with the workspace, in whatever way that goes."""

    def __init__(self, platform: Platform) -> None:
        home = platform.home
        super().__init__(home / "online_store", home / "logs" / "postgres.log", platform.ports.postgres)

    def watch(self) -> None:
        """Start it again whenever it ends by itself; returns when it is stopped."""
        while (kept := self._keeper) is not None:
            kept.wait()
            if self._keeper is not kept:
                continue
            log.warning("PostgreSQL has ended by itself, it is started again")
            try:
                self.start()
            except ServerError as error:
                log.error("%s", error)
                time.sleep(_AGAIN_SECONDS)

    @contextmanager
    def connect(self, database: str = SUPERUSER) -> Iterator[psycopg.Connection]:
        """A connection as superuser; its transaction is committed at the end. Raises DatabricksError 503."""
        try:
            connection = self.open(database)
        except psycopg.OperationalError as error:
            log.warning("no connection to PostgreSQL: %s", error)
            raise DatabricksError(503, "TEMPORARILY_UNAVAILABLE", "The online store cannot be reached now.") from error
        with connection:
            yield connection
