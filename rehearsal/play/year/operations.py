"""What people and systems around prod do in a month: files land, moments come, callers ask, traffic is judged."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

from databricks.sdk.service.jobs import JobSettings, PauseStatus

from environments import names
from environments.settings import Environment, Model
from rehearsal.play import callers, jobs, promotions, streams
from rehearsal.play.kafka.broker import Broker
from rehearsal.play.people import People
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.progress import Progress
from rehearsal.play.report.model import Run
from rehearsal.play.year.approver import Approver
from rehearsal.play.year.clock import Clock
from rehearsal.play.year.counts import Sent
from rehearsal.play.year.feed import File

BY_HAND = ("streaming-inference", "rollout")  # jobs of the model that people start, not the clock
MOST_JUDGEMENTS, REQUESTS = 6, 300  # of a rollout in a month, and requests before each
_SETTLED_SECONDS = 3  # requests become rows of the inference table within two
_QUIET_SECONDS, _POLL_SECONDS = 2.0, 0.25
_DELIVERIES = "/api/2.0/understudy/notifications/deliveries"
Records = list[dict[str, Any]]


@dataclass
class Operations:
    """Hands on an environment and a model of it."""

    local: LocalPlatform
    progress: Progress
    people: People
    broker: Broker
    clock: Clock
    environment: Environment
    model: Model
    sent: Sent
    approver: Approver

    def pause(self) -> None:
        """Pause what the year does not live through: other models' jobs and alerts, and jobs that people start."""
        admin = self.local.client(self.environment.name)
        kept = {self._job(purpose) for purpose in ("data", "training", "batch-inference", "monitoring")}
        for job in admin.jobs.list():
            settings = job.settings
            if settings and settings.schedule and settings.name not in kept:
                settings.schedule.pause_status = PauseStatus.PAUSED
                admin.jobs.update(int(job.job_id or 0), new_settings=JobSettings(schedule=settings.schedule))

    def land(self, files: Sequence[File]) -> None:
        """The feed delivers files."""
        with self.progress.step(f"{len(files)} files land in {self.environment.name}") as step:
            client = self.people.feed(self.local, self.environment.name)
            landing = names.landing_path(self.environment, self.model)
            for folder in {file.path.partition("/")[0] for file in files}:
                client.files.create_directory(f"{landing}/{folder}")
            for file in files:
                client.files.upload(f"{landing}/{file.path}", io.BytesIO(file.content), overwrite=True)
                self.sent.files.append(file)
            step.outcome = f"{sum(file.rows for file in files)} rows"

    def live(self, what: str, moment: datetime) -> list[Run]:
        """Let a moment come; the runs that it started, ended."""
        with self.progress.step(f"{moment:%Y-%m-%d %H:%M}  {what}") as step:
            fired = self.clock.live(moment)
            runs = [self.ended(run_id) for run_id in fired.runs]
            said = [_said(run) for run in runs] + ([f"{fired.alerts} alerts evaluated"] if fired.alerts else [])
            step.outcome = "; ".join(said) or "nothing was due"
        return runs

    def run(self, purpose: str) -> Run:
        """Start a job by hand and wait for its end."""
        engineer = self.people.engineer(self.local, self.environment.name)
        with self.progress.step(f"run job {self._job(purpose)}") as step:

            def doing(text: str) -> None:
                self.approver.check()
                step.doing(text)

            run = jobs.run(engineer, self._job(purpose), self.environment.name, doing, {})
            step.outcome = _said(run)
        return run

    def validate(self, version: str) -> Run:
        """Run the part of the training job that validates, on a version that is there already."""
        engineer, job = self.people.engineer(self.local, self.environment.name), self._job("training")
        job_id = int(next(iter(engineer.jobs.list(name=job))).job_id or 0)
        uri = f"models:/{names.registered_model(self.environment, self.model)}/{version}"
        started = engineer.jobs.run_now(job_id, only=["validate"], python_named_params={"model-uri": uri})
        return self.ended(started.run_id)

    def settle(self) -> list[Run]:
        """Wait until what alerts have started has ended: webhooks, runs; the runs of the training job that began."""
        admin = self.local.client(self.environment.name)
        before = {run.run_id for run in admin.jobs.list_runs(completed_only=True)}
        quiet_since = time.monotonic()
        with self.progress.step("what alerts have started") as step:
            while time.monotonic() - quiet_since < _QUIET_SECONDS:
                self.approver.check()
                deliveries: Any = admin.api_client.do("GET", _DELIVERIES)
                waiting = any(one["state"] == "WAITING" for one in deliveries["deliveries"])
                if waiting or next(iter(admin.jobs.list_runs(active_only=True)), None):
                    quiet_since = time.monotonic()
                time.sleep(_POLL_SECONDS)
            ended = [run for run in admin.jobs.list_runs(completed_only=True) if run.run_id not in before]
            runs = [self.ended(int(run.run_id or 0)) for run in ended]
            step.outcome = "; ".join(_said(run) for run in runs) or "nothing"
        return runs

    def ask(self, boards: Iterable[Records]) -> None:
        """Callers ask the endpoint."""
        requests = list(boards)
        self._ask(iter(requests), len(requests))

    def stream(self, requests: Sequence[dict[str, Any]]) -> None:
        """Requests go to the topic, and the job scores them."""
        with self.progress.step(f"{len(requests)} requests reach the topic"):
            streams.send(self.broker, self.environment, self.model, requests)
            self.sent.streamed += len(requests)
        jobs.require_success(self.run("streaming-inference"))

    def roll_out(self, boards: Sequence[Records], judged: Callable[[], None]) -> None:
        """While traffic moves to a new version: callers ask about these boards, and the job judges.

        Until it decides, or until callers have asked enough for a month: then traffic stays as it is until the next.

        Args:
            judged: called after each judgement.
        """
        engineer = self.people.engineer(self.local, self.environment.name)
        requests = cycle(boards)
        for _ in range(MOST_JUDGEMENTS):
            if promotions.in_rollout(engineer, self.environment, self.model) is None:
                return
            self._ask(requests, REQUESTS)
            time.sleep(_SETTLED_SECONDS)
            self.run("rollout")
            judged()

    def _ask(self, requests: Iterator[Records], count: int) -> None:
        engineer, endpoint = self.people.engineer(self.local, self.environment.name), self._endpoint
        with self.progress.step(f"callers ask endpoint {endpoint}") as step:
            asked = callers.ask(engineer, endpoint, requests, count)
            self.sent.asked += asked.records
            step.ok, step.outcome = not asked.failed, str(asked)

    def ended(self, run_id: int) -> Run:
        """A run, once it has ended."""
        engineer = self.people.engineer(self.local, self.environment.name)
        return jobs.described(engineer, jobs.ended(engineer, run_id), self.environment.name)

    @property
    def _endpoint(self) -> str:
        return names.endpoint(self.environment, self.model)

    def _job(self, purpose: str) -> str:
        return names.job(self.environment, self.model, purpose)


def _said(run: Run) -> str:
    return f"{run.job} {run.state.lower()} in {run.seconds or 0:.0f} s"
