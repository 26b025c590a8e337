"""The rehearsal: all stacks deployed to a local Azure, staging and prod lived through; ends with the report."""

from __future__ import annotations

import importlib.metadata
import platform as machine
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import cycle

from databricks.sdk import WorkspaceClient
from pyspark.sql import SparkSession

from environments import names
from environments.settings import (
    ENVIRONMENTS,
    Environment,
    Model,
    load_environment,
    load_model,
    model_names,
)
from environments.sinks import Sinks
from environments.streaming import Streaming
from rehearsal.play import access, approvals, callers, deploy, evidence, jobs, people, promotions, sinks, streams, world
from rehearsal.play.opening import deploy_stacks
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.progress import Progress, StepNotes
from rehearsal.play.report.model import (
    Approval,
    Attempt,
    Deployment,
    EndpointCall,
    ModelCard,
    Rehearsal,
    Run,
    TableHead,
)
from rehearsal.play.report.promotion import Comparison, Rollout
from rehearsal.play.servers import Servers
from rehearsal.play.together import together
from rehearsal.play.world.landing import land
from rehearsal.spark_session import open_session

# What callers ask about, how many requests they send before a rollout is judged again, and how often it is at most.
BOARDS, REQUESTS, MOST_JUDGEMENTS = 60, 300, 8
SENT = 1000  # requests that go to a topic
REPORT_PACKAGES = ("pyspark", "mlflow", "databricks-sdk", "lightgbm", "cdktf")


class Play:
    """One rehearsal under way: what has been seen so far goes into the report, however it ends.

    All is deployed; models are lived through, those named or all.
    """

    def __init__(self, local: LocalPlatform, progress: Progress, models: Sequence[str] | None = None) -> None:
        self.local = local
        self.progress = progress
        self.servers = Servers(local)
        self.broker, self.database = self.servers.broker, self.servers.database
        self.started = datetime.now(UTC)
        self.models = [load_model(name) for name in models or model_names()]
        self.deployments: list[Deployment] = []
        self.runs: list[Run] = []
        self.approvals: list[Approval] = []
        self.comparisons: list[Comparison] = []
        self.rollouts: list[Rollout] = []
        self.cards: list[ModelCard] = []
        self.calls: list[EndpointCall] = []
        self.tables: list[TableHead] = []
        self.attempts: list[Attempt] = []

    def perform(self, *, whole: bool = False) -> None:
        """All steps in order. Raises what stopped it; `report` tells what was reached.

        What streams, too, is monitored in prod. A whole one monitors all models in staging and in prod, and has another
        month go by there, in which traffic moves to new versions.
        """
        self.feeds = {model.name: world.feed_of(model.name) for model in self.models}
        with self.progress.step("start the local workspace, a Kafka broker and a PostgreSQL server"):
            self.servers.start()
        self._deploy("account", synthesize=True)
        together([self._let_people_in, partial(self._deploy, *(f"{name}-workspace" for name in ENVIRONMENTS))])
        self._deploy("dev", "staging")
        staging, prod = load_environment("staging"), load_environment("prod")
        self._live(staging, self.models if whole else [])
        self._deploy("prod")
        operated = [model for model in self.models if whole or model.streaming]
        self._live(prod, operated, [model for model in operated if whole and prod.rollout_of(model)])
        self._check_access(prod)

    def report(self, error: str) -> Rehearsal:
        """What the report shows."""
        providers = deploy.providers()
        return Rehearsal(
            started=self.started,
            seconds=self.progress.seconds,
            commit=evidence.commit(),
            wheel_digest=evidence.wheel_digest(deploy.ROOT / "dist"),
            provider=providers["databricks"][0],
            versions={package: importlib.metadata.version(package) for package in REPORT_PACKAGES}
            | {"python": machine.python_version()}
            | {f"{name} provider": f"{version} ({kind})" for name, (kind, version) in providers.items()},
            steps=self.progress.steps,
            deployments=self.deployments,
            runs=self.runs,
            approvals=self.approvals,
            comparisons=self.comparisons,
            rollouts=self.rollouts,
            models=self.cards,
            calls=self.calls,
            tables=self.tables,
            attempts=self.attempts,
            error=error,
        )

    def _let_people_in(self) -> None:
        with self.progress.step("people join their groups by SCIM"):
            self.people = people.provision(self.local, load_environment("staging").groups)

    def _deploy(self, *stacks: str, synthesize: bool = False) -> None:
        """Deploy stacks that do not need each other, at the same time."""
        began = self.progress.seconds
        deploy_stacks(self.local, self.progress, stacks, synthesize=synthesize)
        for stack in stacks:
            made = deploy.resources(self.local, stack)
            self.deployments.append(Deployment(stack, made, self.progress.seconds - began))

    def _live(self, environment: Environment, operated: Sequence[Model], renewed: Sequence[Model] = ()) -> None:
        """All models' lives at the same time, in an environment; some are operated, and some of these renewed, too."""
        self.servers.let_in(environment)
        lives = [(model, model in operated, model in renewed) for model in self.models]
        together([partial(self._live_through, environment, *life) for life in lives])

    def _live_through(self, environment: Environment, model: Model, operated: bool, renewed: bool) -> None:
        """Files land, and jobs make a Champion of them, which answers one by one, scores a table, and streams."""
        self._land(environment, model, world.MONTHS[environment.name])
        for purpose in ("data", "training"):
            self._run(environment, model, names.job(environment, model, purpose))
        self._ask(environment, model)
        scored = [partial(self._score, environment, model, operated, renewed)]
        if operated and model.streaming and model.streaming.from_topic and model.streaming.to_topic:
            scored.append(partial(self._stream, environment, model, model.streaming))
        together(scored)

    def _land(self, environment: Environment, model: Model, months: range) -> None:
        with self.progress.step(f"files of {model.name} land in {environment.name}") as step:
            feed, client = self.feeds[model.name], self.people.feed(self.local, environment.name)
            count, size = land(feed, client, names.landing_path(environment, model), months)
            step.outcome = f"{count} new files, {size / 1e6:.0f} MB"

    def _ask(self, environment: Environment, model: Model) -> None:
        client = self.people.engineer(self.local, environment.name)
        with self.progress.step(f"ask endpoint {names.endpoint(environment, model)}") as step:
            call = evidence.ask_endpoint(client, environment, model)
            self.calls.append(call)
            step.ok, step.outcome = call.status == 200, f"status {call.status} in {call.milliseconds:.0f} ms"
        with self.progress.step(f"collect evidence of {names.registered_model(environment, model)}"):
            self.cards.append(evidence.model_card(client, environment, model))

    def _score(self, environment: Environment, model: Model, operated: bool, renewed: bool) -> None:
        """The table is scored; what was said of it leaves it, and is logged and measured, while a new version comes."""
        self._run(environment, model, names.job(environment, model, "batch-inference"))
        table = names.prediction_table(environment, model)
        with self.progress.step(f"a data scientist reads {table}"):
            self.tables.append(evidence.table_head(self._scientist("dev"), environment, table))
        watched = [partial(self._watch, environment, model)] if operated else []
        together(watched + ([partial(self._roll_out, environment, model)] if renewed else []))

    def _watch(self, environment: Environment, model: Model) -> None:
        """What was said is logged and measured; where it went is looked at meanwhile."""
        sinks_read = [partial(self._read_sinks, environment, model)] if model.batch.sinks != Sinks() else []
        together([partial(self._run, environment, model, names.job(environment, model, "monitoring")), *sinks_read])

    def _read_sinks(self, environment: Environment, model: Model) -> None:
        """Each sink has what the table of predictions has."""
        with self.progress.step(f"predictions of {model.name} in the sinks of {environment.name}") as step:
            outside = sinks.Outside(self.local, self.database, self._scientist("dev"))
            found = outside.arrived(environment, model)
            step.ok = all(arrived == found[sinks.TABLE] for arrived in found.values())
            step.outcome = ", ".join(f"{sink} {arrived.count}" for sink, arrived in found.items())

    def _stream(self, environment: Environment, model: Model, streaming: Streaming) -> None:
        """Requests go to a topic; the job scores them into a table and another topic, from where they come back."""
        latest = deque(world.sent_to(model.name, world.MONTHS[environment.name][-1:]), maxlen=SENT)
        with self.progress.step(f"requests of {model.name} reach a topic of {environment.name}") as step:
            streams.make_topics(self.broker, environment, model)
            step.outcome = f"{streams.send(self.broker, environment, model, latest)} records"
        self._run(environment, model, names.job(environment, model, "streaming-inference"))
        with self.progress.step(f"predictions of {model.name} come back from a topic of {environment.name}") as step:
            said = streams.predictions(self.broker, environment, model)
            missing = {"|".join(str(asked[key]) for key in model.entity_key) for asked in latest} - said.keys()
            step.ok, step.outcome = not missing, f"{len(said)} predictions, {len(missing)} of those asked for missing"
            table = names.streamed_table(environment, model, streaming)
            self.tables.append(evidence.table_head(self._scientist("dev"), environment, table))

    def _roll_out(self, environment: Environment, model: Model) -> None:
        """A month goes by, a new version is trained, and traffic moves to it."""
        self._land(environment, model, world.NEXT_MONTHS)
        for purpose in ("data", "training"):
            self._run(environment, model, names.job(environment, model, purpose))
        self._judge_until_decided(environment, model)

    def _judge_until_decided(self, environment: Environment, model: Model) -> None:
        engineer, endpoint = self.people.engineer(self.local, environment.name), names.endpoint(environment, model)
        # The latest boards, of which online features are known best, again and again.
        requests = cycle(deque(world.callers_of(model.name, world.NEXT_MONTHS), maxlen=BOARDS))
        challenger = promotions.in_rollout(engineer, environment, model)
        for _ in range(MOST_JUDGEMENTS):
            if promotions.in_rollout(engineer, environment, model) is None:
                break
            with self.progress.step(f"callers ask endpoint {endpoint}") as step:
                asked = callers.ask(engineer, endpoint, requests, REQUESTS)
                step.ok, step.outcome = not asked.failed, str(asked)
            self._run(environment, model, names.job(environment, model, "rollout"))
        with self.progress.step(f"collect evidence of the rollout of {model.name}") as step:
            version = challenger or promotions.challenger(engineer, environment, model)
            self.comparisons.append(promotions.comparison(engineer, environment, model, version))
            self.rollouts += [promotions.rollout(engineer, environment, model, challenger)] if challenger else []
            if challenger:
                step.ok, step.outcome = self.rollouts[-1].decided, self.rollouts[-1].outcome
            else:
                step.outcome = self.comparisons[-1].reason

    def _run(self, environment: Environment, model: Model, job: str) -> None:
        engineer = self.people.engineer(self.local, environment.name)
        with self.progress.step(f"run job {job}") as step:
            meanwhile = {names.APPROVAL: lambda: self._approve(engineer, environment, model, step)}
            run = jobs.run(engineer, job, environment.name, step.said, meanwhile)
            self.runs.append(run)
            jobs.require_success(run)
            step.outcome = "  ".join(f"{task.key} {task.seconds or 0:.1f} s" for task in run.tasks)

    def _approve(self, engineer: WorkspaceClient, environment: Environment, model: Model, step: StepNotes) -> None:
        given = approvals.approve(engineer, environment, model)
        self.approvals.append(given)
        step.said(f"{given.who}: version {given.version} of {given.model} {given.answer.lower()} ({given.why})")

    def _check_access(self, environment: Environment) -> None:
        with self.progress.step(f"access check in {environment.name}") as step:
            for model in self.models:
                token, spark = self.people.data_scientist_token, self._scientist(environment.name)
                self.attempts += access.check(access.Stage(self.local, environment, model, token, spark))
            wrong = [attempt for attempt in self.attempts if not attempt.ok]
            step.ok = not wrong
            step.outcome = f"{len(self.attempts) - len(wrong)} of {len(self.attempts)} as expected"

    def _scientist(self, workspace: str) -> SparkSession:
        return open_session(self.local.spark_url(workspace, self.people.data_scientist_token))
