"""The Files API over volumes: what is written is there whole, and only for those who may."""

from __future__ import annotations

import hashlib
import io
import re
import socket
from pathlib import Path

import pytest
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import PermissionsChange, Privilege, VolumeType

from tests.workspace.conftest import People, Server
from tests.workspace.webhook_receiver import until

MEGABYTE = 1024 * 1024


@pytest.fixture
def volume(server: Server, people: People, catalog: str) -> str:
    """A volume that the data scientists may read."""
    server.admin().volumes.create(catalog, "flights", "landing", VolumeType.MANAGED)
    wanted = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.READ_VOLUME]
    change = PermissionsChange(principal="data-scientists", add=wanted)
    server.admin().grants.update("catalog", catalog, changes=[change])
    return f"/Volumes/{catalog}/flights/landing"


def test_write_read_list_delete(server: Server, volume: str) -> None:
    files = server.admin().files
    files.create_directory(f"{volume}/2013")
    files.upload(f"{volume}/2013/a b#1%.csv", io.BytesIO(b"x,y\n1,2\n"))
    assert files.download(f"{volume}/2013/a b#1%.csv").contents.read() == b"x,y\n1,2\n"
    assert files.get_metadata(f"{volume}/2013/a b#1%.csv").content_length == 8
    entries = list(files.list_directory_contents(volume + "/2013"))
    assert [(entry.path, entry.file_size, entry.is_directory) for entry in entries] == [
        (f"{volume}/2013/a b#1%.csv", 8, False)
    ]
    with pytest.raises(BadRequest, match="not empty"):
        files.delete_directory(f"{volume}/2013")
    files.delete(f"{volume}/2013/a b#1%.csv")
    files.delete_directory(f"{volume}/2013")
    with pytest.raises(NotFound):
        files.get_directory_metadata(f"{volume}/2013")
    with pytest.raises(NotFound):
        files.download(f"{volume}/2013/a.csv")


def test_listing_goes_on_over_pages(server: Server, volume: str) -> None:
    files = server.admin().files
    for number in range(5):
        files.upload(f"{volume}/{number}.txt", io.BytesIO(b"x"))
    names = [entry.name for entry in files.list_directory_contents(volume, page_size=2)]
    assert names == [f"{number}.txt" for number in range(5)]


def test_overwrite_must_be_asked_for(server: Server, volume: str) -> None:
    files = server.admin().files
    files.upload(f"{volume}/a.txt", io.BytesIO(b"old"))
    with pytest.raises(ResourceConflict):
        files.upload(f"{volume}/a.txt", io.BytesIO(b"new"))
    assert files.download(f"{volume}/a.txt").contents.read() == b"old"
    files.upload(f"{volume}/a.txt", io.BytesIO(b"new"), overwrite=True)
    assert files.download(f"{volume}/a.txt").contents.read() == b"new"


def test_large_file_goes_and_comes_whole(server: Server, volume: str, tmp_path: Path) -> None:
    block = bytes(range(256)) * 4096
    source = tmp_path / "large.bin"
    source.write_bytes(block * 60)
    files = server.admin().files
    files.upload_from(f"{volume}/by-path.bin", str(source))
    with source.open("rb") as stream:
        files.upload(f"{volume}/by-stream.bin", stream)
    wanted = hashlib.sha256(block * 60).hexdigest()
    for name in ("by-path.bin", "by-stream.bin"):
        target = tmp_path / name
        files.download_to(f"{volume}/{name}", str(target))
        assert hashlib.sha256(target.read_bytes()).hexdigest() == wanted


def test_half_an_upload_leaves_nothing(server: Server, volume: str) -> None:
    client = server.admin()
    with socket.create_connection(("127.0.0.1", server.port_base + 1)) as connection:
        head = f"PUT /api/2.0/fs/files{volume}/half.bin HTTP/1.1\r\nHost: x\r\nContent-Length: {MEGABYTE}\r\n"
        head += f"Authorization: {client.config.authenticate()['Authorization']}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1000)
    log = server.home / "server.log"
    until(lambda: re.search(rf"PUT \S+{volume}/half.bin was cut off by its caller", log.read_text()))
    assert "Traceback" not in log.read_text()
    assert list(client.files.list_directory_contents(volume)) == []


def test_readers_read_and_write_nothing(server: Server, people: People, volume: str) -> None:
    server.admin().files.upload(f"{volume}/a.txt", io.BytesIO(b"data"))
    files = server.client(people.scientist).files
    assert files.download(f"{volume}/a.txt").contents.read() == b"data"
    for attempt in (
        lambda: files.upload(f"{volume}/b.txt", io.BytesIO(b"x")),
        lambda: files.upload(f"{volume}/a.txt", io.BytesIO(b"x"), overwrite=True),
        lambda: files.delete(f"{volume}/a.txt"),
        lambda: files.create_directory(f"{volume}/mine"),
        lambda: files.upload(f"{volume}/large.bin", io.BytesIO(b"x" * 51 * MEGABYTE)),
    ):
        with pytest.raises(PermissionDenied, match="WRITE VOLUME"):
            attempt()
    outsider = server.client(people.engineer).files
    with pytest.raises(PermissionDenied, match="USE CATALOG"):
        outsider.download(f"{volume}/a.txt")


@pytest.mark.parametrize("escape", ["../up.txt", "a/../../up.txt", "%2e%2e/up.txt", "..%2f..%2fup.txt"])
def test_paths_do_not_climb_out_of_their_volume(server: Server, volume: str, escape: str) -> None:
    client = server.admin()
    before = sorted(path for path in (server.home / "storage").rglob("up.txt"))
    with socket.create_connection(("127.0.0.1", server.port_base + 1)) as connection:
        head = (
            f"PUT /api/2.0/fs/files{volume}/{escape} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n"
        )
        head += f"Authorization: {client.config.authenticate()['Authorization']}\r\n\r\nx"
        connection.sendall(head.encode())
        answer = connection.makefile("rb").readline()
    assert answer.split()[1] == b"400"
    assert sorted(path for path in (server.home / "storage").rglob("up.txt")) == before


def test_model_files_are_written_by_nobody_without_a_pending_version(server: Server, catalog: str) -> None:
    admin = server.admin()
    admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="delay")
    with pytest.raises(NotFound):
        admin.files.upload(f"/Models/{catalog}/flights/delay/1/MLmodel", io.BytesIO(b"x"))
    with pytest.raises(DatabricksError):
        admin.files.upload(f"/Models/{catalog}/flights/delay/MLmodel", io.BytesIO(b"x"))
