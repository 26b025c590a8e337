"""The stock MLflow client, with MLFLOW_REGISTRY_URI=databricks-uc: models from log_model to load_model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd
import pytest
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.catalog import PermissionsChange, Privilege, SecurableType
from mlflow.exceptions import MlflowException, RestException
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

from tests.workspace.conftest import Server
from tests.workspace.mlflow_users import Users

ENGINEER, SCIENTIST = "mona@example.com", "sam@example.com"
X = pd.DataFrame({"dep_hour": np.arange(40.0) % 24, "distance": np.arange(40.0) * 100})
Y = (X["dep_hour"] > 12).astype(int)
SETTINGS: dict[str, Any] = {"pip_requirements": ["scikit-learn"], "input_example": X.head(2)}


@pytest.fixture
def users(server: Server, monkeypatch: pytest.MonkeyPatch) -> Users:
    everybody = Users(server, monkeypatch)
    admin = server.admin("dev")
    everybody.client(ENGINEER, "dev")
    everybody.client(SCIENTIST, "dev")
    for catalog in ("ml_dev", "ml_staging", "ml_prod"):
        if catalog not in {known.name for known in admin.catalogs.list()}:
            admin.catalogs.create(catalog)
        if f"{catalog}.flights" not in {known.full_name for known in admin.schemas.list(catalog)}:
            admin.schemas.create("flights", catalog)
        everything = PermissionsChange(principal=ENGINEER, add=[Privilege.ALL_PRIVILEGES])
        reading = PermissionsChange(
            principal=SCIENTIST, add=[Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.EXECUTE]
        )
        admin.grants.update(SecurableType.CATALOG.value, catalog, changes=[everything, reading])
    return everybody


def log_classifier(name: str, **settings: Any) -> Any:
    """Train and register a small model."""
    model = LogisticRegression().fit(X, Y)
    with mlflow.start_run():
        return mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(X, model.predict(X)),
            registered_model_name=name,
            **{**SETTINGS, **settings},
        )


def test_a_model_from_training_to_champion(users: Users) -> None:
    users.acts_as(ENGINEER, "staging")
    mlflow.set_experiment("/Shared/registry")
    info = log_classifier("ml_staging.flights.late")
    client = mlflow.MlflowClient()
    version = client.get_model_version("ml_staging.flights.late", info.registered_model_version)
    assert version.status == "READY" and version.run_id == info.run_id and version.user_id == ENGINEER
    assert version.model_id == info.model_id and version.source.startswith("models:/m-")
    client.update_model_version("ml_staging.flights.late", version.version, "logistic regression")
    client.set_model_version_tag("ml_staging.flights.late", version.version, "model_validation_status", "PASSED")
    client.set_model_version_tag("ml_staging.flights.late", version.version, "draft", "yes")
    client.delete_model_version_tag("ml_staging.flights.late", version.version, "draft")
    client.set_registered_model_alias("ml_staging.flights.late", "Challenger", version.version)
    client.set_registered_model_alias("ml_staging.flights.late", "Champion", version.version)
    client.delete_registered_model_alias("ml_staging.flights.late", "Challenger")

    champion = client.get_model_version_by_alias("ml_staging.flights.late", "Champion")
    assert champion.version == version.version and champion.aliases == ["Champion"]
    assert champion.tags == {"model_validation_status": "PASSED"} and champion.description == "logistic regression"
    assert list(mlflow.pyfunc.load_model("models:/ml_staging.flights.late@Champion").predict(X)) == list(Y)
    by_number = mlflow.sklearn.load_model(f"models:/ml_staging.flights.late/{version.version}")
    assert isinstance(by_number, LogisticRegression)
    assert [v.version for v in client.search_model_versions("name='ml_staging.flights.late'")] == [version.version]
    assert client.get_registered_model("ml_staging.flights.late").aliases == {"Champion": version.version}
    assert "ml_staging.flights.late" in {model.name for model in client.search_registered_models()}
    in_catalog = users.client(ENGINEER, "staging").model_versions.get("ml_staging.flights.late", int(version.version))
    assert in_catalog.run_id == info.run_id and in_catalog.run_workspace_id


def test_lightgbm_and_python_models_with_their_code(users: Users, tmp_path: Path) -> None:
    users.acts_as(ENGINEER, "staging")
    mlflow.set_experiment("/Shared/flavours")
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "min_data_in_leaf": 2}, lightgbm.Dataset(X, Y), 5)
    signature = infer_signature(X, booster.predict(X))
    with mlflow.start_run():
        mlflow.lightgbm.log_model(
            booster, name="model", signature=signature, registered_model_name="ml_staging.flights.trees", **SETTINGS
        )
    loaded = mlflow.pyfunc.load_model("models:/ml_staging.flights.trees/1")
    assert np.allclose(loaded.predict(X), booster.predict(X))

    package = tmp_path / "delays_code"
    package.mkdir()
    (package / "__init__.py").write_text("def shift(column):\n    return column + 1\n")

    class Shifting(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined]
        def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.Series:
            from delays_code import shift  # type: ignore[import-not-found]

            shifted: pd.Series = shift(model_input["dep_hour"])
            return shifted

    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model",
            python_model=Shifting(),
            code_paths=[str(package)],
            signature=infer_signature(X, X["dep_hour"]),
            registered_model_name="ml_staging.flights.shifting",
            pip_requirements=[],
        )
    assert list(mlflow.pyfunc.load_model("models:/ml_staging.flights.shifting/1").predict(X)) == list(X["dep_hour"] + 1)


def test_a_model_needs_a_signature(users: Users) -> None:
    users.acts_as(ENGINEER, "dev")
    mlflow.set_experiment("/Shared/unsigned")
    with pytest.raises(MlflowException, match="signature"), mlflow.start_run():
        mlflow.sklearn.log_model(
            LogisticRegression().fit(X, Y), name="model", registered_model_name="ml_dev.flights.unsigned"
        )
    assert mlflow.MlflowClient().search_model_versions("name='ml_dev.flights.unsigned'") == []


def test_an_unfinished_version_cannot_be_loaded_and_numbers_are_not_used_again(users: Users) -> None:
    users.acts_as(ENGINEER, "dev")
    mlflow.set_experiment("/Shared/unfinished")
    log_classifier("ml_dev.flights.unfinished")
    api = users.client(ENGINEER, "dev").api_client
    begun = api.do(
        "POST",
        "/api/2.0/mlflow/unity-catalog/model-versions/create",
        body={"name": "ml_dev.flights.unfinished", "source": "dbfs:/nowhere"},
    )["model_version"]
    assert begun["version"] == "2" and begun["status"] == "PENDING_REGISTRATION"
    assert mlflow.MlflowClient().get_model_version("ml_dev.flights.unfinished", "2").status == "PENDING_REGISTRATION"
    with pytest.raises(Exception, match="Bad Request"):
        mlflow.pyfunc.load_model("models:/ml_dev.flights.unfinished/2")
    with pytest.raises(DatabricksError, match="cannot be read: it is PENDING_REGISTRATION"):
        users.client(ENGINEER, "dev").files.download("/Models/ml_dev/flights/unfinished/2/MLmodel")
    with pytest.raises(DatabricksError, match="MLmodel was not uploaded"):
        api.do(
            "POST",
            "/api/2.0/mlflow/unity-catalog/model-versions/finalize",
            body={"name": "ml_dev.flights.unfinished", "version": "2"},
        )
    client = mlflow.MlflowClient()
    client.delete_model_version("ml_dev.flights.unfinished", "2")
    assert log_classifier("ml_dev.flights.unfinished").registered_model_version == "3"
    client.delete_registered_model("ml_dev.flights.unfinished")
    with pytest.raises(RestException, match="RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model("ml_dev.flights.unfinished")


def test_a_data_scientist_loads_the_prod_model_from_dev_and_changes_nothing(users: Users) -> None:
    users.acts_as(ENGINEER, "prod")
    mlflow.set_experiment("/Shared/prod")
    log_classifier("ml_prod.flights.late")
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("ml_prod.flights.late", "Champion", "1")

    users.acts_as(SCIENTIST, "dev")
    mlflow.set_experiment("/Shared/scientist")
    assert list(mlflow.pyfunc.load_model("models:/ml_prod.flights.late@Champion").predict(X)) == list(Y)
    for refused in (
        lambda: log_classifier("ml_prod.flights.late"),
        lambda: log_classifier("ml_prod.flights.mine"),
        lambda: client.set_registered_model_alias("ml_prod.flights.late", "Champion", "1"),
        lambda: client.delete_registered_model_alias("ml_prod.flights.late", "Champion"),
        lambda: client.set_model_version_tag("ml_prod.flights.late", "1", "a", "b"),
        lambda: client.set_registered_model_tag("ml_prod.flights.late", "a", "b"),
        lambda: client.update_model_version("ml_prod.flights.late", "1", "better"),
        lambda: client.update_registered_model("ml_prod.flights.late", "better"),
        lambda: client.delete_model_version("ml_prod.flights.late", "1"),
        lambda: client.delete_registered_model("ml_prod.flights.late"),
    ):
        with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
            refused()
    assert [v.version for v in client.search_model_versions("name='ml_prod.flights.late'")] == ["1"]


def test_errors_that_the_client_expects(users: Users) -> None:
    users.acts_as(ENGINEER, "dev")
    client = mlflow.MlflowClient()
    client.create_registered_model("ml_dev.flights.errors", tags={"team": "delays"}, description="for errors")
    assert client.get_registered_model("ml_dev.flights.errors").tags == {"team": "delays"}
    for code, call in (
        ("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model("ml_dev.flights.errors")),
        ("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("ml_dev.flights.none")),
        ("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version("ml_dev.flights.errors", "7")),
        ("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version_by_alias("ml_dev.flights.errors", "Champion")),
        (
            "RESOURCE_DOES_NOT_EXIST",
            lambda: client.set_registered_model_alias("ml_dev.flights.errors", "Champion", "7"),
        ),
        ("INVALID_PARAMETER_VALUE", lambda: client.search_model_versions("stage = 'x'")),
    ):
        with pytest.raises(RestException) as refused:
            call()
        assert refused.value.error_code == code
    with pytest.raises(MlflowException, match="legacy Workspace Model Registry"):
        client.create_registered_model("two.levels")
