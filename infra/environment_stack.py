"""All that one environment is: the same class makes dev, staging and prod, which differ by settings alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf import TerraformStack
from cdktf_cdktf_provider_databricks.provider import DatabricksProvider
from constructs import Construct

from environments.settings import Account, Environment, Model
from infra.foundation import read_foundation
from infra.resources.catalog import add_catalog
from infra.resources.grants import add_grants
from infra.resources.jobs import add_jobs
from infra.resources.mlflow import add_experiment, add_experiment_folder, add_registered_model
from infra.resources.serving import add_endpoint
from infra.resources.tables import add_tables
from infra.resources.warehouse import add_warehouse
from infra.resources.wheel_file import add_wheel
from infra.state import add_backend
from infra.wheel import Wheel


class EnvironmentStack(TerraformStack):
    """The stack of an environment; its id is the environment's name."""

    def __init__(
        self,
        app: Construct,
        account: Account,
        environments: Mapping[str, Environment],
        environment: Environment,
        models: Sequence[Model],
        wheel: Wheel,
    ) -> None:
        super().__init__(app, environment.name)
        add_backend(self, environment.name, environment.state)
        foundation = read_foundation(self, account, environments, environment, models)
        # The profile brings the credentials; the host is said here, so that it cannot be another's workspace.
        DatabricksProvider(self, "databricks", host=foundation.workspace_url, profile=environment.profile)

        jobs = foundation.jobs
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
