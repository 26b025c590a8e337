"""Who may do what: one pure function from settings to grants. Constructs, tests and documents all read it.

Grants are in Unity Catalog, where a privilege on a catalog or schema holds for everything below it. So reading is
granted once, on the catalog; writing only on the schemas and volumes that a principal may write. Nobody but Terraform
writes to the volume of wheels: who can change the code of the jobs can do whatever their service principal may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from environments import names
from environments.settings import Environment, Model

Kind = Literal["catalog", "schema", "volume"]

READ = ("BROWSE", "EXECUTE", "READ_VOLUME", "SELECT", "USE_CATALOG", "USE_SCHEMA")
WRITE = (
    "APPLY_TAG",
    "CREATE_FUNCTION",
    "CREATE_MODEL",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "MODIFY",
    "WRITE_VOLUME",
)


@dataclass(frozen=True)
class Grant:
    """Privileges of a principal on a securable. A service principal is named by its display name."""

    principal: str
    kind: Kind
    securable: str
    privileges: tuple[str, ...]


def grants(environment: Environment, models: Iterable[Model]) -> list[Grant]:
    """All grants of an environment, at most one for each principal and securable, in a fixed order."""
    models = list(models)
    found: dict[tuple[str, str, str], Grant] = {}
    for grant in (
        *_of_people(environment, models),
        *_of_producers(environment, models),
        *_of_jobs(environment, models),
    ):
        key = (grant.kind, grant.securable, grant.principal)
        before = found[key].privileges if key in found else ()
        privileges = tuple(sorted({*before, *grant.privileges}))
        found[key] = Grant(grant.principal, grant.kind, grant.securable, privileges)
    return [found[key] for key in sorted(found)]


def schemas(environment: Environment, models: Iterable[Model]) -> list[str]:
    """Full names of the schemas that hold data and models; the wheels' schema is not among them."""
    used = {name for model in models for name in (model.sources.schema_name, model.schema_name)}
    return [f"{environment.catalog}.{name}" for name in sorted(used)]


def landing_volume(environment: Environment, model: Model) -> str:
    """Full name of the volume where the model's source files land."""
    return f"{environment.catalog}.{model.sources.schema_name}.{model.sources.landing_volume}"


def wheel_volume(environment: Environment) -> str:
    """Full name of the volume of wheels."""
    return f"{environment.catalog}.{names.WHEEL_SCHEMA}.{names.WHEEL_VOLUME}"


def _of_people(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """People read everywhere. They write where the environment's settings let data scientists write: in dev."""
    groups = environment.groups
    for people in (groups.data_scientists, groups.ml_engineers):
        yield Grant(people, "catalog", environment.catalog, READ)
        if environment.access.data_scientists == "write":
            yield Grant(people, "catalog", environment.catalog, ("CREATE_SCHEMA",))
            for schema in schemas(environment, models):
                yield Grant(people, "schema", schema, WRITE)


def _of_producers(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """Feeds put files into the landing volumes, see what they put there, and nothing else."""
    producers = environment.groups.data_producers
    for model in models:
        yield Grant(producers, "catalog", environment.catalog, ("USE_CATALOG",))
        yield Grant(producers, "schema", f"{environment.catalog}.{model.sources.schema_name}", ("USE_SCHEMA",))
        yield Grant(producers, "volume", landing_volume(environment, model), ("READ_VOLUME", "WRITE_VOLUME"))


def _of_jobs(environment: Environment, models: list[Model]) -> Iterator[Grant]:
    """The jobs' service principal owns its tables and registered models, so that it needs no privilege on them."""
    jobs = names.service_principal(environment)
    yield Grant(jobs, "catalog", environment.catalog, ("USE_CATALOG",))
    yield Grant(jobs, "schema", f"{environment.catalog}.{names.WHEEL_SCHEMA}", ("USE_SCHEMA",))
    yield Grant(jobs, "volume", wheel_volume(environment), ("READ_VOLUME",))
    for schema in schemas(environment, models):
        yield Grant(jobs, "schema", schema, ("USE_SCHEMA",))
    for model in models:
        yield Grant(jobs, "volume", landing_volume(environment, model), ("READ_VOLUME",))
        # mlflow.register_model asks to create the model first and goes on when told that it exists: Unity Catalog
        # says so only to those who might have created it.
        yield Grant(jobs, "schema", f"{environment.catalog}.{model.schema_name}", ("CREATE_MODEL",))
