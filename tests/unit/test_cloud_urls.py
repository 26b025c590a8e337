"""URLs of Azure storage: what is one, and which lie within which."""

from __future__ import annotations

import pytest

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.unity_catalog.cloud_urls import parse
from rehearsal.workspace.unity_catalog.storage import public_location

ROOT = "abfss://catalog@lake.dfs.core.windows.net"


@pytest.mark.parametrize("text", [ROOT, f"{ROOT}/", f"{ROOT}/a", f"{ROOT}/a/b.c/"])
def test_a_url_is_told_as_it_was_written_without_its_last_slash(text: str) -> None:
    assert str(parse(text)) == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "/Volumes/a/b/c",
        "s3://bucket/a",
        "abfss://catalog@lake.blob.core.windows.net/a",
        "abfss://catalog@lake.dfs.core.windows.net.example.com/a",
        "abfss://Catalog@lake.dfs.core.windows.net",
        "abfss://../x@lake.dfs.core.windows.net",
        f"{ROOT}/a/../../b",
        f"{ROOT}/./a",
        f"{ROOT}//a",
        f"{ROOT}/a b",
        f"{ROOT}/a\x00",
    ],
)
def test_everything_else_is_refused(text: str | None) -> None:
    with pytest.raises(DatabricksError, match="is not a URL of the form"):
        parse(text)


def test_folders_overlap_by_whole_names() -> None:
    root, a, ab, inner = (parse(f"{ROOT}{path}") for path in ("", "/a", "/ab", "/a/b"))
    assert root.holds(a) and a.holds(inner) and a.holds(a)
    assert not a.holds(root) and not a.holds(ab) and not ab.holds(inner)
    assert a.overlaps(root) and inner.overlaps(a) and not a.overlaps(ab)
    assert not a.overlaps(parse(f"{ROOT}/a".replace("lake", "pond")))
    assert not a.overlaps(parse(f"{ROOT}/a".replace("catalog@", "other@")))


def test_a_local_folder_is_shown_as_the_url_that_it_stands_for() -> None:
    assert public_location("/home/me/storage/azure/lake/catalog/a/b") == f"{ROOT}/a/b"
    assert str(public_location("/home/me/storage/dev/flights/tables/1")).endswith("/dev/flights/tables/1")
    assert public_location(None) is None
