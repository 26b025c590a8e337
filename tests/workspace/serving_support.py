"""What the tests of Model Serving stand on: a served workspace of their own, models, people."""

from __future__ import annotations

import configparser
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow.sklearn
import numpy as np
import pandas as pd
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.catalog import ModelVersionInfoStatus
from databricks.sdk.service.serving import ServedEntityInput
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

from rehearsal.listening import listens
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, principals, tokens
from rehearsal.workspace.store import Store, state_file
from rehearsal.workspace.unity_catalog import models
from tests.ports import free_port_base

CHECKOUT = Path(__file__).parents[2]
MODEL = "dev.flights.delay"
START_SECONDS = 180


class Workspace:
    """A workspace process over a home folder; may be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.base = free_port_base()
        self.platform = Platform(home, Store(state_file(home)), Ports(self.base))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "rehearsal.workspace", "serve", "--without", "compute"]
        command += ["--home", str(self.home), "--port-base", str(self.base)]
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=CHECKOUT, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.base + 1):
            assert self._process.poll() is None, (self.home / "server.log").read_text()
            assert time.monotonic() < deadline, "the workspace did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=30)

    def admin(self) -> WorkspaceClient:
        profiles = configparser.ConfigParser()
        profiles.read(self.home / "databrickscfg")
        return self._client(profiles["dev"]["token"])

    def client_of(self, name: str) -> WorkspaceClient:
        with self.platform.store.transaction() as tx:
            return self._client(tokens.issue(tx, name, 3600, "test"))

    def anonymous(self) -> WorkspaceClient:
        return self._client("dapi-nobody-ever-made-this-token")

    def make_model(self) -> None:
        """Catalog, schema and registered model, owned by the administrator."""
        admin = self.admin()
        admin.catalogs.create("dev")
        admin.schemas.create("flights", "dev")
        admin.registered_models.create(catalog_name="dev", schema_name="flights", name="delay")

    def add_version(self, files: Path, ready: bool = True) -> str:
        """A version of the model with these files."""
        with self.platform.store.transaction() as tx:
            admin = principals.load(tx, bootstrap.ADMIN)
            version = int(models.create_version(tx, admin, MODEL, None).version or 0)
            shutil.copytree(files, models.version_path(self.platform, MODEL, version))
            if ready:
                models.update_version(tx, admin, MODEL, version, status=ModelVersionInfoStatus.READY)
        return str(version)

    def _client(self, token: str) -> WorkspaceClient:
        return WorkspaceClient(
            config=Config(host=f"http://127.0.0.1:{self.base + 1}", token=token, retry_timeout_seconds=1)
        )


def save_model(folder: Path, factor: float) -> Path:
    """A model that answers factor x distance."""
    frame = pd.DataFrame({"distance": [1.0, 2.0, 3.0], "hour": [1, 2, 4]})
    model = LinearRegression().fit(frame, factor * frame["distance"])
    model.coef_, model.intercept_ = np.array([factor, 0.0]), 0.0
    # Requirements are given so that MLflow does not spend seconds on finding them out.
    mlflow.sklearn.save_model(
        model, folder, signature=infer_signature(frame, model.predict(frame)), pip_requirements=["scikit-learn"]
    )
    return folder


def save_broken_model(folder: Path) -> Path:
    """A model whose file is damaged."""
    save_model(folder, 1.0)
    (folder / "model.skops").write_bytes(b"not a model")
    return folder


def served(version: str, name: str | None = None) -> ServedEntityInput:
    return ServedEntityInput(
        name=name, entity_name=MODEL, entity_version=version, workload_size="Small", scale_to_zero_enabled=False
    )


def ask(client: WorkspaceClient, endpoint: str, distance: object = 2.0) -> list[float]:
    """The predictions for one record."""
    answer = client.serving_endpoints.query(endpoint, dataframe_records=[{"distance": distance, "hour": 5}])
    assert answer.predictions is not None
    return list(answer.predictions)


def ask_until_ready(client: WorkspaceClient, endpoint: str, seconds: float = 60) -> tuple[list[float], set[str]]:
    """Ask until there is an answer. Returns it with the messages of the refusals before."""
    deadline = time.monotonic() + seconds
    refusals: set[str] = set()
    while True:
        try:
            return ask(client, endpoint), refusals
        except (DatabricksError, TimeoutError) as error:
            refusals.add(str(error.__cause__ or error))
            assert time.monotonic() < deadline, refusals
            time.sleep(0.1)
