"""What Terraform refuses to destroy, as `make plan` reads it from the stacks: in prod, and nowhere else."""

from __future__ import annotations

from environments.settings import ENVIRONMENTS, load_environment
from infra.plan.protection import protection
from tests.infra.synthesis import Stacks

# Whatever holds data or models, or is the way to them. Jobs, grants, endpoints come again from settings alone.
PROTECTED = (
    "databricks_catalog",
    "databricks_external_location",
    "databricks_online_store",
    "databricks_registered_model",
    "databricks_schema",
    "databricks_sql_table",
    "databricks_storage_credential",
    "databricks_volume",
)
# The wheels come again with the next deployment.
NOT_DATA = {"databricks_volume.volume-artifacts-wheels"}


def test_exactly_what_holds_data_is_protected_where_the_settings_say_so(stacks: Stacks) -> None:
    for name in ENVIRONMENTS:
        resources = stacks[name]["resource"]
        holding = {f"{type_}.{key}" for type_ in PROTECTED for key in resources[type_]} - NOT_DATA
        assert protection(stacks[name]).addresses == (holding if load_environment(name).protected else set()), name


def test_the_identity_of_a_protected_environment_is_protected_in_the_account(stacks: Stacks) -> None:
    protected = [name for name in ENVIRONMENTS if load_environment(name).protected]
    assert protected == ["prod"]
    assert protection(stacks["account"]).addresses == {"databricks_service_principal.jobs-prod"}
