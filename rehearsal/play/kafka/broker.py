"""One Kafka broker in KRaft mode on loopback: made, started, found again, stopped.

It asks for what the Kafka endpoint of an Event Hubs namespace asks for: the user `$ConnectionString` with the
namespace's connection string as password. It has no TLS, which on loopback protects nothing.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from rehearsal import found_again, maven
from rehearsal.workspace.context import Ports

USER = "$ConnectionString"
_START_SECONDS, _STOP_SECONDS = 60, 20
_MEMORY = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_LOG = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")


class BrokerError(Exception):
    """The broker did not start; the message says why and where its log is."""


class Broker:
    """The broker of one home folder; its process outlives the one that starts it, until `stop`."""

    def __init__(self, home: Path, port_base: int) -> None:
        ports = Ports(port_base)
        self.address = f"127.0.0.1:{ports.kafka}"
        self._controller = f"127.0.0.1:{ports.kafka_controller}"
        self._folder = home.resolve() / "kafka"
        self._log = home.resolve() / "logs" / "kafka.log"
        self._properties = self._folder / "server.properties"
        self._pid_file = self._folder / "pid"

    def client_settings(self) -> dict[str, str | int | float | bool]:
        """What a client of the outside world (librdkafka) is configured with."""
        return {
            "bootstrap.servers": self.address,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": USER,
            "sasl.password": self.connection_string(),
        }

    def connection_string(self) -> str:
        """The secret by which clients are let in, in the form of an Event Hubs namespace's."""
        file = self._folder / "connection_string"
        if not file.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            key = secrets.token_urlsafe(32)
            text = "Endpoint=sb://understudy.servicebus.windows.net/;SharedAccessKeyName=understudy;SharedAccessKey="
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
                output.write(text + key)
        return file.read_text()

    def start(self) -> None:
        """Start it unless it runs; return when it answers. Raises BrokerError."""
        if self._process() is None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            try:
                path = maven.class_path(Path(__file__).with_name("ivy.xml"))
            except maven.JarsError as error:
                raise BrokerError(str(error)) from error
            self._prepare(path)
            with self._log.open("ab") as log:
                started = subprocess.Popen(
                    ["java", *_MEMORY, *_LOG, "-cp", path, "kafka.Kafka", str(self._properties)],
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self._pid_file.write_text(str(started.pid))
        self._wait_until_it_answers()

    def stop(self) -> bool:
        """End it in an orderly way; False when none was running."""
        process = self._process()
        if process is None:
            return False
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            self.kill()
        return True

    def kill(self) -> None:
        """End it at once, as a crash does: its log keeps what it has acknowledged."""
        process = self._process()
        if process is not None:
            process.kill()
            process.wait(_STOP_SECONDS)

    def _process(self) -> psutil.Process | None:
        """The running broker of this folder."""
        return found_again.find(self._pid_file, lambda process: str(self._properties) in process.cmdline())

    def _prepare(self, path: str) -> None:
        """Write the settings, as ports may have changed, and format the storage where it is new."""
        secret = self.connection_string()
        login = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{USER}" '
        login += f'password="{secret}" user_{USER}="{secret}";'
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{self._controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"SASL_PLAINTEXT://{self.address},CONTROLLER://{self._controller}",
            "advertised.listeners": f"SASL_PLAINTEXT://{self.address}",
            "listener.security.protocol.map": "SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "SASL_PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config": login,
            "log.dirs": str(self._folder / "data"),
            "num.partitions": "2",
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": "1",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        with os.fdopen(os.open(self._properties, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        command = ["java", *_MEMORY, *_LOG, "-cp", path, "kafka.tools.StorageTool", "format", "--ignore-formatted"]
        # One word: an id may begin with a dash, and would be taken for an option.
        command += [f"--cluster-id={cluster_id()}", "-c", str(self._properties)]
        if not (self._folder / "data" / "meta.properties").exists():
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BrokerError(f"Kafka's storage could not be made: {(done.stdout + done.stderr)[-1000:]}")

    def _wait_until_it_answers(self) -> None:
        admin = AdminClient({**self.client_settings(), "log_level": 0})
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                admin.list_topics(timeout=1)
                return
            except KafkaException as error:
                if self._process() is None or time.monotonic() > deadline:
                    raise BrokerError(f"the Kafka broker does not answer; see {self._log}") from error


def cluster_id() -> str:
    """A new id, as Kafka writes it."""
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
