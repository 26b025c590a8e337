"""Who may do what in Unity Catalog, and why: one pure function from settings. Constructs, tests and documents read it.

A privilege on a catalog or schema holds for everything below it. So reading is granted once, on the catalog: that is
how people read data, inference tables and metric tables, those included that do not exist yet. Writing is granted only
on the schemas and volumes that a principal may write. Nobody but Terraform writes to the volume of wheels: who can
change the code of the jobs can do whatever their service principal may.

Who owns what: tables and registered models belong to the jobs, which write them. All else belongs to Terraform's own
identity, which made it: another owner could grant himself whatever this function does not, and would keep the next
deployment out. So nobody holds a privilege on the storage credential, and only Terraform reaches storage by paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from environments import names
from environments.settings import Environment, Model

Kind = Literal[
    "external_location",
    "catalog",
    "schema",
    "volume",
    "table",
    "registered_model",
    "job",
    "experiment",
    "endpoint",
    "dashboard",
    "alert",
    "warehouse",
    "cluster_policy",
    "secret_scope",
    "folder",
    "budget_policy",
    "service_principal",
]


@dataclass(frozen=True)
class Grant:
    """Privileges (or a permission level) of a principal on a securable, which he has for one reason.

    A service principal is named by its display name. A principal may hold more than one grant on a securable, each with
    a reason of its own and privileges that the others do not have.
    """

    principal: str
    kind: Kind
    securable: str
    privileges: tuple[str, ...]
    why: str


def grants(environment: Environment, models: Iterable[Model], environments: Iterable[Environment]) -> list[Grant]:
    """All grants in Unity Catalog, ordered by securable and principal.

    `environments` are all there are: the jobs of some read what is in this one.
    """
    models = list(models)
    found = {
        *_of_people(environment, models),
        *_of_approvers(environment, models),
        *_of_platform(environment, models),
        *_of_producers(environment, models),
        *_of_jobs(environment, models),
        *(
            grant
            for visitor in visitors(environment, environments)
            for grant in _of_visitor(visitor, environment, models)
        ),
    }
    return sorted(found, key=lambda g: (g.kind, g.securable, g.principal, g.privileges))


def schemas(environment: Environment, models: Iterable[Model]) -> list[str]:
    """Full names of the schemas that hold data and models; the wheels' schema is not among them."""
    used = {name for model in models for name in (model.sources.schema_name, model.schema_name)}
    return [f"{environment.catalog}.{name}" for name in sorted(used)]


def visitors(environment: Environment, environments: Iterable[Environment]) -> list[Environment]:
    """Other environments whose jobs read in this one, as their settings say."""
    return [other for other in environments if environment.name in (other.compares_with, other.snapshot_of)]


def people(environment: Environment) -> list[str]:
    """Groups of people who are let into the environment; feeds and who deploys aside."""
    groups = environment.groups
    let_in = [] if environment.access.data_scientists == "none" else [groups.data_scientists]
    return [*let_in, groups.ml_engineers]


def reached_by(environment: Environment, model: Model) -> list[str]:
    """Full names of the securables on which the model's jobs hold privileges."""
    catalog = environment.catalog
    own = [f"{catalog}.{name}" for name in (names.WHEEL_SCHEMA, model.sources.schema_name, model.schema_name)]
    written = [names.checkpoint_volume(environment, model)] if model.streaming else []
    if files := model.batch.sinks.files:
        written.append(names.prediction_volume(environment, model, files))
    return [catalog, *own, wheel_volume(environment), landing_volume(environment, model), *written]


def landing_volume(environment: Environment, model: Model) -> str:
    """Full name of the volume where the model's source files land."""
    return f"{environment.catalog}.{model.sources.schema_name}.{model.sources.landing_volume}"


def wheel_volume(environment: Environment) -> str:
    """Full name of the volume of wheels."""
    return f"{environment.catalog}.{names.WHEEL_SCHEMA}.{names.WHEEL_VOLUME}"


def _of_people(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """People read wherever they are let in. They write where settings let data scientists write: in dev."""
    catalog = environment.catalog
    for group in people(environment):
        yield Grant(group, "catalog", catalog, ("BROWSE", "USE_CATALOG", "USE_SCHEMA"), "find what there is")
        yield Grant(group, "catalog", catalog, ("SELECT",), "read data, predictions, inference and metric tables")
        files = "read files as they landed, predictions as files, and the code of the jobs"
        yield Grant(group, "catalog", catalog, ("READ_VOLUME",), files)
        yield Grant(group, "catalog", catalog, ("EXECUTE",), "load model versions to examine and compare them")
        if environment.access.data_scientists == "write":
            yield Grant(group, "catalog", catalog, ("CREATE_SCHEMA",), "have schemas of their own for trials")
            for schema in schemas(environment, models):
                yield from _where_people_write(group, schema)


def _where_people_write(group: str, schema: str) -> Iterator[Grant]:
    yield Grant(
        group,
        "schema",
        schema,
        ("CREATE_FUNCTION", "CREATE_MODEL", "CREATE_TABLE", "CREATE_VOLUME"),
        "develop tables, functions and models next to those of the jobs",
    )
    yield Grant(group, "schema", schema, ("MODIFY", "WRITE_VOLUME"), "prepare and mend data that is only for trials")
    yield Grant(group, "schema", schema, ("APPLY_TAG",), "annotate what they develop")


def _of_approvers(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """ML engineers approve versions, by a tag, where a model's settings ask for it; they may change nothing else.

    Unity Catalog has no narrower privilege than on all tags of the model and its versions; a governed tag would have.
    """
    for model in models:
        if environment.approval_of(model):
            registered = names.registered_model(environment, model)
            why = "approve or reject versions before they are deployed"
            yield Grant(environment.groups.ml_engineers, "registered_model", registered, ("APPLY_TAG",), why)


def _of_platform(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """Who deploys owns catalog and schemas, which lets him manage, but neither read nor alter what jobs own below them.

    Terraform alters a table whenever anything of it changes, for it sets the properties then; that takes MODIFY, which
    is of no use without SELECT.
    """
    platform, location = environment.groups.platform_engineers, names.storage(environment)
    yield Grant(platform, "external_location", location, ("BROWSE",), "see where the catalog keeps its data")
    for model in models:
        schema = names.model_schema(environment, model)
        yield Grant(platform, "schema", schema, ("SELECT",), "monitors and dashboards read as who deployed them")
        yield Grant(platform, "schema", schema, ("EXECUTE",), "endpoints load model versions as who deployed them")
    read = {names.model_schema(environment, model) for model in models}
    for schema in schemas(environment, models):
        altering = ("MODIFY",) if schema in read else ("MODIFY", "SELECT")
        yield Grant(platform, "schema", schema, altering, "alter the jobs' tables when their contracts change")


def _of_producers(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """Feeds put files into the landing volumes, see what they put there, and nothing else."""
    producers = environment.groups.data_producers
    for model in models:
        schema = f"{environment.catalog}.{model.sources.schema_name}"
        yield Grant(producers, "catalog", environment.catalog, ("USE_CATALOG",), "reach the landing volume")
        yield Grant(producers, "schema", schema, ("USE_SCHEMA",), "reach the landing volume")
        volume = landing_volume(environment, model)
        yield Grant(producers, "volume", volume, ("READ_VOLUME", "WRITE_VOLUME"), "land files and see that they came")


def _of_jobs(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """The jobs' service principal owns its tables and registered models, so that it needs no privilege on them."""
    jobs = names.service_principal(environment)
    wheels = f"{environment.catalog}.{names.WHEEL_SCHEMA}"
    yield Grant(jobs, "catalog", environment.catalog, ("USE_CATALOG",), "reach what it owns")
    yield Grant(jobs, "schema", wheels, ("USE_SCHEMA",), "reach its code")
    yield Grant(jobs, "volume", wheel_volume(environment), ("READ_VOLUME",), "install its code")
    for schema in schemas(environment, models):
        yield Grant(jobs, "schema", schema, ("USE_SCHEMA",), "reach what it owns")
    for model in models:
        schema = names.model_schema(environment, model)
        yield Grant(jobs, "volume", landing_volume(environment, model), ("READ_VOLUME",), "ingest what landed")
        if model.streaming:
            volume = names.checkpoint_volume(environment, model)
            yield Grant(jobs, "volume", volume, ("READ_VOLUME", "WRITE_VOLUME"), "keep how far streams have read")
        if files := model.batch.sinks.files:
            volume = names.prediction_volume(environment, model, files)
            yield Grant(jobs, "volume", volume, ("READ_VOLUME", "WRITE_VOLUME"), "write predictions as files")
        # mlflow.register_model asks to create the model first and goes on when told that it exists: Unity Catalog
        # says so only to those who might have created it.
        yield Grant(jobs, "schema", schema, ("CREATE_MODEL",), "register model versions")
        yield Grant(jobs, "schema", schema, ("CREATE_FUNCTION",), "make the functions of on-demand features")
        tables = "publish tables to the online store"
        tables += ", keep the rows that trials of the baseline read" if environment.explores else ""
        yield Grant(jobs, "schema", schema, ("CREATE_TABLE",), tables)
        # The monitor and the endpoint make these tables, not the jobs; they need not exist when this is granted.
        yield Grant(jobs, "schema", schema, ("SELECT",), "evaluate alerts on metric tables, monitor inference tables")


def _of_visitor(visitor: Environment, environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """Another environment's jobs read what their settings name, by the read-only binding of their workspace."""
    jobs, catalog = names.service_principal(visitor), environment.catalog
    snapshot, compare = visitor.snapshot_of == environment.name, visitor.compares_with == environment.name
    yield Grant(jobs, "catalog", catalog, ("USE_CATALOG",), f"reach what {visitor.name} copies or compares with")
    of_models = {names.model_schema(environment, model) for model in models}
    for schema in schemas(environment, models):
        if snapshot or schema in of_models:
            yield Grant(jobs, "schema", schema, ("USE_SCHEMA",), f"reach what {visitor.name} copies or compares with")
        if snapshot:
            yield Grant(jobs, "schema", schema, ("SELECT",), f"copy tables into {visitor.name}, as its snapshot")
        if compare and schema in of_models:
            yield Grant(jobs, "schema", schema, ("EXECUTE",), f"compare models of {visitor.name} with the Champion")
