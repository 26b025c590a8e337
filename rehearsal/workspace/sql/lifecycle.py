"""Statements' Spark sessions open when first needed and end with the workspace."""

from __future__ import annotations

from rehearsal.workspace.context import Platform
from rehearsal.workspace.sql import execution, result_files


def start(platform: Platform) -> None:
    """Forget old results; a session is opened by its caller's first statement."""
    result_files.remove_old(platform)


def stop() -> None:
    """End the sessions."""
    execution.close_sessions()
