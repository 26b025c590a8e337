"""Faults by name: whoever tests against the workspace asks for the trouble that he wants to survive.

`point(name)` marks a place in the code where the workspace can be made to die; without faults it costs a look-up.
"""

from __future__ import annotations

from rehearsal.workspace.faults.registry import registry


def point(name: str) -> None:
    """Die here, as by `kill -9`, if a fault asks for it."""
    if registry.points:
        registry.reach(name)
