"""Endpoints that look features up in the online store by key, and compute functions, asked by databricks-sdk."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import mlflow.pyfunc
import psycopg
import pyarrow as pa
import pytest
import yaml
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.catalog import (
    ColumnTypeName,
    CreateFunction,
    CreateFunctionParameterStyle,
    CreateFunctionRoutineBody,
    CreateFunctionSecurityType,
    CreateFunctionSqlDataAccess,
    FunctionParameterInfo,
    FunctionParameterInfos,
    PermissionsChange,
    Privilege,
    SecurableType,
)
from databricks.sdk.service.serving import EndpointCoreConfigInput, EndpointStateConfigUpdate, ServedEntityInput
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from tests.workspace.online_store_support import make_feature_table, make_store, publish, reader, sql_name, synced
from tests.workspace.serving_support import Workspace, served

SOURCE, ONLINE, OTHER = "dev.flights.carriers", "dev.flights.carriers_online", "dev.flights.not_published"
FUNCTION = "dev.flights.per_hour"
CREATOR = "creator@example.com"
_BODY = """
if distance is None or speed is None:
    return -1
return distance / speed
"""


# Answers with what it was given, so that a test sees it.
ANSWERS = """
import json
import mlflow

class Answers(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        rows = model_input.astype(object).where(model_input.notna(), None).to_dict("records")
        return [json.dumps(row, sort_keys=True) for row in rows]

mlflow.models.set_model(Answers())
"""


def spec(table: str = SOURCE) -> dict[str, object]:
    def looked_up(feature: str, kind: str, default: str | None = None) -> dict[str, object]:
        told: dict[str, object] = {"table_name": table, "feature_name": feature, "lookup_key": ["carrier"]}
        return {**told, **({"default_value": default} if default else {}), "data_type": kind, "source": "feature_store"}

    return {
        "input_columns": [
            {"carrier": {"data_type": "string", "include": False, "source": "training_data"}},
            {"distance": {"data_type": "double", "source": "training_data"}},
            {"mean_speed": looked_up("speed", "double")},
            {"fleet": looked_up("planes", "bigint", "7")},
            {
                "hours": {
                    "udf_name": FUNCTION,
                    "input_bindings": {"distance": "distance", "speed": "mean_speed"},
                    "data_type": "double",
                    "source": "on_demand_feature",
                }
            },
        ],
        "input_tables": [{table: {}}],
        "input_functions": [{FUNCTION: {}}],
        "serialization_version": 9,
    }


def save_model(folder: Path, table: str = SOURCE) -> Path:
    """Laid out as FeatureEngineeringClient.log_model lays it out."""
    data = folder.with_name(folder.name + "-data") / "feature_store"
    data.mkdir(parents=True)
    (data / "feature_spec.yaml").write_text(yaml.safe_dump(spec(table)))
    code = data.with_name("answers.py")
    code.write_text(ANSWERS)
    mlflow.pyfunc.save_model(data / "raw_model", python_model=str(code), pip_requirements=["mlflow"])
    inputs = [
        ColSpec(DataType.string, "carrier"),
        ColSpec(DataType.double, "distance"),
        ColSpec(DataType.double, "mean_speed", required=False),
        ColSpec(DataType.long, "fleet", required=False),
        ColSpec(DataType.double, "hours", required=False),
    ]
    mlflow.pyfunc.save_model(
        folder,
        loader_module="databricks.feature_store.mlflow_model",
        data_path=str(data),
        signature=ModelSignature(Schema(inputs)),
        pip_requirements=["mlflow"],
    )
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    workspace.start()
    try:
        workspace.make_model()
        admin = workspace.admin()
        admin.users_v2.create(user_name=CREATOR)
        make_store(admin, "features")
        rows = pa.table({"carrier": ["AA", "UA"], "speed": [400.0, None], "planes": [600, None]})
        for name in (SOURCE, OTHER):
            make_feature_table(workspace.platform, admin, name, rows, ["carrier"])
        publish(admin, SOURCE, ONLINE, "features")
        synced(admin, ONLINE, 0)
        make_function(workspace)
        yield workspace
    finally:
        workspace.stop()


def make_function(workspace: Workspace) -> None:
    parameters = [
        FunctionParameterInfo(name, "double", ColumnTypeName.DOUBLE, place)
        for place, name in enumerate(("distance", "speed"))
    ]
    workspace.admin().functions.create(
        CreateFunction(
            name="per_hour",
            catalog_name="dev",
            schema_name="flights",
            input_params=FunctionParameterInfos(parameters),
            data_type=ColumnTypeName.DOUBLE,
            full_data_type="DOUBLE",
            routine_body=CreateFunctionRoutineBody.EXTERNAL,
            routine_definition=_BODY,
            external_language="PYTHON",
            parameter_style=CreateFunctionParameterStyle.S,
            is_deterministic=True,
            sql_data_access=CreateFunctionSqlDataAccess.NO_SQL,
            is_null_call=True,
            security_type=CreateFunctionSecurityType.DEFINER,
            specific_name="per_hour",
        )
    )


@pytest.fixture(scope="module")
def endpoint(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    version = workspace.add_version(save_model(tmp_path_factory.mktemp("model") / "m"))
    workspace.admin().serving_endpoints.create_and_wait(
        "with-features", config=config("with-features", served(version))
    )
    return "with-features"


def config(name: str, entity: ServedEntityInput) -> EndpointCoreConfigInput:
    return EndpointCoreConfigInput(name=name, served_entities=[entity])


def asked(workspace: Workspace, endpoint: str, *records: dict[str, object]) -> list[dict[str, object]]:
    answer = workspace.admin().serving_endpoints.query(endpoint, dataframe_records=list(records))
    return [json.loads(row) for row in answer.predictions or []]


def failure(workspace: Workspace, endpoint: str, seconds: float = 60) -> str:
    """Why the endpoint's deployment failed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        shown = workspace.admin().serving_endpoints.get(endpoint)
        if shown.state and shown.state.config_update == EndpointStateConfigUpdate.UPDATE_FAILED:
            entities = (shown.pending_config.served_entities if shown.pending_config else None) or []
            return " ".join(str(entity.state.deployment_state_message) for entity in entities if entity.state)
        time.sleep(0.1)
    raise AssertionError("the deployment did not fail")


def test_features_are_looked_up_and_computed_and_the_caller_may_override(workspace: Workspace, endpoint: str) -> None:
    aa: dict[str, object] = {"carrier": "AA", "distance": 1000.0}
    assert asked(workspace, endpoint, aa) == [{"distance": 1000.0, "mean_speed": 400.0, "fleet": 600, "hours": 2.5}]
    # A null is a default where there is one, like a key that is not there; functions see nulls.
    unknown = {"distance": 1000.0, "mean_speed": None, "fleet": 7, "hours": -1.0}
    assert asked(workspace, endpoint, {"carrier": "UA", "distance": 1000.0}) == [unknown]
    assert asked(workspace, endpoint, {"carrier": "ZZ", "distance": 1000.0}, aa, aa)[0] == unknown
    assert [row["hours"] for row in asked(workspace, endpoint, *[aa, {"carrier": "ZZ", "distance": 1.0}] * 20)] == (
        [2.5, -1.0] * 20
    )
    overridden = asked(workspace, endpoint, {**aa, "mean_speed": 500.0})
    assert overridden == [{"distance": 1000.0, "mean_speed": 500.0, "fleet": 600, "hours": 2.0}]
    assert asked(workspace, endpoint, {**aa, "hours": 9.0})[0]["hours"] == 9.0
    with pytest.raises(DatabricksError, match="carrier"):
        asked(workspace, endpoint, {"distance": 1000.0})


def test_a_new_publication_is_seen_at_once(workspace: Workspace, endpoint: str) -> None:
    admin = workspace.admin()
    delta = make_feature_table(
        workspace.platform,
        admin,
        "dev.flights.moving",
        pa.table({"carrier": ["AA"], "speed": [1.0], "planes": [1]}),
        ["carrier"],
    )
    publish(admin, "dev.flights.moving", "dev.flights.moving_online", "features")
    synced(admin, "dev.flights.moving_online", 0)
    version = workspace.add_version(save_model(workspace.home / "moving", "dev.flights.moving"))
    admin.serving_endpoints.create_and_wait("moving", config=config("moving", served(version)))
    assert asked(workspace, "moving", {"carrier": "AA", "distance": 10.0})[0]["hours"] == 10.0
    for generation, mode in ((1, "TRIGGERED"), (2, "SNAPSHOT")):
        delta.update({"speed": str(10.0 * generation)})
        publish(admin, "dev.flights.moving", "dev.flights.moving_online", "features", mode)
        synced(admin, "dev.flights.moving_online", generation)
        assert asked(workspace, "moving", {"carrier": "AA", "distance": 10.0})[0]["hours"] == 1.0 / generation
    admin.feature_store.delete_online_table("dev.flights.moving_online")
    with pytest.raises(DatabricksError, match=r"'dev.flights.moving' is not published"):
        asked(workspace, "moving", {"carrier": "AA", "distance": 10.0})
    admin.serving_endpoints.delete("moving")


def test_a_model_is_not_served_with_features_that_are_not_published_or_not_granted(
    workspace: Workspace, endpoint: str, tmp_path: Path
) -> None:
    admin, creator = workspace.admin(), workspace.client_of(CREATOR)
    version = workspace.add_version(save_model(tmp_path / "other", OTHER))
    admin.serving_endpoints.create("unpublished", config=config("unpublished", served(version)))
    assert f"'{OTHER}' is not published to an online store" in failure(workspace, "unpublished")

    def grant(kind: SecurableType, name: str, *privileges: Privilege) -> None:
        admin.grants.update(kind.value, name, changes=[PermissionsChange(list(privileges), CREATOR)])

    grant(SecurableType.CATALOG, "dev", Privilege.USE_CATALOG)
    grant(SecurableType.SCHEMA, "dev.flights", Privilege.USE_SCHEMA, Privilege.EXECUTE)
    good = admin.serving_endpoints.get(endpoint).config
    assert good is not None and good.served_entities is not None
    entity = served(str(good.served_entities[0].entity_version))
    creator.serving_endpoints.create("refused", config=config("refused", entity))
    assert "SELECT" in failure(workspace, "refused")
    grant(SecurableType.TABLE, ONLINE, Privilege.SELECT)
    creator.serving_endpoints.update_config_and_wait("refused", served_entities=[entity])
    assert asked(workspace, "refused", {"carrier": "AA", "distance": 400.0})[0]["hours"] == 1.0


@pytest.mark.trial
def test_endpoint_and_store_come_back_after_the_workspace_was_killed_while_it_published(
    workspace: Workspace, endpoint: str
) -> None:
    size, source, online = 50_000, "dev.flights.big", "dev.flights.big_online"
    rows = pa.table({"id": range(size), "generation": [0.0] * size})
    delta = make_feature_table(workspace.platform, workspace.admin(), source, rows, ["id"])
    publish(workspace.admin(), source, online, "features")
    synced(workspace.admin(), online, 0)
    delta.update({"generation": "1.0"})
    publish(workspace.admin(), source, online, "features", "SNAPSHOT")
    workspace.kill()
    workspace.start()
    synced(workspace.admin(), online, 1, seconds=60)  # nobody has asked again
    with psycopg.connect(reader(workspace.platform, "features")) as connection:
        query = f"SELECT count(*), min(generation), max(generation) FROM {sql_name(online)}"
        assert connection.execute(query).fetchone() == (size, 1.0, 1.0)
    deadline = time.monotonic() + 60
    while True:
        try:
            assert asked(workspace, endpoint, {"carrier": "AA", "distance": 1000.0})[0]["hours"] == 2.5
            return
        except (DatabricksError, TimeoutError):
            assert time.monotonic() < deadline
            time.sleep(0.2)
