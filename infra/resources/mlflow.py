"""Where a model's runs and versions are kept: its MLflow experiment and its registered model in Unity Catalog."""

from __future__ import annotations

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.directory import Directory
from cdktf_cdktf_provider_databricks.mlflow_experiment import MlflowExperiment
from cdktf_cdktf_provider_databricks.permissions import Permissions
from cdktf_cdktf_provider_databricks.registered_model import RegisteredModel
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.resources.catalog import CatalogResources
from infra.resources.identity import JobsIdentity
from infra.resources.permissions import access_control

EXPERIMENT_FOLDER = "/Shared/understudy"


def add_experiment_folder(scope: Construct) -> Directory:
    """Add the workspace folder of the experiments: an experiment's folder must exist before it."""
    return Directory(scope, "experiments", path=EXPERIMENT_FOLDER)


def add_experiment(
    scope: Construct, environment: Environment, model: Model, jobs: JobsIdentity, folder: Directory
) -> list[TerraformResource]:
    """Add the model's experiment and who may see and change its runs."""
    experiment = MlflowExperiment(
        scope, f"experiment-{model.name}", name=names.experiment(environment, model), depends_on=[folder]
    )
    permissions = Permissions(
        scope,
        f"experiment-{model.name}-permissions",
        experiment_id=experiment.id,
        access_control=access_control(environment, jobs, "experiment"),
    )
    return [experiment, permissions]


def add_registered_model(
    scope: Construct, environment: Environment, model: Model, jobs: JobsIdentity, catalog: CatalogResources
) -> RegisteredModel:
    """Add the registered model; its versions, tags and aliases are the pipelines' business, so they own it."""
    return RegisteredModel(
        scope,
        f"model-{model.name}",
        catalog_name=catalog.catalog.name,
        schema_name=catalog.schemas[f"{environment.catalog}.{model.schema_name}"].name,
        name=model.name,
        comment=model.description,
        owner=jobs.application_id,
    )
