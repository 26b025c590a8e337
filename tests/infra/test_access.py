"""Who may do what, as the access functions say it and as the synthesized stacks carry it out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from databricks.sdk.service.catalog import Privilege

from environments import names
from environments.settings import ENVIRONMENTS, Environment, load_environment, load_model, model_names
from infra.access import Grant, grants, people
from infra.access_matrix import access_matrix
from infra.account_access import account_access
from infra.azure.names import retrain_identity
from infra.object_access import object_access
from infra.workspace_access import readers

READING = {"BROWSE", "EXECUTE", "READ_VOLUME", "SELECT", "USE_CATALOG", "USE_SCHEMA"}
WRITING = {privilege.value for privilege in Privilege} - READING
LOOKING = {"CAN_READ", "CAN_VIEW"}
MODELS = [load_model(name) for name in model_names()]
ALL = [load_environment(name) for name in ENVIRONMENTS]
PEOPLE = ("data-scientists", "ml-engineers")
IN_UNITY_CATALOG = {
    "external_location": "external_location",
    "catalog": "catalog",
    "schema": "schema",
    "volume": "volume",
    "model": "registered_model",
}
# The attribute by which a resource of permissions names its object, and the resource and attribute that it refers to.
OBJECTS = {
    "job_id": ("databricks_job", "id", "name"),
    "experiment_id": ("databricks_mlflow_experiment", "id", "name"),
    "serving_endpoint_id": ("databricks_model_serving", "serving_endpoint_id", "name"),
    "sql_endpoint_id": ("databricks_sql_endpoint", "id", "name"),
    "dashboard_id": ("databricks_dashboard", "id", "display_name"),
    "alert_v2_id": ("databricks_alert_v2", "id", "display_name"),
    "cluster_policy_id": ("databricks_cluster_policy", "id", "name"),
    "directory_id": ("databricks_directory", "object_id", "path"),
}


def held(environment: str, principal: str, securable: str) -> set[str]:
    """Privileges on a securable, with those inherited from its schema and catalog."""
    return {
        privilege
        for grant in grants(load_environment(environment), MODELS, ALL)
        if grant.principal == principal and f"{securable}.".startswith(f"{grant.securable}.")
        for privilege in grant.privileges
    }


def all_held(environment: str, principal: str) -> set[str]:
    found = grants(load_environment(environment), MODELS, ALL)
    return {p for g in found if g.principal == principal for p in g.privileges}


def levels(environment: str, principal: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for grant in object_access(load_environment(environment), MODELS):
        if grant.principal == principal:
            found.setdefault(grant.kind, set()).update(grant.privileges)
    return found


def display_name(environment: Environment, reference: str) -> str:
    """The principal that a stack names by an output of the stacks below."""
    for other in ALL:
        if f".service_principals.{other.name}." in reference:
            return names.service_principal(other)
    for model in MODELS:
        if reference.endswith(f"retrain_principals.{model.name}}}"):
            return retrain_identity(environment, model)
    assert "${" not in reference, reference
    return reference


def merged(matrix: list[Grant]) -> dict[tuple[str, str, str], set[str]]:
    found: dict[tuple[str, str, str], set[str]] = {}
    for grant in matrix:
        found.setdefault((grant.principal, grant.kind, grant.securable), set()).update(grant.privileges)
    return found


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_privilege_is_held_once_and_for_a_reason(name: str) -> None:
    matrix = access_matrix(load_environment(name), MODELS, ALL)
    assert all(grant.why and grant.privileges for grant in matrix)
    counted = Counter((g.principal, g.kind, g.securable, p) for g in matrix for p in g.privileges)
    assert {key for key, times in counted.items() if times > 1} == set()


@pytest.mark.parametrize("environment", ["staging", "prod"])
@pytest.mark.parametrize("people", PEOPLE)
def test_people_hold_no_privilege_that_writes_in_staging_and_prod(environment: str, people: str) -> None:
    approving = {"APPLY_TAG"} if (environment, people) == ("prod", "ml-engineers") else set()
    assert all_held(environment, people) & WRITING == approving


def test_ml_engineers_alone_approve_and_only_where_the_model_asks_for_it() -> None:
    for name in ENVIRONMENTS:
        environment = load_environment(name)
        for model in MODELS:
            asked = environment.approval_of(model) is not None
            on = [
                g for g in grants(environment, MODELS, ALL) if g.securable == names.registered_model(environment, model)
            ]
            approvers = [(grant.principal, grant.kind, grant.privileges) for grant in on]
            assert approvers == ([("ml-engineers", "registered_model", ("APPLY_TAG",))] if asked else [])
    model = load_model("flight_delay")
    assert "APPLY_TAG" not in held("prod", "data-scientists", names.registered_model(load_environment("prod"), model))
    assert "APPLY_TAG" not in held("prod", "ml-engineers", names.prediction_table(load_environment("prod"), model))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("people", PEOPLE)
def test_people_read_data_and_load_models_everywhere(environment: str, people: str) -> None:
    settings = load_environment(environment)
    for model in MODELS:
        for securable in (
            names.registered_model(settings, model),
            names.inference_table(settings, model),
            names.inference_log(settings, model),
            names.infrastructure_metrics(settings, model),
            names.profile_metrics(settings, model),
            names.drift_metrics(settings, model),
        ):
            assert held(environment, people, securable) >= READING
    assert "READ_VOLUME" in held(environment, people, f"{environment}.flights.landing")


def test_data_scientists_write_in_dev_but_not_the_code_of_its_jobs() -> None:
    assert {"MODIFY", "CREATE_TABLE", "CREATE_MODEL"} <= held("dev", "data-scientists", "dev.flight_delay")
    assert "CREATE_SCHEMA" in held("dev", "data-scientists", "dev")
    assert not {"WRITE_VOLUME", "MODIFY"} & held("dev", "data-scientists", "dev.artifacts.wheels")


def test_nobody_reaches_storage_by_paths() -> None:
    for name in ENVIRONMENTS:
        on_storage = [g for g in grants(load_environment(name), MODELS, ALL) if g.kind == "external_location"]
        assert [(grant.principal, grant.privileges) for grant in on_storage] == [("platform-engineers", ("BROWSE",))]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_deploys_reads_what_monitors_and_endpoints_read_and_alters_tables(environment: str) -> None:
    assert all_held(environment, "platform-engineers") == {"BROWSE", "EXECUTE", "MODIFY", "SELECT"}
    assert held(environment, "platform-engineers", f"{environment}.flight_delay") == {"EXECUTE", "MODIFY", "SELECT"}
    assert held(environment, "platform-engineers", f"{environment}.flights") == {"MODIFY", "SELECT"}
    assert not held(environment, "platform-engineers", f"{environment}.artifacts")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_feeds_write_landing_volumes_only(environment: str) -> None:
    assert "WRITE_VOLUME" in held(environment, "data-producers", f"{environment}.flights.landing")
    assert all_held(environment, "data-producers") == {"READ_VOLUME", "USE_CATALOG", "USE_SCHEMA", "WRITE_VOLUME"}
    assert held(environment, "data-producers", f"{environment}.flights.flights") == {"USE_CATALOG", "USE_SCHEMA"}
    assert levels(environment, "data-producers") == {}


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_people_read_predictions_as_files_and_only_jobs_write_them(environment: str) -> None:
    volume = f"{environment}.flight_delay.exports"
    for group in ("data-scientists", "ml-engineers"):
        assert "READ_VOLUME" in held(environment, group, volume)
    settings = load_environment(environment)
    everybody = {grant.principal for grant in access_matrix(settings, MODELS, ALL)}
    writers = {principal for principal in everybody if "WRITE_VOLUME" in held(environment, principal, volume)}
    assert writers == {names.service_principal(settings)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_jobs_hold_the_least_that_they_need(environment: str) -> None:
    jobs = names.service_principal(load_environment(environment))
    creating = {"CREATE_FUNCTION", "CREATE_MODEL", "CREATE_TABLE"}
    volumes = {"READ_VOLUME", "WRITE_VOLUME"}
    assert all_held(environment, jobs) == {*creating, *volumes, "SELECT", "USE_CATALOG", "USE_SCHEMA"}
    assert not {*creating, "SELECT"} & held(environment, jobs, f"{environment}.flights")
    assert "WRITE_VOLUME" not in held(environment, jobs, f"{environment}.flights.landing")
    assert held(environment, jobs, f"{environment}.flight_delay.exports") >= volumes
    assert levels(environment, jobs) == {
        "job": {"CAN_VIEW"},
        "experiment": {"CAN_EDIT"},
        "endpoint": {"CAN_MANAGE"},
        "warehouse": {"CAN_USE"},
        "cluster_policy": {"CAN_USE"},
        "secret_scope": {"READ", "WRITE"} if environment == "dev" else {"READ"},
    }


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_data_scientists_only_look_at_workspace_objects_of_staging_and_prod(environment: str) -> None:
    held_there = levels(environment, "data-scientists")
    assert held_there.keys() == {"alert", "dashboard", "endpoint", "experiment", "folder", "job", "warehouse"}
    assert set().union(*held_there.values()) == LOOKING


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_ml_engineers_run_what_is_released_and_change_nothing(environment: str) -> None:
    held_there = levels(environment, "ml-engineers")
    assert held_there["job"] == {"CAN_MANAGE_RUN"}
    assert not {"cluster_policy", "secret_scope"} & held_there.keys()
    assert set().union(*held_there.values()) == {"CAN_MANAGE_RUN", "CAN_QUERY", "CAN_READ", "CAN_RUN", "CAN_USE"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_alert_may_start_the_training_and_nothing_else(environment: str) -> None:
    settings = load_environment(environment)
    for model in MODELS:
        principal = retrain_identity(settings, model)
        mine = [grant for grant in access_matrix(settings, MODELS, ALL) if grant.principal == principal]
        job = names.job(settings, model, "training")
        assert [(g.kind, g.securable, g.privileges) for g in mine] == [("job", job, ("CAN_MANAGE_RUN",))]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_stack_grants_exactly_what_the_function_says(name: str, stacks: dict[str, Any]) -> None:
    environment = load_environment(name)
    written = {}
    for resource in stacks[name]["resource"]["databricks_grants"].values():
        (attribute,) = [attribute for attribute in IN_UNITY_CATALOG if attribute in resource]
        kind = IN_UNITY_CATALOG[attribute]
        for grant in resource["grant"]:
            principal = display_name(environment, grant["principal"])
            assert (principal, kind, resource[attribute]) not in written
            written[principal, kind, resource[attribute]] = set(grant["privileges"])
    assert written == merged(grants(environment, MODELS, ALL))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_stack_permits_exactly_what_the_function_says(name: str, stacks: dict[str, Any]) -> None:
    environment, resources = load_environment(name), stacks[name]["resource"]
    kinds = dict(zip(OBJECTS, ("job", "experiment", "endpoint", "warehouse"), strict=False)) | {
        "dashboard_id": "dashboard",
        "alert_v2_id": "alert",
        "cluster_policy_id": "cluster_policy",
        "directory_id": "folder",
    }
    written: dict[tuple[str, str, str], set[str]] = {}
    for permissions in resources["databricks_permissions"].values():
        (attribute,) = [attribute for attribute in OBJECTS if attribute in permissions]
        type_, identifier, named = OBJECTS[attribute]
        (key,) = [key for key in resources[type_] if permissions[attribute] == f"${{{type_}.{key}.{identifier}}}"]
        for item in permissions["access_control"]:
            principal = display_name(environment, item.get("group_name") or item["service_principal_name"])
            written[principal, kinds[attribute], resources[type_][key][named]] = {item["permission_level"]}
    scopes = {
        f"${{databricks_secret_scope.{key}.name}}": scope["name"]
        for key, scope in resources["databricks_secret_scope"].items()
    }
    for acl in resources["databricks_secret_acl"].values():
        principal = display_name(environment, acl["principal"])
        written[principal, "secret_scope", scopes[acl["scope"]]] = {acl["permission"]}
    assert written == merged(object_access(environment, MODELS))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_account_gives_exactly_the_roles_that_the_function_says(name: str, stacks: dict[str, Any]) -> None:
    environment, resources = load_environment(name), stacks["account"]["resource"]
    ids = {
        f"servicePrincipals/${{databricks_service_principal.jobs-{name}.application_id}}": (
            "service_principal",
            names.service_principal(environment),
        ),
        f"budgetPolicies/${{databricks_budget_policy.budget-{name}.policy_id}}": (
            "budget_policy",
            names.budget_policy(environment),
        ),
    }
    written: dict[tuple[str, str, str], set[str]] = {}
    for rule_set in resources["databricks_access_control_rule_set"].values():
        account = "accounts/${data.databricks_current_config.account.account_id}/"
        path = rule_set["name"].removeprefix(account).removesuffix("/ruleSets/default")
        for rule in rule_set["grant_rules"] if path in ids else ():
            for principal in rule["principals"]:
                assert f"databricks_group.{principal.replace('groups/', 'group-')}" in rule_set["depends_on"]
                key = principal.removeprefix("groups/"), *ids[path]
                written.setdefault(key, set()).add(rule["role"].removeprefix("roles/"))
    assert written == merged(account_access(environment))


def test_who_deploys_and_nobody_else_may_let_jobs_run_as_their_service_principal_and_be_billed_by_their_policy() -> (
    None
):
    for environment in ALL:
        held_by = {(g.principal, p) for g in account_access(environment) for p in g.privileges}
        assert held_by == {
            (environment.groups.platform_engineers, role)
            for role in ("servicePrincipal.user", "budgetPolicy.user", "budgetPolicy.manager")
        }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_object_that_can_have_an_access_list_has_one(name: str, stacks: dict[str, Any]) -> None:
    resources = stacks[name]["resource"]
    for attribute, (type_, identifier, _) in OBJECTS.items():
        listed = [p[attribute] for p in resources["databricks_permissions"].values() if attribute in p]
        assert sorted(listed) == sorted(f"${{{type_}.{key}.{identifier}}}" for key in resources[type_])


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_catalog_is_isolated_and_read_from_where_the_settings_say(name: str, stacks: dict[str, Any]) -> None:
    environment, resources = load_environment(name), stacks[name]["resource"]
    assert [catalog["isolation_mode"] for catalog in resources["databricks_catalog"].values()] == ["ISOLATED"]
    for kind in ("databricks_storage_credential", "databricks_external_location"):
        assert [item["isolation_mode"] for item in resources[kind].values()] == ["ISOLATION_MODE_ISOLATED"]
    bound = [
        (binding["workspace_id"], binding["securable_type"], binding["binding_type"])
        for binding in resources.get("databricks_workspace_binding", {}).values()
    ]
    assert bound == [
        (
            f"${{data.terraform_remote_state.{reader.workspace}-workspace.outputs.workspace_id}}",
            "catalog",
            "BINDING_TYPE_READ_ONLY",
        )
        for reader in readers(environment)
    ]


def test_prod_is_read_from_the_workspace_of_dev_and_dev_from_nowhere_else() -> None:
    assert [reader.workspace for reader in readers(load_environment("prod"))] == ["dev"]
    assert readers(load_environment("dev")) == []


def without_data_scientists(environment: str) -> Environment:
    settings = load_environment(environment)
    return settings.model_copy(update={"access": settings.access.model_copy(update={"data_scientists": "none"})})


def test_the_jobs_of_dev_read_prod_for_snapshot_and_comparison_and_write_nothing_there() -> None:
    jobs, prod = names.service_principal(load_environment("dev")), load_environment("prod")
    assert all_held("prod", jobs) == {"EXECUTE", "SELECT", "USE_CATALOG", "USE_SCHEMA"}
    for model in MODELS:
        for table in model.snapshot.tables if model.snapshot else ():
            assert held("prod", jobs, names.copied_table(prod, model, table)) >= {"SELECT", "USE_SCHEMA", "USE_CATALOG"}
        assert "EXECUTE" in held("prod", jobs, names.registered_model(prod, model))
    assert held("prod", jobs, "prod.artifacts.wheels") == {"USE_CATALOG"}
    assert levels("prod", jobs) == {}
    assert all_held("staging", jobs) == set()


@pytest.mark.parametrize(("setting", "gone"), [("snapshot_of", "SELECT"), ("compares_with", "EXECUTE")])
def test_each_setting_brings_its_own_privilege(setting: str, gone: str) -> None:
    dev = load_environment("dev").model_copy(update={setting: None})
    found = [g for g in grants(load_environment("prod"), MODELS, [dev]) if g.principal == names.service_principal(dev)]
    assert gone not in {privilege for grant in found for privilege in grant.privileges}
    assert {grant.kind for grant in found} == {"catalog", "schema"}


def test_data_scientists_who_are_not_let_in_hold_nothing_and_others_what_they_did() -> None:
    before, after = load_environment("prod"), without_data_scientists("prod")
    kept = [g for g in access_matrix(before, MODELS, ALL) if g.principal != before.groups.data_scientists]
    assert access_matrix(after, MODELS, ALL) == kept
    assert people(after) == [after.groups.ml_engineers]


def test_nobody_but_the_jobs_reads_the_key_of_masks() -> None:
    dev = load_environment("dev")
    mine = [g for g in object_access(dev, MODELS) if g.securable == names.mask_scope(dev)]
    assert [(g.principal, g.privileges) for g in mine] == [(names.service_principal(dev), ("WRITE",))]
