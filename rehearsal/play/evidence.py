"""What a stage's life left behind, read through public interfaces: model, endpoint's answer, predictions."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from databricks.sdk import WorkspaceClient
from pyspark.sql import SparkSession

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.report.model import EndpointCall, InputTable, ModelCard, Picture, TableHead

CHAMPION, REQUEST, CARD = "Champion", "request_example.json", "model_card.md"
PICTURES = {"quality.png": "Quality on held-out rows", "shap_summary.png": "What moves it: SHAP values"}


def commit() -> str:
    """The checkout's commit, marked when files differ from it; empty outside Git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True).stdout.strip()


def wheel_digest(dist: Path) -> str:
    """The first twelve hexadecimal digits of the wheel's SHA-256, as in its path in the volume."""
    wheel = next(iter(sorted(dist.glob("*.whl"))), None)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()[:12] if wheel else ""


def model_card(client: WorkspaceClient, environment: Environment, model: Model) -> ModelCard:
    """The Champion with its run: parameters, metrics, inputs, its model card and pictures."""
    registry = mlflow_of(client)
    name = names.registered_model(environment, model)
    version = registry.get_model_version_by_alias(name, CHAMPION)
    run = registry.get_run(version.run_id)
    logged = _artifacts(registry, run.info.run_id)
    files = {path: download(registry, run.info.run_id, path) for path in (CARD, *PICTURES) if path in logged}
    return ModelCard(
        environment=environment.name,
        name=name,
        version=version.version,
        aliases=list(version.aliases),
        tags=dict(version.tags),
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        inputs=[_input(entry.dataset) for entry in run.inputs.dataset_inputs],
        validation=version.tags.get("model_validation_status", ""),
        promotion=version.tags.get("promotion", ""),
        pictures=[Picture(caption, files[path]) for path, caption in PICTURES.items() if path in files],
        card_markdown=files.get(CARD, b"").decode(),
        run_id=run.info.run_id,
        code_version=run.data.tags.get("code_version", ""),
    )


def ask_endpoint(client: WorkspaceClient, environment: Environment, model: Model) -> EndpointCall:
    """Send the request that the Champion's training left as an example to its endpoint, over plain HTTP."""
    registry = mlflow_of(client)
    champion = registry.get_model_version_by_alias(names.registered_model(environment, model), CHAMPION)
    request = json.loads(download(registry, champion.run_id, REQUEST))
    endpoint = names.endpoint(environment, model)
    url = f"{client.config.host}/serving-endpoints/{endpoint}/invocations"
    began = time.perf_counter()
    answer = httpx.post(url, json=request, headers=client.config.authenticate(), timeout=60)
    milliseconds = (time.perf_counter() - began) * 1000
    return EndpointCall(environment.name, endpoint, request, answer.json(), answer.status_code, milliseconds)


def table_head(spark: SparkSession, environment: Environment, table: str, rows: int = 8) -> TableHead:
    """The first rows of a table, as a data scientist sees them from the dev workspace."""
    frame = spark.table(table)
    head = [[str(value) for value in row] for row in frame.limit(rows).collect()]
    version = spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").collect()[0]["version"]
    return TableHead(environment.name, table, frame.columns, head, frame.count(), version)


def mlflow_of(client: WorkspaceClient) -> Any:
    """MLflow's client of a workspace, as whoever the given client is; MLflow finds both in the environment."""
    os.environ["DATABRICKS_HOST"] = str(client.config.host)
    os.environ["DATABRICKS_TOKEN"] = str(client.config.token)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    import mlflow  # here: importing it takes seconds, which the first steps need not wait for

    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks-uc")
    return mlflow.MlflowClient()


def _input(dataset: Any) -> InputTable:
    source, profile = json.loads(dataset.source), json.loads(dataset.profile or "{}")
    table = source.get("delta_table_name") or dataset.name
    return InputTable(table, source.get("delta_table_version", ""), profile.get("num_rows") or profile.get("rows"))


def _artifacts(client: Any, run_id: str, folder: str | None = None) -> list[str]:
    found: list[str] = []
    for entry in client.list_artifacts(run_id, folder):
        found += _artifacts(client, run_id, entry.path) if entry.is_dir else [entry.path]
    return found


def download(client: Any, run_id: str, path: str) -> bytes:
    """A file of a run."""
    with tempfile.TemporaryDirectory() as folder:
        return Path(client.download_artifacts(run_id, path, folder)).read_bytes()
