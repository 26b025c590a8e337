"""A real broker, and Spark's source and sink for it through the gateway, by an Event Hubs address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rehearsal.play.kafka import broker as broker_module
from rehearsal.play.kafka import topics
from rehearsal.play.kafka.broker import USER, Broker
from rehearsal.workspace.context import Platform
from tests.workspace.spark_support import ALICE, ports, session_of, spark_platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with spark_platform(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def broker(platform: Platform) -> Iterator[Broker]:
    running = Broker(platform.home, ports().base)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(broker_module, "cluster_id", lambda: "-0000000000000000000AA")  # one of 64 begins so
            running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def alice(platform: Platform) -> SparkSession:
    return session_of(platform, ALICE)


def _options(password: str) -> dict[str, str]:
    """As one connects to Event Hubs on Azure Databricks."""
    module = "kafkashaded.org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        "kafka.bootstrap.servers": "understudy.servicebus.windows.net:9093",
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.jaas.config": f'{module} required username="{USER}" password="{password}";',
    }


def test_a_topic_streams_into_a_table_and_a_table_into_a_topic(alice: SparkSession, broker: Broker) -> None:
    topics.make(broker, "arriving", "leaving")
    options = _options(broker.connection_string())
    for round_number in (1, 2):
        topics.send(broker, "arriving", ((str(key), f"value {key}") for key in range(50)))
        stream = alice.readStream.format("kafka").options(**options).option("subscribe", "arriving")
        records = stream.option("startingOffsets", "earliest").load()
        query = (
            records.select(F.col("key").cast("string"), F.col("value").cast("string"), "partition", "offset")
            .writeStream.option("checkpointLocation", "/Volumes/dev/f/landing/kafka-in")
            .trigger(availableNow=True)
            .toTable("dev.f.arrived")
        )
        query.awaitTermination()
        assert alice.table("dev.f.arrived").distinct().count() == 50 * round_number
        assert alice.table("dev.f.arrived").count() == 50 * round_number
    out = alice.readStream.table("dev.f.arrived").select("key", F.upper("value").alias("value"))
    sink = out.writeStream.format("kafka").options(**options).option("topic", "leaving")
    sink = sink.option("checkpointLocation", "/Volumes/dev/f/landing/kafka-out")
    sink.trigger(availableNow=True).start().awaitTermination()
    assert sorted(topics.read(broker, "leaving")) == sorted(2 * [(str(key), f"VALUE {key}") for key in range(50)])


@pytest.mark.trial
def test_what_was_acknowledged_outlives_the_brokers_death(broker: Broker) -> None:
    topics.make(broker, "kept")
    assert topics.send(broker, "kept", ((str(key), "x") for key in range(500))) == 500
    broker.kill()
    broker.start()
    assert len(list(topics.read(broker, "kept"))) == 500


def test_who_has_not_the_secret_reads_nothing(alice: SparkSession, broker: Broker) -> None:
    topics.make(broker, "secret")
    stream = alice.read.format("kafka").options(**_options("guess")).option("subscribe", "secret")
    with pytest.raises(PySparkException, match=r"(?i)authentication"):
        stream.load().count()


@pytest.mark.parametrize("option", ["kafka.sasl.login.class", "kafka.ssl.truststore.location"])
def test_options_that_name_classes_and_files_are_refused(alice: SparkSession, broker: Broker, option: str) -> None:
    options = {**_options(broker.connection_string()), option: "/etc/passwd"}
    with pytest.raises(PySparkException, match=r"UC_COMMAND_NOT_SUPPORTED|INSUFFICIENT_PERMISSIONS"):
        alice.read.format("kafka").options(**options).option("subscribe", "secret").load().count()
