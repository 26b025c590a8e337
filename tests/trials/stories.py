"""The stories that the threads of a trial tell, each through the public REST API of one service."""

from __future__ import annotations

import base64
import hashlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.trials.story import Api, Json, Step, Story

UC, PERMISSION = "/api/2.1/unity-catalog", "admins"
HOOKED = "trials-webhook"
_CHUNK = 64 * 1024


def of_data(name: str, chance: random.Random) -> Story:
    """A catalog with a schema, a volume, a grant and a file that is written, replaced and deleted; all dropped."""
    schema, volume = f"{name}.s", f"{name}.s.v"
    file = f"/api/2.0/fs/files/Volumes/{name}/s/v/folder/data.bin"
    first, second = (chance.randbytes(chance.choice([0, 10, 300_000, 3_000_000])) for _ in range(2))
    digests = [hashlib.sha256(content).hexdigest() for content in (first, second)]
    grant = {"changes": [{"principal": "account users", "add": ["USE_CATALOG", "USE_SCHEMA", "READ_VOLUME"]}]}

    def observe(api: Api) -> Json:
        if api.found(f"{UC}/catalogs/{name}", "CATALOG_DOES_NOT_EXIST") is None:
            return {}
        seen: Json = {"default": api.found(f"{UC}/schemas/{name}.default", "SCHEMA_DOES_NOT_EXIST") is not None}
        grants = api.do("GET", f"{UC}/permissions/catalog/{name}").get("privilege_assignments", [])
        seen["grants"] = sorted(privilege for item in grants for privilege in item["privileges"])
        if api.found(f"{UC}/schemas/{schema}", "SCHEMA_DOES_NOT_EXIST") is None:
            return seen
        seen["schema"] = True
        if api.found(f"{UC}/volumes/{volume}", "VOLUME_DOES_NOT_EXIST") is None:
            return seen
        seen["volume"] = api.do("GET", f"/api/2.0/fs/directories/Volumes/{name}/s/v").get("contents", []) != "lost"
        answer = api.ask("GET", file)
        seen["file"] = hashlib.sha256(answer.content).hexdigest() if answer.is_success else answer.status_code
        return seen

    def upload(content: bytes, overwrite: bool) -> Callable[[Api], Any]:
        pause = chance.choice([0, 0, 0.02])
        return lambda api: api.do(
            "PUT", file, content=_slowly(content, pause), params={"overwrite": str(overwrite).lower()}
        )

    made: Json = {"default": True, "grants": []}
    granted = {"default": True, "grants": ["READ_VOLUME", "USE_CATALOG", "USE_SCHEMA"], "schema": True}
    return Story(
        name,
        before={},
        observe=observe,
        steps=[
            Step(lambda api: api.do("POST", f"{UC}/catalogs", {"name": name}), made),
            Step(
                lambda api: api.do("POST", f"{UC}/schemas", {"catalog_name": name, "name": "s"}),
                made | {"schema": True},
            ),
            Step(lambda api: api.do("PATCH", f"{UC}/permissions/catalog/{name}", grant), granted),
            Step(
                lambda api: api.do(
                    "POST",
                    f"{UC}/volumes",
                    {"catalog_name": name, "schema_name": "s", "name": "v", "volume_type": "MANAGED"},
                ),
                granted | {"volume": True, "file": 404},
            ),
            Step(upload(first, overwrite=False), granted | {"volume": True, "file": digests[0]}),
            Step(upload(second, overwrite=True), granted | {"volume": True, "file": digests[1]}),
            Step(lambda api: api.do("DELETE", file), granted | {"volume": True, "file": 404}),
            Step(lambda api: api.do("DELETE", f"{UC}/catalogs/{name}", params={"force": "true"}), {}),
        ],
    )


def of_secrets(name: str, chance: random.Random) -> Story:
    """A scope with a secret that is put, changed and deleted."""
    values = [base64.b64encode(chance.randbytes(40)).decode() for _ in range(2)]

    def observe(api: Api) -> Json:
        if api.found(f"/api/2.0/secrets/list?scope={name}") is None:
            return {}
        secret = api.found(f"/api/2.0/secrets/get?scope={name}&key=k") or {}
        return {
            "secret": secret.get("value"),
            "acls": len(api.do("GET", f"/api/2.0/secrets/acls/list?scope={name}")["items"]),
        }

    def put(value: str) -> Callable[[Api], Any]:
        return lambda api: api.do("POST", "/api/2.0/secrets/put", {"scope": name, "key": "k", "bytes_value": value})

    acl = {"scope": name, "principal": "users", "permission": "READ"}
    return Story(
        name,
        before={},
        observe=observe,
        steps=[
            Step(
                lambda api: api.do("POST", "/api/2.0/secrets/scopes/create", {"scope": name}),
                {"secret": None, "acls": 1},
            ),
            Step(put(values[0]), {"secret": values[0], "acls": 1}),
            Step(lambda api: api.do("POST", "/api/2.0/secrets/acls/put", acl), {"secret": values[0], "acls": 2}),
            Step(put(values[1]), {"secret": values[1], "acls": 2}),
            Step(
                lambda api: api.do("POST", "/api/2.0/secrets/delete", {"scope": name, "key": "k"}),
                {"secret": None, "acls": 2},
            ),
            Step(lambda api: api.do("POST", "/api/2.0/secrets/scopes/delete", {"scope": name}), {}),
        ],
    )


def of_jobs(name: str, destination: str) -> Story:
    """A job that is made, changed, run three times (each run tells a webhook of its end) and deleted."""
    story = Story(name, before=(None, 0))
    settings = {"name": name, "webhook_notifications": {"on_success": [{"id": destination}]}, "max_concurrent_runs": 5}
    job: Json = {}

    def observe(api: Api) -> tuple[str | None, int]:
        found = api.do("GET", f"/api/2.2/jobs/list?name={name}").get("jobs", [])
        if not job and found:
            job["id"] = found[0]["job_id"]
        comment = found[0]["settings"].get("description", "") if found else None
        return comment, len(_ended_runs(api, job["id"])) if job else 0

    def create(api: Api) -> None:
        job["id"] = api.do("POST", "/api/2.2/jobs/create", settings)["job_id"]
        story.ids.append(("job", str(job["id"])))

    def change(api: Api) -> None:
        api.do("POST", "/api/2.2/jobs/update", {"job_id": job["id"], "new_settings": {"description": "changed"}})

    def run(number: int) -> Callable[[Api], None]:
        def do(api: Api) -> None:
            body = {"job_id": job["id"], "idempotency_token": f"{name}-{number}"}
            story.ids.append(("run", str(api.do("POST", "/api/2.2/jobs/run-now", body)["run_id"])))

        return do

    story.observe = observe
    story.steps = [
        Step(create, ("", 0)),
        Step(run(1), ("", 1)),
        Step(run(2), ("", 2)),
        Step(change, ("changed", 2)),
        Step(run(3), ("changed", 3)),
        Step(lambda api: api.do("POST", "/api/2.2/jobs/delete", {"job_id": job["id"]}), (None, 3)),
    ]
    return story


def of_tracking(name: str, chance: random.Random) -> Story:
    """An experiment with a run: parameters, metrics, a tag, its end."""
    story = Story(name, before=None)
    known: Json = {}
    mlflow = "/api/2.0/mlflow"
    values = [chance.random() for _ in range(4)]

    def observe(api: Api) -> Any:
        found = api.found(f"{mlflow}/experiments/get-by-name?experiment_name=/Shared/{name}")
        if found is None:
            return None
        body = {"experiment_ids": [found["experiment"]["experiment_id"]]}
        runs = api.do("POST", f"{mlflow}/runs/search", body).get("runs", [])
        if not runs:
            return "no run"
        data, info = runs[0]["data"], runs[0]["info"]
        path = f"{mlflow}/metrics/get-history?run_id={info['run_id']}&metric_key=loss"
        metrics = [metric["value"] for metric in api.do("GET", path).get("metrics", [])]
        tags = sorted(tag["value"] for tag in data.get("tags", []) if tag["key"].startswith("t"))
        return [len(data.get("params", [])), metrics, tags, info["status"]]

    def experiment(api: Api) -> None:
        known["experiment"] = api.do("POST", f"{mlflow}/experiments/create", {"name": f"/Shared/{name}"})[
            "experiment_id"
        ]
        story.ids.append(("experiment", known["experiment"]))

    def run(api: Api) -> None:
        body = {"experiment_id": known["experiment"], "start_time": int(time.time() * 1000)}
        known["run"] = api.do("POST", f"{mlflow}/runs/create", body)["run"]["info"]["run_id"]
        story.ids.append(("mlflow run", known["run"]))

    def metric(step: int) -> Callable[[Api], Any]:
        body = {"key": "loss", "value": values[step], "timestamp": step + 1, "step": step}
        return lambda api: api.do("POST", f"{mlflow}/runs/log-metric", {"run_id": known["run"], **body})

    def batch(api: Api) -> None:
        metrics = [
            {"key": "loss", "value": value, "timestamp": step + 1, "step": step}
            for step, value in ((2, values[2]), (3, values[3]))
        ]
        given = {"params": [{"key": f"p{n}", "value": "1"} for n in range(20)], "tags": [{"key": "t1", "value": "tag"}]}
        api.do("POST", f"{mlflow}/runs/log-batch", {"run_id": known["run"], "metrics": metrics, **given})

    def finish(api: Api) -> None:
        api.do("POST", f"{mlflow}/runs/update", {"run_id": known["run"], "status": "FINISHED", "end_time": 1})

    story.observe = observe
    story.steps = [
        Step(experiment, "no run"),
        Step(run, [0, [], [], "RUNNING"]),
        Step(metric(0), [0, values[:1], [], "RUNNING"]),
        Step(metric(1), [0, values[:2], [], "RUNNING"]),
        # "Partial data may be written": https://docs.databricks.com/api/azure/workspace/experiments/logbatch
        Step(
            batch,
            [20, values, ["tag"], "RUNNING"],
            partly=([20, values[:2], [], "RUNNING"], [20, values, [], "RUNNING"]),
        ),
        Step(finish, [20, values, ["tag"], "FINISHED"]),
    ]
    return story


def of_models(name: str, catalog: str) -> Story:
    """A registered model with two versions, the first one finished and named by an alias, and then deleted."""
    full_name = f"{catalog}.default.{name}"
    mlflow = "/api/2.0/mlflow/unity-catalog"

    def observe(api: Api) -> Any:
        model = api.found(f"{UC}/models/{full_name}?include_aliases=true")
        if model is None:
            return None
        versions = api.do("GET", f"{UC}/models/{full_name}/versions").get("model_versions", [])
        aliases = sorted((alias["alias_name"], alias["version_num"]) for alias in model.get("aliases", []))
        return sorted((version["version"], version["status"]) for version in versions), aliases

    def version(api: Api) -> None:
        api.do("POST", f"{mlflow}/model-versions/create", {"name": full_name, "source": "dbfs:/nowhere"})

    def upload(api: Api) -> None:
        path = "/".join(("/api/2.0/fs/files/Models", *full_name.split("."), "1/MLmodel"))
        api.do("PUT", path, content=b"flavors: {}\n")

    def finalize(api: Api) -> None:
        api.do("POST", f"{mlflow}/model-versions/finalize", {"name": full_name, "version": "1"})

    def drop(api: Api) -> None:
        api.do("DELETE", f"{UC}/models/{full_name}/versions/1")

    pending, ready = "PENDING_REGISTRATION", "READY"
    return Story(
        name,
        before=None,
        observe=observe,
        steps=[
            Step(
                lambda api: api.do(
                    "POST", f"{UC}/models", {"catalog_name": catalog, "schema_name": "default", "name": name}
                ),
                ([], []),
            ),
            Step(version, ([(1, pending)], [])),
            Step(upload, ([(1, pending)], [])),
            Step(finalize, ([(1, ready)], [])),
            Step(
                lambda api: api.do("PUT", f"{UC}/models/{full_name}/aliases/champion", {"version_num": 1}),
                ([(1, ready)], [("champion", 1)]),
            ),
            Step(version, ([(1, ready), (2, pending)], [("champion", 1)])),
            Step(drop, ([(2, pending)], [])),
            Step(version, ([(2, pending), (3, pending)], [])),
        ],
    )


def of_people(name: str) -> Story:
    """A user who joins a group, whose tokens are made and revoked, and who leaves."""
    story = Story(name, before=(None, []))
    mail, known = f"{name}@example.com", {}
    scim = "/api/2.0/preview/scim/v2"

    def observe(api: Api) -> Any:
        users = api.do("GET", f'{scim}/Users?filter=userName eq "{mail}"').get("Resources", [])
        groups = api.do("GET", f'{scim}/Groups?filter=displayName eq "{name}"').get("Resources", [])
        return (len(users) or None), [len(group.get("members", [])) for group in groups]

    def user(api: Api) -> None:
        known["id"] = api.do("POST", f"{scim}/Users", {"userName": mail})["id"]
        story.ids.append(("principal", known["id"]))

    def group(api: Api) -> None:
        made = api.do("POST", f"{scim}/Groups", {"displayName": name, "members": [{"value": known["id"]}]})
        story.ids.append(("principal", made["id"]))

    story.observe = observe
    story.steps = [
        Step(user, (1, [])),
        Step(group, (1, [1])),
        Step(lambda api: api.do("DELETE", f"{scim}/Users/{known['id']}"), (None, [0])),
    ]
    return story


def of_tokens(name: str) -> Story:
    """A personal access token: it signs in until it is revoked, and then never again."""
    story = Story(name, before=0)
    known: Json = {}

    def observe(api: Api) -> int:
        held = [
            token for token in api.do("GET", "/api/2.0/token/list").get("token_infos", []) if token["comment"] == name
        ]
        if known:
            headers = {"Authorization": f"Bearer {known['token_value']}"}
            works = api.ask("GET", "/api/2.0/preview/scim/v2/Me", headers=headers).is_success
            assert works == bool(held), f"{name}: signs in: {works}, listed: {held}"
        return len(held)

    def make(api: Api) -> None:
        known.update(api.do("POST", "/api/2.0/token/create", {"comment": name, "lifetime_seconds": 3600}))
        story.ids.append(("token", known["token_info"]["token_id"]))

    story.observe = observe
    story.steps = [
        Step(make, 1),
        Step(lambda api: api.do("POST", "/api/2.0/token/delete", {"token_id": known["token_info"]["token_id"]}), 0),
    ]
    return story


def of_endpoints(name: str) -> Story:
    """A serving endpoint, its tags, its permissions, its end."""
    path = f"/api/2.0/serving-endpoints/{name}"

    def observe(api: Api) -> Any:
        found = api.found(path)
        return None if found is None else [tag["key"] for tag in found.get("tags", [])]

    return Story(
        name,
        before=None,
        observe=observe,
        steps=[
            Step(lambda api: api.do("POST", "/api/2.0/serving-endpoints", {"name": name}), []),
            Step(
                lambda api: api.ask(
                    "PATCH", f"{path}/tags", {"add_tags": [{"key": "a", "value": "1"}, {"key": "b"}]}
                ).raise_for_status(),
                ["a", "b"],
            ),
            Step(lambda api: api.do("DELETE", path), None),
        ],
    )


def of_dashboards(name: str, warehouse: str) -> Story:
    """A dashboard: drafted, changed, published, put into the trash."""
    known: Json = {}
    api_path = "/api/2.0/lakeview/dashboards"

    def observe(api: Api) -> Any:
        found = [
            each for each in api.do("GET", api_path).get("dashboards", []) if each["display_name"].startswith(name)
        ]
        if not found:
            return None
        published = api.found(f"{api_path}/{found[0]['dashboard_id']}/published")
        return found[0]["display_name"], published is not None

    def create(api: Api) -> None:
        body = {"display_name": name, "parent_path": "/Shared", "warehouse_id": warehouse}
        known["id"] = api.do("POST", api_path, body)["dashboard_id"]

    return Story(
        name,
        before=None,
        observe=observe,
        steps=[
            Step(create, (name, False)),
            Step(
                lambda api: api.do("PATCH", f"{api_path}/{known['id']}", {"display_name": name + "2"}),
                (name + "2", False),
            ),
            Step(lambda api: api.do("POST", f"{api_path}/{known['id']}/published", {}), (name + "2", True)),
            Step(lambda api: api.do("DELETE", f"{api_path}/{known['id']}"), None),
        ],
    )


def _slowly(content: bytes, pause: float) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        time.sleep(pause)
        yield content[start : start + _CHUNK]


def _ended_runs(api: Api, job_id: int) -> list[str]:
    """The job's runs once all of them have ended."""
    while True:
        answer = api.do("GET", f"/api/2.2/jobs/runs/list?job_id={job_id}").get("runs", [])
        states = [run["status"]["state"] for run in answer]
        if all(state == "TERMINATED" for state in states):
            return states
        time.sleep(0.05)
