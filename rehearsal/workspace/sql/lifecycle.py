"""Statements' Spark sessions open when first needed and end with the workspace."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.sql import execution


def start(_: Platform) -> None:
    """Nothing to do: a session is opened by its caller's first statement."""


def stop() -> None:
    """End the sessions."""
    execution.close_sessions()
