"""All that one environment is: the same class makes dev, staging and prod, which differ by settings alone."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import LocalBackend, TerraformStack
from cdktf_cdktf_provider_databricks.provider import DatabricksProvider
from constructs import Construct

from environments.settings import Environment, Model
from infra.resources.catalog import add_catalog
from infra.resources.grants import add_grants
from infra.resources.identity import add_service_principal
from infra.resources.jobs import add_jobs
from infra.resources.mlflow import add_experiment, add_experiment_folder, add_registered_model
from infra.resources.serving import add_endpoint
from infra.resources.tables import add_tables
from infra.resources.warehouse import add_warehouse
from infra.resources.wheel_file import add_wheel
from infra.wheel import Wheel


class EnvironmentStack(TerraformStack):
    """The stack of an environment; its id is the environment's name."""

    def __init__(self, app: Construct, environment: Environment, models: Sequence[Model], wheel: Wheel) -> None:
        super().__init__(app, environment.name)
        # Relative to the stack's folder, cdktf.out/stacks/<name>: the same JSON in every checkout.
        LocalBackend(self, path=f"../../../terraform.{environment.name}.tfstate")
        DatabricksProvider(self, "databricks", profile=environment.profile)

        jobs = add_service_principal(self, environment)
        catalog = add_catalog(self, environment, models)
        grants = add_grants(self, environment, models, catalog, jobs)
        file = add_wheel(self, environment, wheel, catalog)
        warehouse = add_warehouse(self, environment, jobs)
        tables = add_tables(self, environment, models, catalog, jobs, warehouse)
        folder = add_experiment_folder(self)
        for model in models:
            experiment = add_experiment(self, environment, model, jobs, folder)
            registered = add_registered_model(self, environment, model, jobs, catalog)
            endpoint = add_endpoint(self, environment, model, jobs)
            # A schedule may start a job the moment it exists: all that it uses must be there.
            needed = [*grants, file, *tables, *experiment, registered, *endpoint]
            add_jobs(self, environment, model, wheel, jobs, needed)
