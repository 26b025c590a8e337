"""Where a model's runs and versions are kept: its MLflow experiment and its registered model in Unity Catalog."""

from __future__ import annotations

from cdktf import TerraformResource, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_databricks.directory import Directory
from cdktf_cdktf_provider_databricks.mlflow_experiment import MlflowExperiment, MlflowExperimentTags
from cdktf_cdktf_provider_databricks.permissions import Permissions
from cdktf_cdktf_provider_databricks.registered_model import RegisteredModel
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.resources.catalog import CatalogResources
from infra.resources.identity import JobsIdentity
from infra.resources.permissions import AccessLists
from infra.resources.protection import protection
from infra.tags import tags


def add_folder(scope: Construct, access: AccessLists) -> Directory:
    """Add the workspace folder of experiments, dashboards and alerts, which must exist before them."""
    folder = Directory(scope, "folder", path=names.FOLDER)
    Permissions(
        scope,
        "folder-permissions",
        directory_id=Token.as_string(folder.object_id),
        access_control=access.access_control("folder", names.FOLDER),
    )
    return folder


def add_experiment(
    scope: Construct, environment: Environment, model: Model, access: AccessLists, folder: Directory
) -> list[TerraformResource]:
    """Add the model's experiment and who may see and change its runs."""
    experiment = MlflowExperiment(
        scope,
        f"experiment-{model.name}",
        name=names.experiment(environment, model),
        tags=[MlflowExperimentTags(key=key, value=value) for key, value in tags(environment, model).items()],
        # Databricks adds tags of its own, and an update sets none: each plan would show a change.
        lifecycle=TerraformResourceLifecycle(ignore_changes=["tags"]),
        depends_on=[folder],
    )
    permissions = Permissions(
        scope,
        f"experiment-{model.name}-permissions",
        experiment_id=experiment.id,
        access_control=access.access_control("experiment", names.experiment(environment, model)),
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
        schema_name=catalog.schemas[names.model_schema(environment, model)].name,
        name=model.name,
        comment=model.description,
        owner=jobs.application_id,
        lifecycle=protection(environment),
    )
