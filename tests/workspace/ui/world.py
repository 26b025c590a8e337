"""What the pages have to show: one of everything, made by stock clients, with texts that try to be HTML."""

from __future__ import annotations

import base64
import io
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import mlflow.sklearn
import numpy as np
import pandas as pd
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import jobs, ml
from databricks.sdk.service.catalog import ModelVersionInfoStatus, VolumeType
from databricks.sdk.service.dashboards import Dashboard
from databricks.sdk.service.serving import (
    EndpointCoreConfigInput,
    EndpointStateReady,
    EndpointTag,
    Route,
    ServedEntityInput,
    TrafficConfig,
)
from databricks.sdk.service.sql import (
    AlertV2,
    AlertV2Evaluation,
    AlertV2Operand,
    AlertV2OperandColumn,
    AlertV2OperandValue,
    ComparisonOperator,
    CronSchedule,
    SchedulePauseStatus,
)
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.unity_catalog import lineage, models
from tests.workspace import jobs_support
from tests.workspace.conftest import Server
from tests.workspace.delta_support import make_table, platform_of

HOSTILE = "<img src=x onerror='window.broken=1'><script>window.broken=1</script>"
CATALOG, MODEL, TABLE = "ui", "ui.flights.delay", "ui.flights.departures"
SOURCE = "ui.flights.landed"
ENDPOINT = "ui-delay"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
START_SECONDS = 60


@dataclass(frozen=True)
class World:
    """Ids of what was made."""

    job: int
    good_run: int
    bad_run: int
    experiment: str
    experiment_run: str
    alert: str
    dashboard: str

    def pages(self) -> list[str]:
        """Addresses of all kinds of pages."""
        return [
            "/ui/",
            "/ui/search?q=ui",
            "/ui/catalog",
            f"/ui/catalog/{CATALOG}",
            f"/ui/catalog/{CATALOG}.flights",
            f"/ui/catalog/table/{TABLE}",
            f"/ui/catalog/volume/{CATALOG}.flights.files",
            f"/ui/access/table/{TABLE}",
            f"/ui/access/catalog/{CATALOG}?principal=data-scientists",
            f"/ui/lineage/{TABLE}",
            "/ui/jobs",
            f"/ui/jobs/{self.job}",
            f"/ui/jobs/{self.job}/runs/{self.good_run}",
            f"/ui/jobs/{self.job}/runs/{self.bad_run}",
            "/ui/experiments",
            f"/ui/experiments/{self.experiment}",
            f"/ui/experiments/{self.experiment}/runs/{self.experiment_run}",
            "/ui/models",
            f"/ui/models/{MODEL}",
            "/ui/endpoints",
            f"/ui/endpoints/{ENDPOINT}",
            "/ui/monitors",
            f"/ui/monitors/{TABLE}",
            "/ui/dashboards",
            f"/ui/dashboards/{self.dashboard}",
            "/ui/alerts",
            f"/ui/alerts/{self.alert}",
            "/ui/mailbox",
        ]


def make(server: Server, workspace: jobs_support.Workspace, folder: Path) -> World:
    """Fill the workspace `dev`; the endpoint is ready when this returns."""
    admin = server.admin()
    admin.catalogs.create(CATALOG, comment=HOSTILE)
    admin.schemas.create("flights", CATALOG, comment=HOSTILE)
    admin.volumes.create(CATALOG, "flights", "files", VolumeType.MANAGED, comment=HOSTILE)
    admin.files.upload(f"/Volumes/{CATALOG}/flights/files/{HOSTILE[:9]}.txt", io.BytesIO(b"text"))
    make_table(server, TABLE, {"carrier": "string", "delay": "double"})
    make_table(server, SOURCE, {"carrier": "string"})
    _lineage(server)
    _model(server, folder)
    _endpoint(admin)
    warehouse = str(admin.warehouses.create(name="ui", cluster_size="2X-Small").result().id)
    experiment, run = _experiment(admin)
    job, good, bad = _runs(workspace)
    made = World(job, good, bad, experiment, run, _alert(admin, warehouse), _dashboard(admin, warehouse))
    deadline = time.monotonic() + START_SECONDS
    while (state := admin.serving_endpoints.get(ENDPOINT).state) and state.ready != EndpointStateReady.READY:
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
    return made


def _lineage(server: Server) -> None:
    """As a plan of a job's task is written down."""
    with platform_of(server).store.transaction() as tx:
        lineage.record(tx, [SOURCE], [TABLE], bootstrap.ADMIN, "dev", None)


def _model(server: Server, folder: Path) -> None:
    admin = server.admin()
    admin.registered_models.create(catalog_name=CATALOG, schema_name="flights", name="delay", comment=HOSTILE)
    frame = pd.DataFrame({"distance": [1.0, 2.0, 3.0]})
    model = LinearRegression().fit(frame, 2 * frame["distance"])
    model.coef_, model.intercept_ = np.array([2.0]), 0.0
    signature = infer_signature(frame, model.predict(frame))
    mlflow.sklearn.save_model(model, folder / "model", signature=signature, pip_requirements=["scikit-learn"])
    platform = platform_of(server)
    with platform.store.transaction() as tx:
        owner = principals.load(tx, bootstrap.ADMIN, "dev")
        version = int(models.create_version(tx, owner, MODEL, None).version or 0)
        shutil.copytree(folder / "model", models.version_path(platform, MODEL, version))
        models.update_version(tx, owner, MODEL, version, status=ModelVersionInfoStatus.READY)
    admin.registered_models.set_alias(MODEL, "champion", version)


def _endpoint(admin: WorkspaceClient) -> None:
    entity = ServedEntityInput(
        name="first", entity_name=MODEL, entity_version="1", workload_size="Small", scale_to_zero_enabled=False
    )
    traffic = TrafficConfig(routes=[Route(served_entity_name="first", traffic_percentage=100)])
    config = EndpointCoreConfigInput(name=ENDPOINT, served_entities=[entity], traffic_config=traffic)
    admin.serving_endpoints.create(ENDPOINT, config=config, tags=[EndpointTag("note", "<b>bold</b>")])


def _experiment(admin: WorkspaceClient) -> tuple[str, str]:
    experiment = str(admin.experiments.create_experiment("/Shared/ui").experiment_id)
    created = admin.experiments.create_run(experiment_id=experiment, run_name=HOSTILE).run
    run = str(created.info.run_id if created and created.info else "")
    for step in range(1, 6):
        admin.experiments.log_metric("loss", 1 / step, int(time.time() * 1000), run_id=run, step=step)
    admin.experiments.log_param("depth", HOSTILE, run_id=run)
    root = f"/WorkspaceInternal/Mlflow/Artifacts/{experiment}/Runs/{run}/artifacts"
    admin.files.upload(f"{root}/plots/importance.png", io.BytesIO(PICTURE))
    admin.files.upload(f"{root}/page.html", io.BytesIO(HOSTILE.encode()))
    admin.experiments.update_run(run_id=run, status=ml.UpdateRunStatus.FINISHED, end_time=int(time.time() * 1000))
    return experiment, run


def _runs(workspace: jobs_support.Workspace) -> tuple[int, int, int]:
    admin = workspace.admin()
    mails = jobs.JobEmailNotifications(on_failure=[bootstrap.ADMIN])
    job = jobs_support.make(
        admin,
        jobs_support.task("produce"),
        jobs_support.task("hello", after="produce", named_parameters={"text": HOSTILE}),
        name=f"ui {HOSTILE}",
        schedule=jobs.CronSchedule("0 0 6 * * ?", "UTC", jobs.PauseStatus.PAUSED),
    )
    failing = jobs_support.make(admin, jobs_support.task("fail"), name=f"failing {HOSTILE}", email_notifications=mails)
    started = admin.jobs.run_now(job).run_id, admin.jobs.run_now(failing).run_id
    good, bad = (int(jobs_support.finished(admin, run).run_id or 0) for run in started)
    return job, good, bad


def _alert(admin: WorkspaceClient, warehouse: str) -> str:
    evaluation = AlertV2Evaluation(
        source=AlertV2OperandColumn(name="value"),
        comparison_operator=ComparisonOperator.GREATER_THAN,
        threshold=AlertV2Operand(value=AlertV2OperandValue(double_value=0.5)),
    )
    alert = admin.alerts_v2.create_alert(
        AlertV2(
            display_name=f"ui {HOSTILE}",
            query_text=f"SELECT 1 AS value -- {HOSTILE}",
            warehouse_id=warehouse,
            evaluation=evaluation,
            schedule=CronSchedule("0 0 6 * * ?", "UTC", SchedulePauseStatus.PAUSED),  # there is no Spark to ask
        )
    )
    return str(alert.id)


def _dashboard(admin: WorkspaceClient, warehouse: str) -> str:
    position = {"x": 0, "y": 0, "width": 6, "height": 2}
    text = {"widget": {"name": "words", "textbox_spec": f"# Ours {HOSTILE}"}, "position": position}
    pages = [{"name": "first", "displayName": "First", "layout": [text]}]
    content = json.dumps({"datasets": [{"name": "one", "queryLines": ["SELECT 1"]}], "pages": pages})
    wanted = Dashboard(
        display_name="ui overview", parent_path="/Shared", warehouse_id=warehouse, serialized_dashboard=content
    )
    return str(admin.lakeview.create(wanted).dashboard_id)
