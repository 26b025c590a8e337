"""Streaming inference: what arrives is scored by the Champion of that moment, into the table once, then sent on.

A pass has three steps, of which each can be repeated: records of the topic are put into a table as they are, exactly
once by Delta's streaming sink; the table's versions that are not scored yet are, and merged by key; changes of the
predictions go to their topic. Only then is it recorded up to which version all is scored.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.streaming import PROGRESS, Streaming
from pipelines.errors import PipelineError
from pipelines.inference import kafka
from pipelines.inference.champion import Champion, champion_of_now, write
from pipelines.inference.requests import dead_letters, newest, parsed, requests
from pipelines.tables import delta_version, merge, session
from pipelines.task import Task, log, run_stage

_NOTHING_CAME_SECONDS = 1.0
_WRITTEN = "_change_type IN ('insert', 'update_postimage')"


class Stream:
    """The streaming inference of one run."""

    def __init__(self, task: Task, folder: Path) -> None:
        if task.model.streaming is None:
            raise PipelineError(f"model {task.model.name}, streaming", "nothing", "settings of streaming inference")
        self._task, self._folder = task, folder
        self._settings: Streaming = task.model.streaming
        self._spark: SparkSession = session()
        self._reached = kafka.connection(task.environment) if self._settings.uses_kafka else {}
        self._champion: Champion | None = None
        environment, model = task.environment, task.model
        self._label_table = names.source_table(environment, model, model.label_table)
        self._requests = names.requests_table(environment, model, self._settings)
        self._predictions = names.streamed_table(environment, model, self._settings)
        self._progress = names.progress_table(environment, model, self._settings)

    def take(self) -> bool:
        """One pass: score all that has arrived by now; was there anything?"""
        if self._settings.from_topic:
            self._land(self._settings.from_topic)
        scored = self._score(self._requests if self._settings.from_topic else self._label_table)
        if self._settings.to_topic:
            self._send(self._settings.to_topic)
        return scored

    def _land(self, topic: str) -> None:
        """Put the topic's new records into the table of requests."""
        full_name = names.topic(self._task.environment, topic)
        arriving = kafka.records(self._spark, self._reached, full_name, self._settings.max_records)
        writer = arriving.writeStream.option("checkpointLocation", self._checkpoint("requests"))
        writer.trigger(availableNow=True).toTable(self._requests).awaitTermination()

    def _score(self, source: str) -> bool:
        """Score the versions of the source that are not scored yet."""
        scored, newest_version = self._scored_version(source), delta_version(self._spark, source)
        if newest_version <= scored:
            return False
        reader = self._spark.read.option("readChangeFeed", "true").option("startingVersion", scored + 1)
        changed = reader.option("endingVersion", newest_version).table(source).where(_WRITTEN)
        rows = self._of_topic(changed) if self._settings.from_topic else self._of_table(changed)
        champion = self._champion_of_now()
        predictions = champion.predictions(self._task, self._task.code.observations(rows))
        log.info("%s: %s", self._predictions, write(self._spark, self._predictions, predictions, self._task.model))
        self._record(source, newest_version, champion)
        return True

    def _of_topic(self, changed: DataFrame) -> DataFrame:
        """Requests, once those that are none have been put aside."""
        contract = self._task.model.sources.tables[self._task.model.label_table]
        read = parsed(changed, contract)
        table = names.dead_letters_table(self._task.environment, self._task.model, self._settings)
        refused = merge(self._spark, table, dead_letters(read), ["source", "partition", "offset"])
        if refused.inserted:
            log.warning("%s: %s records could not be read", table, refused.inserted)
        return newest(requests(read, contract), self._task.model.entity_key, "_place")

    def _of_table(self, changed: DataFrame) -> DataFrame:
        """Rows of the label table as they are now."""
        contract = self._task.model.sources.tables[self._task.model.label_table]
        rows = changed.select(*contract.columns, "_commit_version")
        return newest(rows, self._task.model.entity_key, "_commit_version")

    def _champion_of_now(self) -> Champion:
        """Asked anew in each pass, so that a new Champion needs no restart."""
        version = champion_of_now(self._task)
        if self._champion is None or self._champion.version.version != version.version:
            folder = self._folder / str(version.version)
            folder.mkdir(exist_ok=True)
            self._champion = Champion.fetch(version, folder)
        return self._champion

    def _send(self, topic: str) -> None:
        """Send what has changed in the predictions."""
        stream = self._spark.readStream.option("readChangeFeed", "true").option("startingVersion", 0)
        changed = stream.table(self._predictions).where(_WRITTEN)
        made = kafka.messages(changed, self._task.model.predictions)
        sender = kafka.sender(made, self._reached, names.topic(self._task.environment, topic))
        sender = sender.option("checkpointLocation", self._checkpoint("predictions"))
        sender.trigger(availableNow=True).start().awaitTermination()

    def _scored_version(self, source: str) -> int:
        row = self._spark.table(self._progress).where(F.col("source") == source).first()
        return -1 if row is None else int(row["version"])

    def _record(self, source: str, version: int, champion: Champion) -> None:
        values = {"source": F.lit(source), "version": F.lit(version), "recorded_at": F.current_timestamp()}
        values["model_version"] = F.lit(str(champion.version.version))
        row = self._spark.range(1).withColumns(values).select(*PROGRESS.columns)
        merge(self._spark, self._progress, row, PROGRESS.primary_key)

    def _checkpoint(self, stream: str) -> str:
        return names.checkpoint_path(self._task.environment, self._task.model, stream)


def infer(task: Task) -> None:
    """Score what has arrived; go on for as long as settings say."""
    with tempfile.TemporaryDirectory() as folder:
        stream = Stream(task, Path(folder))
        until = time.monotonic() + (task.model.streaming.listen_minutes if task.model.streaming else 0) * 60
        came = stream.take()
        while time.monotonic() < until:
            if not came:
                time.sleep(_NOTHING_CAME_SECONDS)
            came = stream.take()


def main() -> None:
    """Entry point of the wheel."""
    run_stage("streaming_inference", infer)
