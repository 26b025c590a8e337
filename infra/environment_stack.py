"""All that one environment is: the same class makes dev, staging and prod, which differ by settings alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf import TerraformStack
from constructs import Construct

from environments import names
from environments.settings import Account, Environment, Model
from infra.access import reached_by
from infra.databricks import add_databricks
from infra.foundation import read_foundation
from infra.resources.alerts import add_alerts
from infra.resources.catalog import add_catalog, add_readers
from infra.resources.cluster_policy import add_cluster_policy
from infra.resources.dashboards import add_dashboard
from infra.resources.grants import add_grants
from infra.resources.jobs import add_jobs
from infra.resources.mlflow import add_experiment, add_folder, add_registered_model
from infra.resources.monitors import add_monitor
from infra.resources.notifications import add_destinations
from infra.resources.online_store import add_online_store
from infra.resources.permissions import AccessLists
from infra.resources.secrets import add_secret_scope
from infra.resources.serving import add_endpoint
from infra.resources.storage import add_storage
from infra.resources.tables import add_tables, contracts
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
        add_databricks(self, environment.profile, foundation.workspace_url)

        jobs = foundation.jobs
        access = AccessLists(environment, models, jobs, foundation.retrain_principals)
        location = add_storage(self, environment, foundation)
        online_store = add_online_store(self, environment)
        catalog = add_catalog(self, environment, models, foundation.storage_url, [location, online_store])
        add_readers(self, environment, catalog, foundation.reader_workspace_ids)
        registered = {
            names.registered_model(environment, model): add_registered_model(self, environment, model, jobs, catalog)
            for model in models
        }
        everywhere, ids = list(environments.values()), foundation.application_ids
        grants = add_grants(self, environment, models, everywhere, ids, location, catalog, registered)
        file = add_wheel(self, environment, wheel, catalog)
        add_cluster_policy(self, environment, access)
        add_secret_scope(self, names.secret_scope(environment), access)
        if environment.snapshot_of:
            add_secret_scope(self, names.mask_scope(environment), access, "masks")
        warehouse = add_warehouse(self, environment, access)
        tables = add_tables(self, environment, models, catalog, jobs, warehouse)
        destinations = add_destinations(self, environment, models, foundation.retrain_urls)
        folder = add_folder(self, access)
        for model in models:
            experiment = add_experiment(self, environment, model, access, folder)
            endpoint = add_endpoint(self, environment, model, access, catalog, foundation.budget_policy_id)
            own_tables = [tables[name] for name in contracts(environment, model)]
            own_grants = [grants[name] for name in reached_by(environment, model)]
            log = tables[names.inference_log(environment, model)]
            # A monitor reads the log the moment it exists, as who deploys: by a grant.
            monitor = add_monitor(self, environment, model, warehouse, [log, folder, *own_grants])
            # Alerts and dashboards read the tables that come with the monitor.
            add_alerts(self, environment, model, jobs, access, warehouse, destinations, [monitor])
            add_dashboard(self, environment, model, access, warehouse, [monitor])
            # A schedule may start a job the moment it exists: all that it uses must be there.
            of_model = registered[names.registered_model(environment, model)]
            needed = [*own_grants, file, *own_tables, *experiment, of_model, *endpoint]
            add_jobs(self, environment, model, wheel, jobs, access, foundation.budget_policy_id, needed)
