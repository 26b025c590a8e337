"""How a feed delivers: it uploads into the landing volume what is not there yet."""

from __future__ import annotations

import io

from databricks.sdk import WorkspaceClient

from rehearsal.play.world import Feed


def land(feed: Feed, client: WorkspaceClient, landing: str, months: range) -> tuple[int, int]:
    """Upload the files of these months that are not there yet; (files sent, bytes sent)."""
    sent = size = 0
    for path, content in feed.files(months):
        target = f"{landing}/{path}"
        if _is_there(client, target, len(content)):
            continue
        client.files.upload(target, io.BytesIO(content), overwrite=True)
        sent, size = sent + 1, size + len(content)
    return sent, size


def _is_there(client: WorkspaceClient, path: str, size: int) -> bool:
    folder, _, name = path.rpartition("/")
    client.files.create_directory(folder)
    entries = client.files.list_directory_contents(folder)
    return any(entry.name == name and entry.file_size == size for entry in entries)
