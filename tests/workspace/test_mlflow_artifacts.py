"""Artifact files: signed URLs, big files, and what they refuse."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import mlflow
import pytest
import requests

from tests.workspace.conftest import Server
from tests.workspace.mlflow_users import Users

ANNA = "anna@example.com"


@pytest.fixture
def users(server: Server, monkeypatch: pytest.MonkeyPatch) -> Users:
    return Users(server, monkeypatch)


def credentials(users: Users, kind: str, run_id: str, *paths: str) -> requests.Response:
    """Ask for signed URLs as the client does."""
    host, token = users.server.host("dev"), users.token(ANNA)
    url = f"{host}/api/2.0/mlflow/artifacts/credentials-for-{kind}"
    body = {"run_id": run_id, "path": list(paths)}
    return requests.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def signed(users: Users, kind: str, run_id: str, path: str) -> str:
    """One signed URL."""
    info: dict[str, Any] = credentials(users, kind, run_id, path).json()["credential_infos"][0]
    return str(info["signed_uri"])


def digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@pytest.fixture
def run_id(users: Users) -> str:
    users.acts_as(ANNA, "dev")
    mlflow.set_experiment("/Shared/files")
    with mlflow.start_run() as run:
        return str(run.info.run_id)


def test_a_signed_url_needs_no_token_and_works_for_one_file_and_method(users: Users, run_id: str) -> None:
    write = signed(users, "write", run_id, "d/a b.txt")
    assert requests.put(write, data=b"one", timeout=30).status_code == 201
    assert requests.put(write, data=b"two", timeout=30).status_code == 201
    read = signed(users, "read", run_id, "d/a b.txt")
    assert requests.get(read, timeout=30).content == b"two"
    assert requests.get(read, headers={"Range": "bytes=1-"}, timeout=30).content == b"wo"
    assert requests.put(read, data=b"three", timeout=30).status_code == 403
    assert requests.get(write, timeout=30).status_code == 403
    other = read.replace("a%20b", "other")
    assert other != read and requests.get(other, timeout=30).status_code == 403
    later = read.replace("expires=", "expires=9")
    assert requests.get(later, timeout=30).status_code == 403


@pytest.mark.parametrize("path", ["../../other/artifacts/x", "a/../../x", "/etc/passwd"])
def test_no_path_leads_out_of_the_run(users: Users, run_id: str, path: str) -> None:
    answer = credentials(users, "write", run_id, path)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_broken_upload_leaves_what_was_there(users: Users, run_id: str) -> None:
    write = signed(users, "write", run_id, "model.bin")
    requests.put(write, data=b"whole", timeout=30)

    def breaks_off() -> Any:
        yield b"ha"
        raise ConnectionAbortedError

    with pytest.raises(requests.ConnectionError):
        requests.put(write, data=breaks_off(), timeout=30)
    assert requests.get(signed(users, "read", run_id, "model.bin"), timeout=30).content == b"whole"
    assert [file.path for file in mlflow.MlflowClient().list_artifacts(run_id)] == ["model.bin"]


def test_a_file_too_big_for_one_part_goes_both_ways(users: Users, run_id: str, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        for _ in range(60):
            file.write(b"0123456789abcdef" * 65536)
    mlflow.MlflowClient().log_artifact(run_id, str(big))
    down = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="big.bin", dst_path=str(tmp_path / "down"))
    assert digest(Path(down)) == digest(big)
