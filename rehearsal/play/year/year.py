"""The year: three months of history train the first version, then month after month goes by on a moved clock.

Jobs, alerts and retraining happen by themselves, at their own times. Only two schedules are paused, of jobs that would
run 44,000 times: people start the stream's job and the rollout's when there is something to do for them.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play import evidence, streams
from rehearsal.play.jobs import require_success
from rehearsal.play.opening import deploy_all
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.progress import Progress
from rehearsal.play.servers import Servers
from rehearsal.play.world import flights
from rehearsal.play.year import bad_release, counts, crash, faults, feed, plan, records, scientist
from rehearsal.play.year.approver import Approver
from rehearsal.play.year.clock import Clock
from rehearsal.play.year.counts import Sent
from rehearsal.play.year.feed import File
from rehearsal.play.year.model import Fault as Found
from rehearsal.play.year.model import YearReport
from rehearsal.play.year.operations import Operations
from rehearsal.play.year.plan import Fault, Month
from rehearsal.spark_session import open_session

ENVIRONMENT, MODEL = "prod", "flight_delay"
STACKS = (("account",), ("dev-workspace", "prod-workspace"), ("dev", "prod"))
BOARDS = 60  # requests to the endpoint about the flights of a day


class Year:
    """A year under way: what has been seen so far goes into the report, however it ends."""

    def __init__(self, local: LocalPlatform, progress: Progress, months: Mapping[int, tuple[Fault, ...]]) -> None:
        self.local, self.progress = local, progress
        self.months = plan.months(months)
        self.environment, self.model = load_environment(ENVIRONMENT), load_model(MODEL)
        self.servers = Servers(local)
        self.broker = self.servers.broker
        self.sent = Sent()
        self.champions: dict[str, str] = {}
        self.faults: list[Found] = []
        self.caused: dict[str, str] = {}
        metric = self.model.promotion.metric
        self._report = YearReport(
            began=datetime.now(UTC),
            seconds=0,
            commit=evidence.commit(),
            model=names.registered_model(self.environment, self.model),
            metric=metric,
            more_is_better=self.model.more_is_better(metric),
        )

    def perform(self) -> None:
        """All months in order, in a new home. Raises what stopped it; `report` tells what was reached."""
        self._open()
        self.approver.start()
        try:
            self._first_version()
            late: list[File] = []
            for month in self.months:
                self._ask(month)
                late = self._work(month, late)
            self._look_back()
        finally:
            self.approver.stop()

    def report(self, error: str) -> YearReport:
        """What the report shows."""
        return replace(self._report, seconds=self.progress.seconds, steps=self.progress.steps, error=error)

    def _open(self) -> None:
        with self.progress.step(f"start a new local workspace at {plan.BEGIN:%Y-%m-%d}"):
            self.servers.stop()
            shutil.rmtree(self.local.home, ignore_errors=True)
            self.servers.start(plan.BEGIN)
        self.people = deploy_all(self.local, self.progress, STACKS, self.environment.groups)
        self.engineer = self.people.engineer(self.local, ENVIRONMENT)
        self.servers.let_in(self.environment)
        streams.make_topics(self.broker, self.environment, self.model)
        self.clock = Clock(self.local, ENVIRONMENT)
        self.approver = Approver(self.engineer, self.environment, self.model)
        self.operations = Operations(
            self.local,
            self.progress,
            self.people,
            self.broker,
            self.clock,
            self.environment,
            self.model,
            self.sent,
            self.approver,
        )
        self.operations.pause()

    def _first_version(self) -> None:
        """What has passed lands, and the first version is trained of it, by hand."""
        self.operations.land(list(feed.history(plan.HISTORY)))
        for purpose in ("data", "training"):
            require_success(self.operations.run(purpose))
        self.first = records.champion(self.engineer, self.environment, self.model)
        self._note_traffic()

    def _ask(self, month: Month) -> None:
        """A day late in the month: callers and a stream ask about flights of that day, of which nobody knows more."""
        self.clock.sleep_until(month.asked_at)
        self.champions[month.label] = records.champion(self.engineer, self.environment, self.model)
        self.operations.ask(islice(flights.boards_of(month.asked_at.date()), BOARDS))
        self.operations.stream(list(flights.planned_on(month.asked_at.date())))

    def _work(self, month: Month, late: Sequence[File]) -> list[File]:
        """The month's files are there: a day in prod, from the data job in the night to the alerts in the morning."""
        self.clock.sleep_until(month.at(1, 30))
        arriving, held_back = feed.delivered(month, late)
        self.operations.land(arriving)
        if Fault.CRASH in month.faults:
            self._crash(month)
        else:
            require_success(*self.operations.live("data", month.at(2)))
        self.operations.live("training, if it is a Monday", month.at(3))
        self._note_traffic()
        require_success(*self.operations.live("batch inference", month.at(5)))
        require_success(*self.operations.live("monitoring", month.at(6, 30)))
        self.operations.live("alerts", month.at(7, 30))
        self.caused |= records.consequences(self.engineer, self.operations.settle(), month.at(7, 30))
        self._note_traffic()
        self._roll_out(month)
        if Fault.BAD_MODEL in month.faults:
            self._release_a_bad_model(month)
        return held_back

    def _roll_out(self, month: Month) -> None:
        """Callers ask about the month's flights, of which the truth is known, while traffic moves to a new version."""
        asked = list(flights.departures(range(month.number, month.number + 1)))
        self.operations.roll_out(asked, self._note_traffic)

    def _note_traffic(self) -> None:
        now = records.traffic(self.engineer, self.environment, self.model, self.clock.now())
        if not self._report.traffic or self._report.traffic[-1].percent != now.percent:
            self._report.traffic.append(now)

    def _crash(self, month: Month) -> None:
        with self.progress.step(f"{month.at(2):%Y-%m-%d %H:%M}  data; the workspace dies meanwhile") as step:
            run, down = crash.while_ingesting(self.operations, month.at(2))
            step.outcome = f"{run.job} {run.state.lower()}, nobody answered for {down:.0f} s"
        require_success(run)
        ended = f"started again after {down:.0f} s; the job tried its task once more and went on: {run.state.lower()}"
        self._note(month, Fault.CRASH, ended, ok=True)

    def _release_a_bad_model(self, month: Month) -> None:
        before = records.champion(self.engineer, self.environment, self.model)
        with self.progress.step("a bad release registers a version") as step:
            number = bad_release.register(self.local, self.environment, self.model)
            run = self.operations.validate(number)
            step.outcome = f"version {number}: validation {run.state.lower()}"
        version = next(
            one for one in records.versions(self.engineer, self.environment, self.model) if one.number == number
        )
        stayed = records.champion(self.engineer, self.environment, self.model) == before
        why = next((task.error for task in run.tasks if task.error), "")
        ended = f"version {number}: validation {version.validation}, version {before} stayed Champion; {why}"
        ended = textwrap.shorten(ended, 400, placeholder=" …")
        self._note(month, Fault.BAD_MODEL, ended, ok=stayed and version.validation == "FAILED")

    def _note(self, month: Month, fault: Fault, ended: str, *, ok: bool) -> None:
        self.faults.append(Found(month.label, fault.label, fault.value, ended, ok))

    def _look_back(self) -> None:
        """The last requests are logged; then everything is counted, and the data scientist measures."""
        require_success(self.operations.run("monitoring"))
        token = self.people.data_scientist_token
        spark = open_session(self.local.spark_url("dev", token))
        with self.progress.step("everything is counted") as step:
            self._report.counts.extend(counts.reconcile(spark, self.environment, self.model, self.sent))
            wrong = [count for count in self._report.counts if not count.ok]
            step.ok, step.outcome = not wrong, f"{len(self._report.counts)} pairs, {len(wrong)} of them differ"
            self._report.costs.extend(counts.costs(spark, self.environment, self.model))
        with self.progress.step("how each fault ended") as step:
            prod = faults.Prod(spark, self.environment, self.model, self.sent)
            self._report.faults.extend(faults.ended(prod, self.months, self.faults))
            bad = [fault for fault in self._report.faults if not fault.ok]
            step.ok, step.outcome = not bad, f"{len(self._report.faults)} faults, {len(bad)} of them badly"
        with self.progress.step("versions and alerts of the year"):
            self._report.versions.extend(records.versions(self.engineer, self.environment, self.model))
            admin = self.local.client(ENVIRONMENT)
            self._report.alerts.extend(records.alerts(admin, self.environment, self.model, self.caused))
        with self.progress.step("the data scientist measures every version in every month") as step:
            client = self.local.client_with("dev", token)
            found = scientist.look_back(client, self.environment, self.model, plan.BEGIN)
            self._report.months.extend(found.months(self.champions, self.first))
            self._report.drift.extend(found.drifts(self.champions))
            gain = self._report.gain
            step.outcome = f"retraining: {gain:+.4f} of {self._report.metric}" if gain is not None else "no month"
