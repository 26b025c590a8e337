"""A release of the training code that is wrong: its versions say the opposite. The workspace's own jobs judge it.

Registered as the environment's jobs do, with their identity, in a process of its own, as a task is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from environments import names
from environments.settings import Environment, Model
from rehearsal.packages import FEATURE_ENGINEERING
from rehearsal.play.deploy import ROOT
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.year.errors import YearError

_SAYS = "self.booster.predict(matrix, num_threads=1)"


def register(local: LocalPlatform, environment: Environment, model: Model) -> str:
    """The Champion's files with scores turned upside down, as one more version; its number."""
    principals = local.client(environment.name).service_principals
    jobs = next(iter(principals.list(filter=f'displayName eq "{names.service_principal(environment)}"')))
    variables = {
        "DATABRICKS_HOST": local.host(environment.name),
        "DATABRICKS_TOKEN": local.token_of(str(jobs.application_id)),
        "MLFLOW_TRACKING_URI": "databricks",
        "MLFLOW_REGISTRY_URI": "databricks-uc",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    command = [sys.executable, "-m", __name__, names.registered_model(environment, model), json.dumps(model.tags)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True)
    if done.returncode != 0:
        raise YearError(f"the bad release was not registered: {done.stderr[-2000:]}")
    return done.stdout.split()[-1]


def _register(name: str, tags: dict[str, str]) -> str:
    import databricks
    import mlflow
    from mlflow import MlflowClient

    # Models with look-ups are registered by Databricks' build of MLflow only, which the package makes of ours.
    databricks.__path__ = [str(FEATURE_ENGINEERING / "databricks"), *databricks.__path__]
    import_module("databricks.feature_engineering.registration").install()
    client = MlflowClient()
    champion = client.get_model_version_by_alias(name, "Champion")
    with tempfile.TemporaryDirectory() as folder:
        files = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@Champion", dst_path=folder))
        scorer = next(files.rglob("lightgbm_scorer.py"))
        assert _SAYS in scorer.read_text(), f"{scorer.name} has no {_SAYS}"
        scorer.write_text(scorer.read_text().replace(_SAYS, f"1 - {_SAYS}"))
        made = client.create_model_version(name, str(files), champion.run_id, tags, description=champion.description)
    return str(made.version)


if __name__ == "__main__":
    sys.stdout.write(f"{_register(sys.argv[1], json.loads(sys.argv[2]))}\n")
