"""Who asks, in which workspace, of which platform: what every handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from rehearsal.workspace.clock import Clock
from rehearsal.workspace.store import Store

ACCOUNT = "account"
WORKSPACES = ("dev", "staging", "prod")
EVERYBODY = "account users"


@dataclass(frozen=True)
class Principal:
    """A user or service principal, and the workspace in which he acts.

    `name` (e-mail or application id) is what grants, owners and run_as say. Unity Catalog binds catalogs to workspaces,
    so what he may do depends on `workspace`, too.
    """

    id: str
    name: str
    kind: Literal["user", "service_principal"]
    groups: frozenset[str]
    is_admin: bool
    workspace: str = ACCOUNT

    @property
    def names(self) -> frozenset[str]:
        """Every name under which a grant reaches this principal."""
        return self.groups | {self.name, EVERYBODY}


@dataclass(frozen=True)
class Ports:
    """Loopback ports, all derived from one base: it and the `COUNT` - 1 that follow."""

    COUNT: ClassVar[int] = 21

    base: int

    def http(self, workspace: str) -> int:
        """Port of the account's or a workspace's REST API."""
        return self.base + (ACCOUNT, *WORKSPACES).index(workspace)

    def gateway(self, workspace: str) -> int:
        """Port of a workspace's Spark Connect gateway."""
        return self.base + 11 + WORKSPACES.index(workspace)

    @property
    def kafka(self) -> int:
        """Port of the Kafka broker of the outside world."""
        return self.base + 15

    @property
    def kafka_controller(self) -> int:
        """Port by which that broker's controller is reached, which nobody but itself does."""
        return self.base + 16

    @property
    def outside_postgres(self) -> int:
        """Port of the PostgreSQL server of the outside world."""
        return self.base + 17

    @property
    def postgres(self) -> int:
        """Port of the PostgreSQL server of the online feature stores."""
        return self.base + 19

    @property
    def spark(self) -> int:
        """Port of the Spark Connect server behind the gateways."""
        return self.base + 20


@dataclass(frozen=True)
class Platform:
    """The running installation: its folder, its store, its addresses."""

    home: Path
    store: Store
    ports: Ports

    @cached_property
    def clock(self) -> Clock:
        """The time that users see, which can be moved."""
        return Clock(self.store)

    def host(self, workspace: str) -> str:
        """URL of a workspace (or of the account), as a Databricks configuration profile wants it."""
        return f"http://127.0.0.1:{self.ports.http(workspace)}"

    def spark_remote(self, workspace: str, token: str) -> str:
        """Spark Connect URL; pyspark sends a token without TLS to the host name `localhost` only."""
        return f"sc://localhost:{self.ports.gateway(workspace)}/;token={token}"


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    principal: Principal
    workspace: str
    platform: Platform
    request_id: str

    @property
    def store(self) -> Store:
        """The platform's store."""
        return self.platform.store
