"""Every name that two parts must agree on, as functions of settings: what Terraform creates, pipelines use."""

from __future__ import annotations

from environments.settings import Environment, Model

WHEEL_SCHEMA = "artifacts"
WHEEL_VOLUME = "wheels"
WHEEL_DISTRIBUTION = "understudy"


def source_table(environment: Environment, model: Model, table: str) -> str:
    """Full name of a bronze table, such as `staging.flights.weather`."""
    return f"{environment.catalog}.{model.sources.schema_name}.{table}"


def landing_path(environment: Environment, model: Model) -> str:
    """Where files land, such as `/Volumes/staging/flights/landing`; each source table has a folder there."""
    return f"/Volumes/{environment.catalog}/{model.sources.schema_name}/{model.sources.landing_volume}"


def feature_table(environment: Environment, model: Model, table: str) -> str:
    """Full name of a feature table."""
    return f"{environment.catalog}.{model.schema_name}.{table}"


def prediction_table(environment: Environment, model: Model) -> str:
    """Full name of the table that batch inference writes."""
    return f"{environment.catalog}.{model.schema_name}.{model.batch.table}"


def registered_model(environment: Environment, model: Model) -> str:
    """Full name of the registered model in Unity Catalog."""
    return f"{environment.catalog}.{model.schema_name}.{model.name}"


def experiment(environment: Environment, model: Model) -> str:
    """Workspace path of the MLflow experiment."""
    return f"/Shared/understudy/{environment.name}-{model.name}"


def endpoint(environment: Environment, model: Model) -> str:
    """Name of the serving endpoint."""
    return f"{environment.name}-{model.name.replace('_', '-')}"


def job(environment: Environment, model: Model, purpose: str) -> str:
    """Name of a job: `purpose` is data, training or batch-inference."""
    return f"{environment.name}-{model.name.replace('_', '-')}-{purpose}"


def service_principal(environment: Environment) -> str:
    """Display name of the identity that the environment's jobs run as."""
    return f"understudy-{environment.name}-jobs"


def warehouse(environment: Environment) -> str:
    """Name of the SQL warehouse."""
    return f"understudy-{environment.name}"
