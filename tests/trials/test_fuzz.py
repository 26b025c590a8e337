"""Ten thousand requests made up from databricks-sdk's types: none ends in an internal error or shows a traceback.

Right ones and wrong ones, from an administrator and from a user who holds nothing. A catalog, a job, an experiment and
the like are there to be found: their names and ids are mixed with made-up ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from databricks.sdk.service import catalog
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from rehearsal.reference.asked import body_of, served, verb_of
from rehearsal.reference.sdk_methods import SdkMethod, sdk_methods
from tests.ports import free_port_base
from tests.trials.sdk_openapi import document
from tests.workspace.conftest import Server

REQUESTS = 10_000
SEED = 20261124
# These would end the trial itself: the administrator's own account and token.
_KEPT_OUT = frozenset({"users.delete", "users.update", "users.patch", "tokens.delete", "token_management.delete"})


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workspace of its own: what is left in it is nobody's business."""
    running = Server(tmp_path_factory.mktemp("fuzzed"), free_port_base())
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def known(fuzzed: Server) -> dict[str, str]:
    """Values of parameters and fields that exist."""
    admin = fuzzed.admin()
    admin.users_v2.create(user_name="nobody@example.com")
    admin.catalogs.create("fuzz")
    admin.schemas.create("flights", "fuzz")
    admin.volumes.create("fuzz", "flights", "files", catalog.VolumeType.MANAGED)
    admin.registered_models.create(catalog_name="fuzz", schema_name="flights", name="late")
    job = admin.jobs.create(name="fuzz")
    experiment = admin.experiments.create_experiment("/Shared/fuzz")
    run = admin.experiments.create_run(experiment_id=experiment.experiment_id).run
    admin.secrets.create_scope("fuzz")
    assert run and run.info
    return {
        "catalog_name": "fuzz",
        "schema_name": "flights",
        "full_name": "fuzz.flights.late",
        "table_name": "fuzz.flights.late",
        "file_path": "fuzz/flights/files/a",
        "directory_path": "fuzz/flights/files",
        "scope": "fuzz",
        "job_id": str(job.job_id),
        "experiment_id": str(experiment.experiment_id),
        "run_id": str(run.info.run_id),
        "principal": "nobody@example.com",
        "securable_type": "catalog",
        "request_object_type": "jobs",
        "user_name": "nobody@example.com",
    }


def test_no_request_ends_in_an_internal_error(fuzzed: Server, known: dict[str, str]) -> None:
    tokens = {"admin": fuzzed.admin().config.token, "nobody": fuzzed.client("nobody@example.com").config.token}
    clients = {
        (letter, who): httpx.Client(
            base_url=fuzzed.host(name), headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        )
        for letter, name in (("w", "dev"), ("a", "account"))
        for who, token in tokens.items()
    }

    def ask(method: SdkMethod) -> httpx.Response:
        return clients[method.client, "admin"].request(verb_of(method), method.path, json=body_of(method))

    methods = [method for method in served(sdk_methods(), ask) if f"{method.api}.{method.name}" not in _KEPT_OUT]
    methods.sort(key=lambda method: (method.client, method.api, method.name))
    each = REQUESTS * 5 // (4 * len(methods))  # some methods have so few parameters that they are soon exhausted
    asked = 0
    wrong: dict[str, str] = {}
    for letter, workspace in (("w", "dev"), ("a", "account")):
        schema = schemathesis.openapi.from_dict(document([m for m in methods if m.client == letter], known))
        schema.config.generation.update(allow_x00=True)
        for result in schema.get_all_operations():
            cases = st.one_of(*(result.ok().as_strategy(generation_mode=mode) for mode in GenerationMode))
            for case, who in _drawn(cases, sorted(tokens), each):
                asked += 1
                request = case.as_transport_kwargs(base_url=fuzzed.host(workspace))
                if problem := _problem(_send(clients[letter, who], request)):
                    wrong.setdefault(f"{case.method} {case.path}", f"{problem}\n  {request}")
    print(f"{asked} requests of {len(methods)} methods, seed {SEED}")
    assert not wrong, "\n".join(f"{name}: {text}" for name, text in sorted(wrong.items()))
    assert asked >= REQUESTS
    assert "Traceback" not in (fuzzed.home / "server.log").read_text()


def _drawn(cases: st.SearchStrategy[Case], people: list[str], number: int) -> list[tuple[Case, str]]:
    """That many requests, each with who sends it."""
    found: list[tuple[Case, str]] = []

    @seed(SEED)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases, st.sampled_from(people))
    def draw(case: Case, who: str) -> None:
        found.append((case, who))

    draw()
    return found


def _send(client: httpx.Client, request: dict[str, Any]) -> httpx.Response | str | None:
    """The answer, how the connection ended without one, or None for what no HTTP client would send."""
    try:
        return client.request(**{name: value for name, value in request.items() if name != "cookies"})
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
        return None
    except httpx.TransportError as error:
        return f"no answer: {type(error).__name__}: {error}"


def _problem(answer: httpx.Response | str | None) -> str | None:
    """What is wrong with an answer."""
    if answer is None or isinstance(answer, str):
        return answer
    # Spark does not run here: what needs it says that it is away. What is not emulated is refused by name.
    meant = {503: "TEMPORARILY_UNAVAILABLE", 501: "NOT_IMPLEMENTED"}
    if answer.status_code >= 500 and answer.json().get("error_code") != meant.get(answer.status_code):
        return f"{answer.status_code} {answer.text[:300]}"
    if "Traceback (most recent call last)" in answer.text:
        return f"a traceback: {answer.text[:300]}"
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        body = answer.json()
        if not {"error_code", "message"} <= body.keys() and not {"schemas", "detail"} <= body.keys():
            return f"an error of another shape: {answer.status_code} {answer.text[:300]}"
    return None
