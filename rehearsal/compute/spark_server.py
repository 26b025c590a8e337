"""The Spark Connect server: one warm JVM on loopback, which nobody but the gateways can talk to.

It is started with a fresh pre-shared token (Spark's own authentication), dies with the workspace's process, and is
replaced at the next start when it did not.
"""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyspark

from rehearsal import forked_python, found_again, maven
from rehearsal.compute import worker_python
from rehearsal.listening import listens, stays_taken
from rehearsal.workspace import processes
from rehearsal.workspace.context import WORKSPACES, Ports

_JARS = Path(__file__).parent / "jars" / "ivy.xml"
_START_SECONDS = 240
_STOP_SECONDS = 10
# Options of a JVM for quick starts rather than peak speed: one compiler tier, the serial collector. With one tier the
# JVM reserves but 48 MiB for compiled code; Spark fills them in minutes, and is interpreted then.
QUICK = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"


class SparkServerError(RuntimeError):
    """The server did not start; the message says why."""


class SparkServer:
    """Starts, watches and stops the JVM."""

    def __init__(self, home: Path, ports: Ports) -> None:
        self.port = ports.spark
        self._gateways = {workspace: ports.gateway(workspace) for workspace in WORKSPACES}
        self.token = secrets.token_hex(24)
        self._folder = home / "spark"
        self._log = home / "logs" / "spark.log"
        self._pid_file = home / "spark.pid"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and return when it listens. Raises SparkServerError."""
        self._end_stale()
        if stays_taken(self.port):
            raise SparkServerError(f"port {self.port} of the Spark Connect server is taken by another program")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        try:
            jars = maven.class_path(_JARS)
        except maven.JarsError as error:
            raise SparkServerError(str(error)) from error
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "DATABRICKS_"))},
            "PYSPARK_PYTHON": str(self._worker_python()),
            worker_python.GATEWAYS: ",".join(f"{name}={port}" for name, port in self._gateways.items()),
            forked_python.PARENT: str(processes.workers_address() or ""),
            "SPARK_CONNECT_AUTHENTICATE_TOKEN": self.token,
            # `user` without parentheses, which the gateway cannot tell from a column, shall not tell who runs this.
            "SPARK_USER": "understudy",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_HOSTNAME": "localhost",
            "TZ": "UTC",
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(jars),
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid))
        self._wait_until_listening()

    def stop(self) -> None:
        """Stop the server and its Python workers."""
        if self._process is None:
            return
        _end(self._process.pid)
        self._process.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def _command(self, jars: str) -> list[str]:
        home = Path(pyspark.__file__).parent
        submit = [str(home / "bin" / "spark-submit"), "--class", _CLASS]
        for name, value in self._settings(jars).items():
            submit += ["--conf", f"{name}={value}"]
        # A shell would be left between us and the JVM; spark-submit ends in `exec`, so that the parent stays us.
        return [sys.executable, "-I", "-c", _EXEC_WITH_DEATH_SIGNAL, *submit, "spark-internal"]

    def _settings(self, jars: str) -> dict[str, str]:
        return {
            "spark.master": "local[2]",
            "spark.app.name": "understudy",
            "spark.driver.memory": "2g",
            "spark.driver.defaultJavaOptions": f"{QUICK} -Xshare:auto "
            f"-Duser.timezone=UTC -Dderby.system.home={self._folder} -Djava.io.tmpdir={self._temporary()}",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "localhost",
            "spark.driver.extraClassPath": jars,
            "spark.ui.enabled": "false",
            "spark.local.dir": str(self._temporary()),
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.connect.grpc.maxInboundMessageSize": str(512 * 1024 * 1024),
            # The gateway reads every plan, so it wants them as they are.
            "spark.connect.session.planCompression.threshold": "-1",
            "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": str(self._folder / "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            # Of a hundred, Spark's own, nothing is left when a job comes to its next run, and all is compiled again.
            "spark.sql.codegen.cache.maxEntries": "2000",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.sources.default": "delta",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.sql.variable.substitute": "false",
            "spark.sql.connect.serverStacktrace.enabled": "false",
            "spark.databricks.delta.snapshotPartitions": "1",
            # VACUUM lists a table's folder in so many tasks: Spark's own 10,000 would take minutes.
            "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
            "spark.databricks.delta.optimizeWrite.enabled": "false",
        }

    def _worker_python(self) -> Path:
        """The program that Spark starts as its Python: this interpreter, bare."""
        script = self._folder / "python"
        words = shlex.join([sys.executable, "-I", "-S", worker_python.__file__, sys.executable])
        script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        script.chmod(0o755)
        return script

    def _temporary(self) -> Path:
        folder = self._folder / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _wait_until_listening(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while not listens(self.port):
            if self._process.poll() is not None:
                raise SparkServerError(f"the Spark Connect server ended at its start:\n{self._last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise SparkServerError(f"the Spark Connect server does not answer:\n{self._last_words()}")
            time.sleep(0.1)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:]) + f"\n(all of it: {self._log})"

    def _end_stale(self) -> None:
        """A workspace that was killed may have left its JVM (where the kernel has no parent-death signal)."""
        if self._pid_file.exists():
            if stale := found_again.find(self._pid_file, self._is_ours):
                _end(stale.pid)
            self._pid_file.unlink()

    def _is_ours(self, process: psutil.Process) -> bool:
        """Does it run a Spark server of this home."""
        return any(str(self._folder) in word for word in process.cmdline())


# Runs between fork and spark-submit: asks the kernel for SIGKILL when the workspace's process dies. The setting
# survives exec, and a JVM that is killed takes its Python workers along (they end when their pipe closes).
_EXEC_WITH_DEATH_SIGNAL = """
import ctypes, os, signal, sys
parent = os.getppid()
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the workspace ended")
os.execv(sys.argv[1], sys.argv[1:])
"""


def _end(pid: int) -> None:
    """SIGTERM to the process group, SIGKILL when it does not listen."""
    for number, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 2)):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if _has_ended(pid):
                return
            time.sleep(0.05)


def _has_ended(pid: int) -> bool:
    try:
        waited, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False
    return waited == pid
