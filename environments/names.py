"""Every name that two parts must agree on, as functions of settings: what Terraform creates, pipelines use."""

from __future__ import annotations

from environments.model import PREDICTED
from environments.settings import Environment, Model
from environments.sinks import FilesSink
from environments.streaming import Streaming

WHEEL_SCHEMA = "artifacts"
WHEEL_VOLUME = "wheels"
WHEEL_DISTRIBUTION = "understudy"
CHECKPOINTS = "checkpoints"

# At the workspace's root: below /Shared, every user of the workspace may manage whatever lies there.
FOLDER = "/Understudy"

# The task that asks people, and the tag of a model version by which they answer. Databricks knows such tasks by their
# name's beginning: https://learn.microsoft.com/azure/databricks/mlflow/deployment-job
APPROVAL = "approval"


def model_schema(environment: Environment, model: Model) -> str:
    """Full name of the schema of the model's features, functions, predictions and versions."""
    return f"{environment.catalog}.{model.schema_name}"


def source_table(environment: Environment, model: Model, table: str) -> str:
    """Full name of a bronze table, such as `staging.flights.weather`."""
    return f"{environment.catalog}.{model.sources.schema_name}.{table}"


def ledger_table(environment: Environment, model: Model) -> str:
    """Full name of the table in which ingestion keeps account of the landed files that it took."""
    return f"{environment.catalog}.{model.sources.schema_name}.ingested_files"


def quarantine_table(environment: Environment, model: Model) -> str:
    """Full name of the table of landed rows that ingestion did not let in."""
    return f"{environment.catalog}.{model.sources.schema_name}.quarantined_rows"


def landing_path(environment: Environment, model: Model) -> str:
    """Where files land, such as `/Volumes/staging/flights/landing`; each source table has a folder there."""
    return f"/Volumes/{environment.catalog}/{model.sources.schema_name}/{model.sources.landing_volume}"


def feature_table(environment: Environment, model: Model, table: str) -> str:
    """Full name of a feature table."""
    return f"{model_schema(environment, model)}.{table}"


def training_tables(environment: Environment, model: Model) -> list[str]:
    """Full names of the tables that training reads: the label table and the feature tables."""
    return [
        source_table(environment, model, model.label_table),
        *(feature_table(environment, model, name) for name in model.feature_tables),
    ]


def copied_table(environment: Environment, model: Model, table: str) -> str:
    """Full name of a table that a snapshot may copy (`Model.copied`)."""
    of_the_model = table in model.feature_tables or table == model.batch.table
    return (feature_table if of_the_model else source_table)(environment, model, table)


def exploration_table(environment: Environment, model: Model) -> str:
    """Full name of the table of rows that the baseline was sought on; trials' scripts read it."""
    return f"{model_schema(environment, model)}.{model.name}_exploration_rows"


def online_table(environment: Environment, model: Model, table: str) -> str:
    """Full name of the copy in the online store of a feature table, or of the predictions."""
    return f"{feature_table(environment, model, table)}_online"


def prediction_table(environment: Environment, model: Model) -> str:
    """Full name of the table that batch inference writes."""
    return f"{model_schema(environment, model)}.{model.batch.table}"


def prediction_volume(environment: Environment, model: Model, sink: FilesSink) -> str:
    """Full name of the volume of the files that batch inference writes."""
    return f"{model_schema(environment, model)}.{sink.volume}"


def prediction_files(environment: Environment, model: Model, sink: FilesSink) -> str:
    """The folder of those files, such as `/Volumes/prod/flight_delay/exports/predictions`."""
    return f"/Volumes/{prediction_volume(environment, model, sink).replace('.', '/')}/{model.batch.table}"


def topic(environment: Environment, name: str) -> str:
    """Full name of a topic: several environments may share brokers."""
    return f"{environment.name}-{name}"


def streamed_table(environment: Environment, model: Model, streaming: Streaming) -> str:
    """Full name of the table of predictions that streaming inference writes."""
    return f"{model_schema(environment, model)}.{streaming.table}"


def requests_table(environment: Environment, model: Model, streaming: Streaming) -> str:
    """Full name of the table of records as they came from the topic."""
    return f"{streamed_table(environment, model, streaming)}_requests"


def dead_letters_table(environment: Environment, model: Model, streaming: Streaming) -> str:
    """Full name of the table of records that could not be scored."""
    return f"{streamed_table(environment, model, streaming)}_dead_letters"


def progress_table(environment: Environment, model: Model, streaming: Streaming) -> str:
    """Full name of the table that says how far streaming inference has come."""
    return f"{streamed_table(environment, model, streaming)}_progress"


def streaming_tables(environment: Environment, model: Model) -> list[str]:
    """Full names of all tables of the model's streaming inference."""
    kinds = (streamed_table, requests_table, dead_letters_table, progress_table)
    return [kind(environment, model, model.streaming) for kind in kinds] if model.streaming else []


def checkpoint_volume(environment: Environment, model: Model) -> str:
    """Full name of the volume where streams keep how far they have read."""
    return f"{model_schema(environment, model)}.{CHECKPOINTS}"


def checkpoint_path(environment: Environment, model: Model, stream: str) -> str:
    """Folder of a stream's checkpoint."""
    return f"/Volumes/{environment.catalog}/{model.schema_name}/{CHECKPOINTS}/{model.name}/{stream}"


def prediction_column(model: Model) -> str:
    """Column of the prediction table that foretells the label."""
    return f"{PREDICTED}{model.label}"


def inference_table_prefix(model: Model) -> str:
    """What the name of the endpoint's inference table begins with."""
    return f"{model.name}_endpoint"


def inference_table(environment: Environment, model: Model) -> str:
    """Full name of the table of the endpoint's requests and responses; `_payload` is the AI gateway's own ending."""
    return f"{model_schema(environment, model)}.{inference_table_prefix(model)}_payload"


def inference_log(environment: Environment, model: Model) -> str:
    """Full name of the table of all predictions with their truth, which the monitor watches."""
    return f"{model_schema(environment, model)}.inference_log"


def infrastructure_metrics(environment: Environment, model: Model) -> str:
    """Full name of the table of what the model's endpoint and jobs did hour by hour."""
    return f"{model_schema(environment, model)}.infrastructure_metrics"


def profile_metrics(environment: Environment, model: Model) -> str:
    """Full name of the monitor's table of profile metrics; the monitor gives it its ending."""
    return f"{inference_log(environment, model)}_profile_metrics"


def drift_metrics(environment: Environment, model: Model) -> str:
    """Full name of the monitor's table of drift metrics; the monitor gives it its ending."""
    return f"{inference_log(environment, model)}_drift_metrics"


def registered_model(environment: Environment, model: Model) -> str:
    """Full name of the registered model in Unity Catalog."""
    return f"{model_schema(environment, model)}.{model.name}"


def experiment(environment: Environment, model: Model) -> str:
    """Workspace path of the MLflow experiment."""
    return f"{FOLDER}/{environment.name}-{model.name}"


def monitor_assets(environment: Environment, model: Model) -> str:
    """Workspace folder of what the monitor makes beside its tables."""
    return f"{FOLDER}/monitoring/{environment.name}-{model.name}"


def endpoint(environment: Environment, model: Model) -> str:
    """Name of the serving endpoint."""
    return _dashed(environment, model)


def dashboard(environment: Environment, model: Model) -> str:
    """Display name of the dashboard of predictions, drift and quality."""
    return _dashed(environment, model)


def job(environment: Environment, model: Model, purpose: str) -> str:
    """Name of a job: `purpose` is data, training or batch-inference."""
    return f"{_dashed(environment, model)}-{purpose}"


def alert(environment: Environment, model: Model, alert_name: str) -> str:
    """Display name of an SQL alert."""
    return f"{_dashed(environment, model)}-{alert_name.replace('_', '-')}"


def retrain_destination(environment: Environment, model: Model) -> str:
    """Display name of the notification destination that starts the training job."""
    return f"{_dashed(environment, model)}-retrain"


def email_destination(environment: Environment) -> str:
    """Display name of the notification destination that writes to people."""
    return f"understudy-{environment.name}-e-mail"


def service_principal(environment: Environment) -> str:
    """Display name of the identity that the environment's jobs run as."""
    return f"understudy-{environment.name}-jobs"


def budget_policy(environment: Environment) -> str:
    """Name of the policy that serverless compute is billed by."""
    return f"understudy-{environment.name}"


def warehouse(environment: Environment) -> str:
    """Name of the SQL warehouse."""
    return f"understudy-{environment.name}"


def online_store(environment: Environment) -> str:
    """Name of the online feature store."""
    return f"understudy-{environment.name}"


def storage(environment: Environment) -> str:
    """Name of the storage credential, and of the external location where the catalog keeps its data."""
    return f"understudy-{environment.name}"


def cluster_policy(environment: Environment) -> str:
    """Name of the policy for classic compute."""
    return f"understudy-{environment.name}"


def secret_scope(environment: Environment) -> str:
    """Name of the scope of the jobs' secrets."""
    return f"understudy-{environment.name}"


def mask_scope(environment: Environment) -> str:
    """Name of the scope of the secret by which a snapshot masks values."""
    return f"understudy-{environment.name}-masks"


def _dashed(environment: Environment, model: Model) -> str:
    """Environment and model, as the names of jobs, endpoints and Azure resources take them."""
    return f"{environment.name}-{model.name.replace('_', '-')}"
