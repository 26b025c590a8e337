"""Kinds as resources of the plugin library: Terraform's create, read, update, delete and import of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tf import iface
from tf.schema import Schema
from tf.types import Unknown

from rehearsal.provider import values, wire
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient


NAMES = ("name", "display_name", "path", "id")  # what people call a resource that has no id yet


class Connected(Protocol):
    """The provider, as its resources know it: configured, with a client."""

    @property
    def api(self) -> ApiClient:
        """The client that the provider block configured."""
        ...


class KindResource(iface.Resource):  # type: ignore[misc]  # the library is untyped here
    """A resource type of Terraform, made of a kind. `adapt` makes the subclass for one kind."""

    kind: Kind

    def __init__(self, provider: Connected) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        """The type's name without `databricks_`."""
        return cls.kind.name

    @classmethod
    def get_schema(cls) -> Schema:
        """The type's schema."""
        return wire.schema(cls.kind)

    def create(self, ctx: Any, planned: Values) -> Values | None:
        """Create; a failure after the resource exists leaves it in the state, which taints it."""
        wanted = _known(planned)
        with _diagnostics(ctx, "create", next((wanted[name] for name in NAMES if wanted.get(name)), None)):
            identifier = self.kind.create(self.provider.api, wanted)
            state: Values = {**wanted, "id": identifier}
            with _diagnostics(ctx, "finish creating", identifier):
                self.kind.finish(self.provider.api, identifier, state)
                state = self._settled(planned, state)
            return values.complete(self.kind.block, state)
        return None

    def read(self, ctx: Any, current: Values) -> Values | None:
        """Refresh; what the workspace no longer has leaves the state."""
        with _diagnostics(ctx, "read", current["id"]):
            remote = self._remote(current)
            if remote is None:
                return None
            return values.refreshed(self.kind.block, current, remote, self.kind.quiet)
        return current

    def update(self, ctx: Any, current: Values, planned: Values) -> Values | None:
        """Change in place. After a failure the state stays as it was; the next refresh finds what did change."""
        wanted = {**_known(planned), "id": current["id"]}
        with _diagnostics(ctx, "update", current["id"]):
            identifier = self.kind.update(self.provider.api, current["id"], current, wanted)
            return values.complete(self.kind.block, self._settled(planned, {**wanted, "id": identifier}))
        return current

    def delete(self, ctx: Any, current: Values) -> Values | None:
        """Delete; what is gone already is deleted."""
        not_found = self._not_found()
        with _diagnostics(ctx, "delete", current["id"]):
            try:
                self.kind.delete(self.provider.api, current["id"], current)
            except not_found:
                return None
            return None
        return current

    def plan(self, ctx: Any, current: Values | None, planned: Values) -> Values | None:
        """Add to an update what it will compute, known or not yet known."""
        before = current or {}
        planned = {**planned, **self.kind.plan(before, planned)}
        if before != planned:
            planned |= dict.fromkeys(self.kind.volatile, Unknown)
        return planned

    def import_(self, ctx: Any, id: str) -> Values | None:
        """Import by id; Terraform reads the rest afterwards."""
        blank = values.complete(self.kind.block, {"id": id})
        with _diagnostics(ctx, "import", id):
            remote = self._remote(blank)
            if remote is None:
                ctx.diagnostics.add_error(f"databricks_{self.kind.name} {id!r} does not exist")
                return None
            return {**blank, **remote, "id": id}
        return None

    def _remote(self, known: Values) -> Values | None:
        try:
            return {**self.kind.read(self.provider.api, known["id"], known), "id": known["id"]}
        except self._not_found():
            return None

    def _settled(self, planned: Values, state: Values) -> Values:
        """Fill in what was unknown in the plan with what the workspace says now."""
        remote = self._remote(state) or {}
        unknown = [name for name, value in planned.items() if value is Unknown and name != "id"]
        return state | {name: remote.get(name) for name in unknown}

    @staticmethod
    def _not_found() -> type[Exception]:
        from databricks.sdk.errors import NotFound

        return NotFound


def adapt(kind: Kind) -> type[KindResource]:
    """The resource type of a kind."""
    return type(f"Databricks{type(kind).__name__}", (KindResource,), {"kind": kind})


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_known(inner) for inner in value]
    return None if value is Unknown else value


@contextmanager
def _diagnostics(ctx: Any, action: str, subject: Any) -> Iterator[None]:
    """Errors of the API, and of local files, become Terraform's diagnostics. Anything else is a defect and passes."""
    from databricks.sdk.errors.base import DatabricksError

    summary = f"cannot {action} {ctx.type_name} {subject or ''}"
    try:
        yield
    except DatabricksError as error:
        # to refusals the SDK adds how it is configured, which is not part of the message
        message, _, configuration = str(error).partition(". Config: ")
        code = f"error_code: {error.error_code or type(error).__name__}"
        ctx.diagnostics.add_error(f"{summary}: {message}", f"{code}\n{configuration}".strip())
    except (OSError, ValueError) as error:
        # the SDK gives up with a TimeoutError whose cause says which address did not answer
        ctx.diagnostics.add_error(f"{summary}: {error}", str(error.__cause__ or type(error).__name__))
