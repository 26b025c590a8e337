"""The data scientist looks back on the year: she runs a script of hers in dev, on prod's tables and versions."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import jobs

from environments import names
from environments.settings import Environment, Model, load_environment
from rehearsal.play.deploy import ROOT
from rehearsal.play.year.errors import YearError
from rehearsal.play.year.model import Drift, Month, Quality

_SCRIPT = ROOT / "notebooks" / "quality_by_month.py"
_RESULT = "RESULT "
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class LookBack:
    """What she found, by month."""

    rows: dict[str, int]
    positive_share: dict[str, float]
    quality: dict[str, dict[str, dict[str, float]]]
    """Metrics by version and month."""
    drift: dict[str, dict[str, float]]
    """By month and feature."""

    def months(self, champions: dict[str, str], first: str) -> list[Month]:
        """The months, of which `champions` says who was Champion; `first` is the year's first version."""
        return [
            Month(
                label=label,
                rows=self.rows[label],
                positive_share=self.positive_share[label],
                champion=champion,
                retrained=Quality(self.quality[champion][label]),
                first=Quality(self.quality[first][label]),
            )
            for label, champion in champions.items()
            if label in self.rows
        ]

    def drifts(self, months: Collection[str]) -> list[Drift]:
        """One for each of the months and each feature; the year's last evening is of the next month, by UTC."""
        return [
            Drift(month, feature, value)
            for month, features in sorted(self.drift.items())
            for feature, value in features.items()
            if month in months
        ]


def look_back(client: WorkspaceClient, environment: Environment, model: Model, baseline_end: datetime) -> LookBack:
    """Run the script as the client's user in the client's workspace, dev. Raises YearError.

    Args:
        baseline_end: the months before are what drift is measured from.
    """
    dev = load_environment("dev")
    path = f"{names.landing_path(dev, model)}/{_SCRIPT.name}"
    client.files.upload(path, io.BytesIO(_SCRIPT.read_bytes()), overwrite=True)
    training = next(iter(client.jobs.list(name=names.job(dev, model, "training"))))
    settings = client.jobs.get(int(training.job_id or 0)).settings
    about = {"environment": environment.name, "model": model.name, "baseline-end": baseline_end.date().isoformat()}
    parameters = [word for name, value in about.items() for word in (f"--{name}", value)]
    submitted = client.jobs.submit(
        run_name="quality by month",
        environments=settings.environments if settings else None,
        tasks=[
            jobs.SubmitTask(
                "measure",
                environment_key="default",
                spark_python_task=jobs.SparkPythonTask(path, parameters=parameters),
            )
        ],
    )
    output = _output(client, submitted.run_id)
    client.files.delete(path)
    line = next(line for line in output.splitlines() if line.startswith(_RESULT))
    return LookBack(**json.loads(line.removeprefix(_RESULT)))


def _output(client: WorkspaceClient, run_id: int) -> str:
    while not ((run := client.jobs.get_run(run_id)).state and run.state.result_state):
        time.sleep(_POLL_SECONDS)
    (task,) = run.tasks or []
    output = client.jobs.get_run_output(int(task.run_id or 0))
    if run.state is None or run.state.result_state != jobs.RunResultState.SUCCESS:
        raise YearError(f"the data scientist's look back on the year failed: {output.error}")
    return output.logs or ""
