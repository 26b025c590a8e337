"""URLs of Azure storage, `abfss://container@account.dfs.core.windows.net/folder`: read and compared. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rehearsal.workspace.errors import invalid

_URL = re.compile(r"abfss://([a-z0-9$][a-z0-9-]{2,62})@([a-z0-9]{3,24})\.dfs\.core\.windows\.net((?:/[^/\s]+)*)/?")


@dataclass(frozen=True)
class CloudUrl:
    """A folder of a container."""

    container: str
    account: str
    folders: tuple[str, ...] = ()

    def __str__(self) -> str:
        root = f"abfss://{self.container}@{self.account}.dfs.core.windows.net"
        return "/".join((root, *self.folders))

    def holds(self, other: CloudUrl) -> bool:
        """Is the other the same folder, or below it?"""
        same = (self.container, self.account) == (other.container, other.account)
        return same and other.folders[: len(self.folders)] == self.folders

    def overlaps(self, other: CloudUrl) -> bool:
        """Is one of the two within the other?"""
        return self.holds(other) or other.holds(self)

    def below(self, *folders: str) -> CloudUrl:
        """A folder within this one."""
        return CloudUrl(self.container, self.account, (*self.folders, *folders))


def parse(text: str | None) -> CloudUrl:
    """The URL that a text says. Raises DatabricksError 400."""
    match = _URL.fullmatch(text or "")
    if match is None or any(part in (".", "..") or "\x00" in part for part in match[3].split("/")):
        raise invalid(f"'{text}' is not a URL of the form abfss://container@account.dfs.core.windows.net/folder.")
    return CloudUrl(match[1], match[2], tuple(part for part in match[3].split("/") if part))
