"""Topics of Kafka: how they are reached, records as they come, predictions as they go. Plans alone, nothing runs."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.readwriter import DataStreamWriter

from environments import names
from environments.settings import Environment, Kafka, TableContract
from pipelines.errors import PipelineError

# Databricks Runtime keeps its Kafka client's classes under a name of their own.
_MODULES = {
    "PLAIN": "kafkashaded.org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "kafkashaded.org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "kafkashaded.org.apache.kafka.common.security.scram.ScramLoginModule",
}


def connection(environment: Environment) -> dict[str, str]:
    """Options by which Spark reaches the environment's brokers, the password by the environment's secret scope."""
    from databricks.sdk.runtime import dbutils

    if environment.kafka is None:
        raise PipelineError(f"environments/{environment.name}.yaml, kafka", "nothing", "the brokers of the topics")
    password = dbutils.secrets.get(names.secret_scope(environment), environment.kafka.secret)
    return options(environment.kafka, password)


def options(kafka: Kafka, password: str) -> dict[str, str]:
    """The options of brokers that ask for this password."""
    login = f'{_MODULES[kafka.mechanism]} required username="{_escaped(kafka.user)}" password="{_escaped(password)}";'
    return {
        "kafka.bootstrap.servers": ",".join(kafka.bootstrap_servers),
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": kafka.mechanism,
        "kafka.sasl.jaas.config": login,
    }


def records(spark: SparkSession, reached: dict[str, str], topic: str, at_a_time: int) -> DataFrame:
    """The topic's records as a stream, from the first that the broker still has, as `REQUESTS` keeps them.

    A record that the broker has deleted before it was read stops the stream: nothing is lost unseen.
    """
    stream = spark.readStream.format("kafka").options(**reached).option("subscribe", topic)
    stream = stream.option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", at_a_time)
    return stream.load().select(
        F.col("topic").alias("source"),
        "partition",
        "offset",
        F.col("timestamp").alias("sent_at"),
        F.col("value").cast("string").alias("value"),
        F.current_timestamp().alias("arrived_at"),
    )


def messages(predictions: DataFrame, contract: TableContract) -> DataFrame:
    """Predictions as records: the key in the record's key, all columns in its value."""
    content = F.to_json(F.struct(*contract.columns), {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"})
    return predictions.select(_key(contract).alias("key"), content.alias("value"))


def sender(made: DataFrame, reached: dict[str, str], topic: str) -> DataStreamWriter:
    """What sends records to a topic."""
    return made.writeStream.format("kafka").options(**reached).option("topic", topic)


def _key(contract: TableContract) -> Column:
    return F.concat_ws("|", *[F.col(column).cast("string") for column in contract.primary_key])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
