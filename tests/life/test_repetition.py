"""Tasks of the deployed jobs die by `kill -9` and are repaired: tables, versions and aliases end as after a clean run.

Each task is killed at several moments of the time that it takes undisturbed. The tables are put back in between, so
that there is something to do each time; what Spark was told before the death, it may still do after it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from databricks.sdk import WorkspaceClient
from psycopg.sql import SQL
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.inference_log import ID
from environments.settings import load_environment, load_model
from pipelines.tables import delta_version
from rehearsal.play.database import Database
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.play.sinks import FILES, POSTGRESQL, TABLE, Outside
from rehearsal.play.sinks import ONLINE as ONLINE_STORE
from rehearsal.play.world import MONTHS, feed_of
from rehearsal.play.world.landing import land
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import ended, started

STAGING, MODEL = load_environment("staging"), load_model("flight_delay")
NAME, ENDPOINT = names.registered_model(STAGING, MODEL), names.endpoint(STAGING, MODEL)
BRONZE = [names.source_table(STAGING, MODEL, table) for table in MODEL.sources.tables]
FEATURES = [names.feature_table(STAGING, MODEL, table) for table in MODEL.feature_tables]
ONLINE = {
    names.online_table(STAGING, MODEL, table): names.feature_table(STAGING, MODEL, table)
    for table in MODEL.feature_tables
}
PREDICTIONS, LOG = names.prediction_table(STAGING, MODEL), names.inference_log(STAGING, MODEL)
ACCOUNTS = [names.ledger_table(STAGING, MODEL), names.quarantine_table(STAGING, MODEL)]
WRITTEN_BY_DATA = [*BRONZE, *ACCOUNTS, *FEATURES]
MOMENTS = {"ingested_at", "quarantined_at", "scored_at"}  # columns that say when a row was written, not what it is
SHARES = (0.3, 0.6, 0.9)
DAYS = 3  # of the last days that batch inference scored, those that a sink is made to lack
KILLED = "The task's process was ended by signal 9."
pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True)
class Contents:
    """Rows of a table, and a number that any other rows would most likely not give."""

    rows: int
    digest: int


class Jobs:
    """Staging's jobs, and its tables as their identity sees them."""

    def __init__(self, checkout: Checkout) -> None:
        self._home: Path = checkout.local.home
        self.client: WorkspaceClient = checkout.admin("staging")
        identity = checkout.application_id("staging", names.service_principal(STAGING))
        self.spark: SparkSession = checkout.spark(identity, "staging")

    def run(self, purpose: str, only: list[str] | None = None) -> dict[str, float]:
        """Run a job, or some tasks of it, undisturbed; seconds of each task."""
        run_id = started(self.client, names.job(STAGING, MODEL, purpose), only)
        states = ended(self.client, run_id)
        assert set(states.values()) == {"SUCCESS "}, states
        return {
            task.task_key: (task.execution_duration or 0) / 1000
            for task in self.client.jobs.get_run(run_id).tasks or []
        }

    def run_with_a_death(self, purpose: str, task: str, after: float) -> bool:
        """Run a job, kill a task so many seconds after its start, repair the run; whether death came before the end."""
        run_id = started(self.client, names.job(STAGING, MODEL, purpose))
        process = self._process(run_id, task)
        time.sleep(after)
        with suppress(psutil.NoSuchProcess):
            process.kill()
        states = ended(self.client, run_id)
        if set(states.values()) == {"SUCCESS "}:
            return False
        assert states[task] == f"FAILED {KILLED}", states
        repaired = self.client.jobs.repair_run(run_id, rerun_all_failed_tasks=True)
        assert repaired.response.repair_id
        states = ended(self.client, run_id)
        assert set(states.values()) == {"SUCCESS "}, states
        return True

    def contents(self, tables: list[str]) -> dict[str, Contents]:
        """What is in the tables."""
        found = {}
        for table in tables:
            columns = ", ".join(f"`{name}`" for name in self.spark.table(table).columns if name not in MOMENTS)
            rows = f"SELECT count(*) AS rows, sum(cast(xxhash64({columns}) AS decimal(38, 0))) AS digest FROM {table}"
            (row,) = self.spark.sql(rows).collect()
            found[table] = Contents(row["rows"], int(row["digest"] or 0))
        return found

    def versions(self, tables: list[str]) -> dict[str, int]:
        """The newest Delta version of each table."""
        return {table: delta_version(self.spark, table) for table in tables}

    def put_back(self, versions: dict[str, int]) -> None:
        """Let the tables hold again what they held in those versions."""
        for table, version in versions.items():
            self.spark.sql(f"INSERT OVERWRITE {table} SELECT * FROM {table} VERSION AS OF {version}").collect()

    def _process(self, run_id: int, task: str) -> psutil.Process:
        """The task's process, once it runs: it works in a folder of its own."""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            (record,) = [found for found in self.client.jobs.get_run(run_id).tasks or [] if found.task_key == task]
            folder = self._home / "runs" / "staging" / str(run_id) / str(record.run_id) / "work"
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    if process.cwd() == str(folder):
                        return process
            time.sleep(0.05)
        raise AssertionError(f"task {task} of run {run_id} did not start")


@pytest.fixture(scope="module")
def jobs(checkout: Checkout) -> Jobs:
    return Jobs(checkout)


@dataclass(frozen=True)
class Clean:
    """A data job that nothing disturbed: versions of tables before it, their contents after it, seconds of tasks."""

    before: dict[str, int]
    contents: dict[str, Contents]
    seconds: dict[str, float]


@pytest.fixture(scope="module")
def another_month(checkout: Checkout, jobs: Jobs) -> Clean:
    """Files that staging had not seen are ingested."""
    before = jobs.versions(WRITTEN_BY_DATA)
    first = MONTHS["staging"].stop
    sent, _ = land(
        feed_of(MODEL.name), checkout.feed("staging"), names.landing_path(STAGING, MODEL), range(first, first + 1)
    )
    assert sent
    seconds = jobs.run("data")
    return Clean(before, jobs.contents(WRITTEN_BY_DATA), seconds)


@pytest.mark.parametrize("task", ["ingest", "features", "publish"])
def test_what_the_data_job_writes(jobs: Jobs, another_month: Clean, task: str) -> None:
    deaths = 0
    for share in SHARES:
        jobs.put_back(another_month.before)
        assert jobs.contents(WRITTEN_BY_DATA) != another_month.contents
        deaths += jobs.run_with_a_death("data", task, share * another_month.seconds[task])
        assert jobs.contents(WRITTEN_BY_DATA) == another_month.contents
        for online, source in ONLINE.items():
            status = jobs.client.database.get_synced_database_table(online).data_synchronization_status
            assert status and status.last_sync and status.last_sync.delta_table_sync_info
            version = status.last_sync.delta_table_sync_info.delta_commit_version
            assert version == jobs.versions([source])[source]
    assert deaths


def test_what_batch_inference_writes(jobs: Jobs, another_month: Clean) -> None:
    before = jobs.versions([PREDICTIONS])
    seconds = jobs.run("batch-inference")["score"]
    expected, deaths = jobs.contents([PREDICTIONS]), 0
    for share in SHARES:
        jobs.put_back(before)
        assert jobs.contents([PREDICTIONS]) != expected
        deaths += jobs.run_with_a_death("batch-inference", "score", share * seconds)
        assert jobs.contents([PREDICTIONS]) == expected
    assert deaths


class Holes:
    """Takes the newest days out of a sink, so that it has something to do again."""

    def __init__(self, checkout: Checkout, jobs: Jobs, database: Database) -> None:
        identity = checkout.application_id("staging", names.service_principal(STAGING))
        self._files = checkout.local.client_with("staging", checkout.local.token_of(identity)).files
        self._jobs, self._database = jobs, database

    def make(self, task: str) -> None:
        """For the sink of this task."""
        assert MODEL.batch.sinks.files and MODEL.batch.sinks.jdbc and STAGING.jdbc
        match task:
            case "files":
                folder = names.prediction_files(STAGING, MODEL, MODEL.batch.sinks.files)
                days = [str(entry.path) for entry in self._files.list_directory_contents(folder) if entry.is_directory]
                for day in sorted(days)[-DAYS:]:
                    for file in self._files.list_directory_contents(day):
                        self._files.delete(str(file.path))
            case "jdbc":
                table, time = MODEL.batch.sinks.jdbc.table, MODEL.predictions.time_key
                newest = f"(SELECT max({time}) - interval '{DAYS} days' FROM {table})"
                with self._database.opened(STAGING.jdbc) as connection:
                    connection.execute(SQL(f"DELETE FROM {table} WHERE {time} > {newest}"))
            case "online":
                time = MODEL.predictions.time_key
                first = f"SELECT string(max({time}) - INTERVAL {DAYS} DAYS) AS first FROM {PREDICTIONS}"
                (row,) = self._jobs.spark.sql(first).collect()
                self._jobs.spark.sql(f"DELETE FROM {PREDICTIONS} WHERE {time} > '{row['first']}'").collect()
                self._jobs.run("batch-inference", only=["online"])


@pytest.mark.parametrize("task", ["files", "jdbc", "online"])
def test_what_batch_inference_hands_on(checkout: Checkout, jobs: Jobs, another_month: Clean, task: str) -> None:
    seconds = jobs.run("batch-inference")[task]
    database = Database(checkout.local.home, checkout.local.port_base)
    outside = Outside(checkout.local, database, checkout.spark(DATA_SCIENTIST, "dev"))
    holes, expected, deaths = Holes(checkout, jobs, database), outside.arrived(STAGING, MODEL), 0
    assert set(expected) == {TABLE, FILES, POSTGRESQL, ONLINE_STORE}
    assert all(found == expected[TABLE] for found in expected.values()), expected
    for share in SHARES:
        holes.make(task)
        assert outside.arrived(STAGING, MODEL) != expected
        deaths += jobs.run_with_a_death("batch-inference", task, share * seconds)
        assert outside.arrived(STAGING, MODEL) == expected
    assert deaths


def test_what_monitoring_logs(jobs: Jobs, another_month: object) -> None:
    jobs.run("batch-inference")
    before = jobs.versions([LOG])
    seconds = jobs.run("monitoring")["log"]
    expected, deaths = jobs.contents([LOG]), 0
    assert jobs.run("monitoring") and jobs.contents([LOG]) == expected
    ids = jobs.spark.table(LOG).agg(F.count("*"), F.count_distinct(ID)).collect()[0]
    assert ids[0] == ids[1] == expected[LOG].rows
    for share in SHARES:
        jobs.put_back(before)
        assert jobs.contents([LOG]) != expected
        deaths += jobs.run_with_a_death("monitoring", "log", share * seconds)
        assert jobs.contents([LOG]) == expected
    assert deaths


@pytest.fixture(scope="module")
def trained(jobs: Jobs, another_month: Clean) -> dict[str, float]:
    """The training job has run undisturbed; seconds of each task."""
    return jobs.run("training")


@pytest.mark.parametrize("task", ["train", "validate", "deploy"])
def test_what_the_training_job_registers_and_deploys(jobs: Jobs, trained: dict[str, float], task: str) -> None:
    registry, deaths = jobs.client.registered_models, 0

    def newest() -> int:
        return max(int(version.version or 0) for version in jobs.client.model_versions.list(NAME))

    def aliases() -> dict[str, int]:
        held = registry.get(NAME, include_aliases=True).aliases or []
        return {str(alias.alias_name): newest() - int(alias.version_num or 0) for alias in held}

    clean = aliases()
    for share in SHARES:
        last = newest()
        deaths += jobs.run_with_a_death("training", task, share * trained[task])
        # A version that was registered right before its task died is left, and nothing points at it.
        assert last + 1 <= newest() <= last + (2 if task == "train" else 1)
        assert aliases() == clean
        version = jobs.client.model_versions.get(NAME, newest())
        for section in ("## Validation", "## Comparison"):
            assert (version.comment or "").count(section) == 1, version.comment
        config = jobs.client.serving_endpoints.get(ENDPOINT).config
        assert config and config.served_entities
        assert [entity.entity_version for entity in config.served_entities] == [str(newest())]
    assert deaths
