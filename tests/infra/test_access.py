"""Who may do what, as the access functions say it and as the synthesized stacks carry it out."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.service.catalog import Privilege

from environments import names
from environments.settings import ENVIRONMENTS, load_environment, load_model, model_names
from infra.access import grants
from infra.object_access import object_access

READING = {"BROWSE", "EXECUTE", "READ_VOLUME", "SELECT", "USE_CATALOG", "USE_SCHEMA"}
WRITING = {privilege.value for privilege in Privilege} - READING
MODELS = [load_model(name) for name in model_names()]
PEOPLE = ("data-scientists", "ml-engineers")


def held(environment: str, principal: str, securable: str) -> set[str]:
    """Privileges on a securable, with those inherited from its schema and catalog."""
    return {
        privilege
        for grant in grants(load_environment(environment), MODELS)
        if grant.principal == principal and f"{securable}.".startswith(f"{grant.securable}.")
        for privilege in grant.privileges
    }


def all_held(environment: str, principal: str) -> set[str]:
    return {p for g in grants(load_environment(environment), MODELS) if g.principal == principal for p in g.privileges}


@pytest.mark.parametrize("environment", ["staging", "prod"])
@pytest.mark.parametrize("people", PEOPLE)
def test_people_hold_no_privilege_that_writes_in_staging_and_prod(environment: str, people: str) -> None:
    assert all_held(environment, people) & WRITING == set()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("people", PEOPLE)
def test_people_read_data_and_load_models_everywhere(environment: str, people: str) -> None:
    assert held(environment, people, f"{environment}.flight_delay.flight_delay") >= READING
    assert "READ_VOLUME" in held(environment, people, f"{environment}.flights.landing")


def test_data_scientists_write_in_dev_but_not_the_code_of_its_jobs() -> None:
    assert {"MODIFY", "CREATE_TABLE", "CREATE_MODEL"} <= held("dev", "data-scientists", "dev.flight_delay")
    assert "CREATE_SCHEMA" in held("dev", "data-scientists", "dev")
    assert not {"WRITE_VOLUME", "MODIFY"} & held("dev", "data-scientists", "dev.artifacts.wheels")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_feeds_write_landing_volumes_only(environment: str) -> None:
    assert "WRITE_VOLUME" in held(environment, "data-producers", f"{environment}.flights.landing")
    assert all_held(environment, "data-producers") == {"READ_VOLUME", "USE_CATALOG", "USE_SCHEMA", "WRITE_VOLUME"}
    assert held(environment, "data-producers", f"{environment}.flights.flights") == {"USE_CATALOG", "USE_SCHEMA"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_jobs_hold_the_least_that_they_need(environment: str) -> None:
    jobs = names.service_principal(load_environment(environment))
    assert all_held(environment, jobs) == {"CREATE_MODEL", "READ_VOLUME", "USE_CATALOG", "USE_SCHEMA"}
    assert "CREATE_MODEL" not in held(environment, jobs, f"{environment}.flights")


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_data_scientists_only_look_at_workspace_objects_of_staging_and_prod(environment: str) -> None:
    levels = {
        kind: dict(object_access(load_environment(environment), kind))["data-scientists"]
        for kind in ("job", "experiment", "endpoint", "warehouse")
    }
    assert levels == {"job": "CAN_VIEW", "experiment": "CAN_READ", "endpoint": "CAN_VIEW", "warehouse": "CAN_VIEW"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_stack_grants_exactly_what_the_function_says(name: str, stacks: dict[str, Any]) -> None:
    environment = load_environment(name)
    written = set()
    for resource in stacks[name]["resource"]["databricks_grants"].values():
        kind = next(kind for kind in ("catalog", "schema", "volume") if kind in resource)
        for grant in resource["grant"]:
            principal = grant["principal"].replace(
                "${databricks_service_principal.jobs.application_id}", names.service_principal(environment)
            )
            written.add((principal, kind, resource[kind], tuple(grant["privileges"])))
    said = {(g.principal, g.kind, g.securable, g.privileges) for g in grants(environment, MODELS)}
    assert written == said


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_job_endpoint_experiment_and_warehouse_has_an_access_list(name: str, stacks: dict[str, Any]) -> None:
    resources = stacks[name]["resource"]
    listed = {
        value
        for permission in resources["databricks_permissions"].values()
        for key, value in permission.items()
        if key.endswith("_id")
    }
    for kind, field in (
        ("databricks_job", "id"),
        ("databricks_mlflow_experiment", "id"),
        ("databricks_model_serving", "serving_endpoint_id"),
        ("databricks_sql_endpoint", "id"),
    ):
        for key in resources[kind]:
            assert f"${{{kind}.{key}.{field}}}" in listed
