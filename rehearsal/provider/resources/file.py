"""databricks_file."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/fs/files"


class File(Kind):
    """A file in a volume. Changed content is found by its md5, a file that others changed by its modification time."""

    name = "file"
    computed = frozenset({"md5", "remote_file_modified"})
    force_new = frozenset({"path"})
    volatile = frozenset({"modification_time", "file_size", "remote_file_modified"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Upload."""
        path = str(wanted["path"])
        headers = {"Content-Type": "application/octet-stream"}
        api.do(
            "PUT", ROOT + quote(path), query={"overwrite": "true"}, headers=headers, data=io.BytesIO(_content(wanted))
        )
        return path

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """What the server says of the file. The checksum is known from the upload; the server has none."""
        answer = api.do("HEAD", ROOT + quote(identifier), response_headers=["content-length", "last-modified"])
        assert isinstance(answer, dict)
        uploaded = known.get("modification_time")
        remote = {
            "path": identifier,
            "file_size": int(answer["content-length"]),
            "modification_time": uploaded or answer["last-modified"],
            "remote_file_modified": uploaded not in (None, answer["last-modified"]),
        }
        return remote if known.get("md5") else {**remote, "md5": self.plan({}, known).get("md5")}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Upload again."""
        return self.create(api, wanted)

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete the file."""
        api.do("DELETE", ROOT + quote(identifier))

    def plan(self, before: Values, wanted: Values) -> Values:
        """The local content's checksum; a file that others changed is uploaded again."""
        if isinstance(wanted.get("source"), str) or isinstance(wanted.get("content_base64"), str):
            checksum = {"md5": hashlib.md5(_content(wanted), usedforsecurity=False).hexdigest()}
            return {**checksum, "remote_file_modified": False} if before.get("remote_file_modified") else checksum
        return {}


def _content(wanted: Values) -> bytes:
    if wanted.get("content_base64"):
        return base64.b64decode(wanted["content_base64"])
    if wanted.get("source"):
        return Path(wanted["source"]).read_bytes()
    raise ValueError("one of source and content_base64 must be set")
