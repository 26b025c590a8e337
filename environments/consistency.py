"""All settings together: what must hold between files, as each file alone is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from environments import names
from environments.mistakes import Mistake, SettingsError
from environments.settings import (
    ENVIRONMENTS,
    Account,
    Environment,
    Model,
    SourceTable,
    load_account,
    load_environment,
    load_model,
    model_names,
    package_root,
)
from environments.validation_errors import KeyPath
from environments.yaml_source import dotted, line_of

TAKEN_SCHEMAS = {
    names.WHEEL_SCHEMA: "holds the wheels",
    "information_schema": "is Unity Catalog's own",
    "default": "comes with every catalog",
}


@dataclass(frozen=True)
class AllSettings:
    """What the files say: those of the account, of the environments by name, and of the models."""

    account: Account
    environments: dict[str, Environment]
    models: list[Model]


def load_all(root: Path | None = None) -> AllSettings:
    """Read every file below the root (this package unless told otherwise). Raises SettingsError."""
    root = root or package_root()
    settings = AllSettings(
        load_account(root),
        {name: load_environment(name, root) for name in ENVIRONMENTS},
        [load_model(name, root) for name in model_names(root)],
    )
    mistakes = [*_unread_files(root), *_between_environments(settings, root), *_between_models(settings, root)]
    mistakes += _retraining_out_of_reach(settings, root)
    mistakes += _approvals_cut_short(settings, root)
    mistakes += _streams_out_of_reach(settings, root)
    mistakes += _sinks_out_of_reach(settings, root)
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _unread_files(root: Path) -> Iterator[Mistake]:
    """Files that look like settings and that nobody would read."""
    known = {"account", *ENVIRONMENTS}
    for file in sorted([*root.glob("*.y*ml"), *(root / "models").glob("*.yml")]):
        if file.suffix == ".yml":
            yield Mistake(file, None, "", "the ending .yml", "the ending .yaml")
        elif file.stem not in known:
            yield Mistake(file, None, "", "a file that is not read", f"one of {', '.join(sorted(known))}")


def _between_environments(settings: AllSettings, root: Path) -> Iterator[Mistake]:
    """What one environment has, no other has; what they share is the same."""
    own: dict[KeyPath, Callable[[Environment], str]] = {
        ("catalog",): lambda environment: environment.catalog,
        ("profile",): lambda environment: environment.profile,
        ("azure", "storage_account"): lambda environment: environment.azure.storage_account,
        ("azure", "key_vault"): lambda environment: environment.azure.key_vault,
    }
    # There is one account in one directory, and a metastore serves one region.
    shared: dict[KeyPath, Callable[[Environment], str]] = {
        ("azure", "tenant_id"): lambda environment: environment.azure.tenant_id,
        ("azure", "location"): lambda environment: environment.azure.location,
    }
    for first, second in combinations(settings.environments.values(), 2):
        file = root / f"{second.name}.yaml"
        for path, value in own.items():
            if value(first) == value(second):
                yield _mistake(file, path, repr(value(second)), f"another than that of {first.name}.yaml")
        for path, value in shared.items():
            if value(first) != value(second) and first.name == ENVIRONMENTS[0]:
                yield _mistake(file, path, repr(value(second)), f"{value(first)!r}, as {first.name}.yaml says")
        space, other = second.azure.network.address_space, first.azure.network.address_space
        if space.overlaps(other):
            path = ("azure", "network", "address_space")
            yield _mistake(file, path, str(space), f"addresses that {first.name}.yaml ({other}) does not have")
    for environment in settings.environments.values():
        for key in ("compares_with", "snapshot_of"):
            other = getattr(environment, key)
            if other and environment.name not in settings.environments[other].readable_from:
                expected = f"an environment whose readable_from has {environment.name}"
                yield _mistake(root / f"{environment.name}.yaml", (key,), repr(other), expected)
        if environment.profile == settings.account.profile:
            file = root / f"{environment.name}.yaml"
            yield _mistake(file, ("profile",), repr(environment.profile), "another than that of account.yaml")


def _between_models(settings: AllSettings, root: Path) -> Iterator[Mistake]:
    """Two models may share source tables, if they say the same of them; all other tables are one model's."""
    sources: dict[str, tuple[str, SourceTable]] = {}
    made: dict[str, str] = {}
    environment = settings.environments[ENVIRONMENTS[0]]
    for model in settings.models:
        file = root / "models" / f"{model.name}.yaml"
        schemas: dict[KeyPath, str] = {
            ("schema",): model.schema_name,
            ("sources", "schema"): model.sources.schema_name,
        }
        for where, schema in schemas.items():
            if schema in TAKEN_SCHEMAS:
                yield _mistake(file, where, repr(schema), f"another name: this schema {TAKEN_SCHEMAS[schema]}")
        for name, table in model.sources.tables.items():
            full_name = names.source_table(environment, model, name)
            other, contract = sources.setdefault(full_name, (model.name, table))
            if contract != table:
                found = f"another contract than that of models/{other}.yaml"
                yield _mistake(file, ("sources", "tables", name), found, "the same, as they share the table")
    for model in settings.models:
        for path, full_name in _made_by(environment, model):
            owner = made.setdefault(full_name, model.name)
            if full_name in sources:
                owner = sources[full_name][0]
            elif owner == model.name:
                continue
            schema_and_name = full_name.partition(".")[2]
            file = root / "models" / f"{model.name}.yaml"
            yield _mistake(file, path, schema_and_name, f"a table that is not there already, of models/{owner}.yaml")


def _retraining_out_of_reach(settings: AllSettings, root: Path) -> Iterator[Mistake]:
    """A Logic App, which turns an alert into a run of the training job, calls the workspace from public addresses."""
    retraining = [
        f"{model.name}.{name}"
        for model in settings.models
        for name, alert in model.monitoring.alerts.items()
        if alert.retrain
    ]
    for environment in settings.environments.values():
        if retraining and not environment.azure.public_workspace_access:
            path = ("azure", "public_workspace_access")
            found = f"false with alerts that retrain ({', '.join(retraining)})"
            yield _mistake(root / f"{environment.name}.yaml", path, found, "true, or retrain: false in all alerts")


def _approvals_cut_short(settings: AllSettings, root: Path) -> Iterator[Mistake]:
    """A task that waits for people ends by its own time-out, which is told on the version, and not by the job's."""
    for model in settings.models:
        for environment in settings.environments.values():
            approval, limit = environment.approval_of(model), environment.compute.job_timeout_minutes
            if approval and approval.timeout_minutes >= limit:
                path = ("promotion", "approval", "timeout_minutes")
                expected = f"less than {limit}, which {environment.name}.yaml gives a run"
                file = root / "models" / f"{model.name}.yaml"
                yield _mistake(file, path, str(approval.timeout_minutes), expected)


def _streams_out_of_reach(settings: AllSettings, root: Path) -> Iterator[Mistake]:
    """Topics need brokers, and a run that goes on listening ends by itself before its time is up."""
    for environment in settings.environments.values():
        limit = environment.compute.job_timeout_minutes
        for model in settings.models:
            if not model.streaming:
                continue
            if model.streaming.uses_kafka and not environment.kafka:
                found = f"nothing, and models/{model.name}.yaml streams by topics"
                yield _mistake(root / f"{environment.name}.yaml", ("kafka",), found, "the brokers of its topics")
            if model.streaming.listen_minutes >= limit:
                expected = f"less than {limit}, which {environment.name}.yaml gives a run"
                file, path = root / "models" / f"{model.name}.yaml", ("streaming", "listen_minutes")
                yield _mistake(file, path, str(model.streaming.listen_minutes), expected)


def _sinks_out_of_reach(settings: AllSettings, root: Path) -> Iterator[Mistake]:
    """Tables of PostgreSQL need a database."""
    for environment in settings.environments.values():
        for model in settings.models:
            if model.batch.sinks.jdbc and not environment.jdbc:
                found = f"nothing, and models/{model.name}.yaml writes predictions to PostgreSQL"
                yield _mistake(root / f"{environment.name}.yaml", ("jdbc",), found, "the database of its tables")


def _made_by(environment: Environment, model: Model) -> Iterator[tuple[KeyPath, str]]:
    """Where settings name a table that the model's own jobs, monitor or endpoint write, and its full name.

    A table of PostgreSQL, which has no catalog, goes by `jdbc` and its name.
    """
    for name in model.feature_tables:
        yield ("feature_tables", name), names.feature_table(environment, model, name)
    yield ("batch", "table"), names.prediction_table(environment, model)
    if model.batch.sinks.jdbc:
        yield ("batch", "sinks", "jdbc", "table"), f"jdbc.{model.batch.sinks.jdbc.table}"
    yield ("schema",), names.inference_log(environment, model)
    yield ("schema",), names.infrastructure_metrics(environment, model)
    yield ("schema",), names.profile_metrics(environment, model)
    yield ("schema",), names.drift_metrics(environment, model)
    for full_name in names.streaming_tables(environment, model):
        yield ("streaming", "table"), full_name
    yield ("name",), names.inference_table(environment, model)
    yield ("name",), names.exploration_table(environment, model)


def _mistake(file: Path, path: KeyPath, found: str, expected: str) -> Mistake:
    return Mistake(file, line_of(file, path), dotted(path), found, expected)
