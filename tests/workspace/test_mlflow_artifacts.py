"""Artifact files: signed URLs, big files, and what they refuse."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import mlflow
import pytest
import requests

from tests.workspace.mlflow_people import People

ANNA = "anna@example.com"


@pytest.fixture
def people(platform_home: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    return People(platform_home, monkeypatch)


def credentials(people: People, kind: str, run_id: str, *paths: str) -> requests.Response:
    """Ask for signed URLs as the client does."""
    host, token = people.address(ANNA, "dev")
    url = f"{host}/api/2.0/mlflow/artifacts/credentials-for-{kind}"
    body = {"run_id": run_id, "path": list(paths)}
    return requests.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def signed(people: People, kind: str, run_id: str, path: str) -> str:
    """One signed URL."""
    info: dict[str, Any] = credentials(people, kind, run_id, path).json()["credential_infos"][0]
    return str(info["signed_uri"])


def digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@pytest.fixture
def run_id(people: People) -> str:
    people.acts_as(ANNA, "dev")
    mlflow.set_experiment("/Shared/files")
    with mlflow.start_run() as run:
        return str(run.info.run_id)


def test_a_signed_url_needs_no_token_and_works_for_one_file_and_method(people: People, run_id: str) -> None:
    write = signed(people, "write", run_id, "d/a b.txt")
    assert requests.put(write, data=b"one", timeout=30).status_code == 201
    assert requests.put(write, data=b"two", timeout=30).status_code == 201
    read = signed(people, "read", run_id, "d/a b.txt")
    assert requests.get(read, timeout=30).content == b"two"
    assert requests.get(read, headers={"Range": "bytes=1-"}, timeout=30).content == b"wo"
    assert requests.put(read, data=b"three", timeout=30).status_code == 403
    assert requests.get(write, timeout=30).status_code == 403
    other = read.replace("a%20b", "other")
    assert other != read and requests.get(other, timeout=30).status_code == 403
    later = read.replace("expires=", "expires=9")
    assert requests.get(later, timeout=30).status_code == 403


@pytest.mark.parametrize("path", ["../../other/artifacts/x", "a/../../x", "/etc/passwd"])
def test_no_path_leads_out_of_the_run(people: People, run_id: str, path: str) -> None:
    answer = credentials(people, "write", run_id, path)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_broken_upload_leaves_what_was_there(people: People, run_id: str) -> None:
    write = signed(people, "write", run_id, "model.bin")
    requests.put(write, data=b"whole", timeout=30)

    def breaks_off() -> Any:
        yield b"ha"
        raise ConnectionAbortedError

    with pytest.raises(requests.ConnectionError):
        requests.put(write, data=breaks_off(), timeout=30)
    assert requests.get(signed(people, "read", run_id, "model.bin"), timeout=30).content == b"whole"
    assert [file.path for file in mlflow.MlflowClient().list_artifacts(run_id)] == ["model.bin"]


def test_a_file_too_big_for_one_part_goes_both_ways(people: People, run_id: str, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        for _ in range(60):
            file.write(b"0123456789abcdef" * 65536)
    mlflow.MlflowClient().log_artifact(run_id, str(big))
    down = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="big.bin", dst_path=str(tmp_path / "down"))
    assert digest(Path(down)) == digest(big)
