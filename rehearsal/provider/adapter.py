"""Kinds as resources of the plugin library: Terraform's create, read, update, delete and import of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from tf import iface
from tf.schema import Schema
from tf.types import Unknown

from rehearsal.provider import values, wire
from rehearsal.provider.kind import Kind, Values

NAMES = ("name", "display_name", "path", "id")  # what people call a resource that has no id yet


class Connected(Protocol):
    """The provider, as its resources know it: configured, with a client."""

    @property
    def api(self) -> Any:
        """The client that the provider block configured."""
        ...

    def not_found(self) -> type[Exception]:
        """What the client raises when something does not exist."""
        ...

    def explained(self, error: Exception) -> tuple[str, str] | None:
        """A refusal of the service as message and details; None for any other error."""
        ...


class KindResource(iface.Resource):  # type: ignore[misc]  # the library is untyped here
    """A resource type of Terraform, made of a kind. `adapt` makes the subclass for one kind."""

    kind: Kind

    def __init__(self, provider: Connected) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        """The type's name without the provider's prefix."""
        return cls.kind.name

    @classmethod
    def get_schema(cls) -> Schema:
        """The type's schema."""
        return wire.schema(cls.kind)

    def create(self, ctx: Any, planned: Values) -> Values | None:
        """Create; a failure after the resource exists leaves it in the state, which taints it."""
        wanted = _known(planned)
        with self._diagnostics(ctx, "create", next((wanted[name] for name in NAMES if wanted.get(name)), None)):
            identifier = self.kind.create(self.provider.api, wanted)
            state: Values = {**wanted, self.kind.identity: identifier}
            with self._diagnostics(ctx, "finish creating", identifier):
                self.kind.finish(self.provider.api, identifier, state)
                state = self._settled(planned, state)
            return values.complete(self.kind.block, state)
        return None

    def read(self, ctx: Any, current: Values) -> Values | None:
        """Refresh; what the workspace no longer has leaves the state."""
        with self._diagnostics(ctx, "read", current[self.kind.identity]):
            remote = self._remote(current)
            if remote is None:
                return None
            return values.refreshed(self.kind.block, current, remote, self.kind.quiet)
        return current

    def update(self, ctx: Any, current: Values, planned: Values) -> Values | None:
        """Change in place. After a failure the state stays as it was; the next refresh finds what did change."""
        wanted = {**_known(planned), self.kind.identity: current[self.kind.identity]}
        with self._diagnostics(ctx, "update", current[self.kind.identity]):
            identifier = self.kind.update(self.provider.api, current[self.kind.identity], current, wanted)
            return values.complete(self.kind.block, self._settled(planned, {**wanted, self.kind.identity: identifier}))
        return current

    def delete(self, ctx: Any, current: Values) -> Values | None:
        """Delete; what is gone already is deleted."""
        not_found = self.provider.not_found()
        with self._diagnostics(ctx, "delete", current[self.kind.identity]):
            try:
                self.kind.delete(self.provider.api, current[self.kind.identity], current)
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
        blank = values.complete(self.kind.block, {self.kind.identity: id})
        with self._diagnostics(ctx, "import", id):
            remote = self._remote(blank)
            if remote is None:
                ctx.diagnostics.add_error(f"{ctx.type_name} {id!r} does not exist")
                return None
            return {**blank, **remote, self.kind.identity: id}
        return None

    def _remote(self, known: Values) -> Values | None:
        try:
            return {
                **self.kind.read(self.provider.api, known[self.kind.identity], known),
                self.kind.identity: known[self.kind.identity],
            }
        except self.provider.not_found():
            return None

    def _settled(self, planned: Values, state: Values) -> Values:
        """Fill in what was unknown in the plan with what the workspace says now.

        What it answers otherwise than planned is for Terraform to find: an error, unless the kind is lenient.
        """
        remote = self._remote(state) or {}
        unknown = {name for name, value in planned.items() if value is Unknown and name != self.kind.identity}
        filled = state | {name: remote.get(name) for name in unknown | self.kind.answered}
        for name, nested in self.kind.block["block_types"].items():
            listed = isinstance(planned.get(name), list) and nested["nesting_mode"] == "list"
            if listed and name not in self.kind.answered:
                filled[name] = _settled_items(planned[name], filled[name], remote.get(name) or [])
        return filled

    @contextmanager
    def _diagnostics(self, ctx: Any, action: str, subject: Any) -> Iterator[None]:
        """Errors of the service, and of local files, become Terraform's diagnostics; else it is a defect and passes."""
        summary = f"cannot {action} {ctx.type_name} {subject or ''}"
        try:
            yield
        except Exception as error:
            explained = self.provider.explained(error)
            if explained is not None:
                ctx.diagnostics.add_error(f"{summary}: {explained[0]}", explained[1])
            elif isinstance(error, (OSError, ValueError)):
                # clients give up with an error whose cause says which address did not answer
                ctx.diagnostics.add_error(f"{summary}: {error}", str(error.__cause__ or type(error).__name__))
            else:
                raise


def adapt(kind: Kind) -> type[KindResource]:
    """The resource type of a kind."""
    return type(f"{kind.family.title()}{kind.name.title()}", (KindResource,), {"kind": kind})


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_known(inner) for inner in value]
    return None if value is Unknown else value


def _settled_items(planned: list[Any], items: list[Values], remote: list[Values]) -> list[Values]:
    """Blocks with what was unknown in them filled in; the service answers them in the order of the request."""
    settled = []
    for index, (wanted, item) in enumerate(zip(planned, items, strict=True)):
        theirs = remote[index] if index < len(remote) else {}
        unknown = [name for name, value in wanted.items() if value is Unknown]
        settled.append(item | {name: theirs.get(name) for name in unknown})
    return settled
