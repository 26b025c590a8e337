"""Which resources a stack protects from destruction, as its synthesized JSON says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Protection:
    """Addresses that Terraform refuses to destroy, and the types that hold what a stack protects.

    The types matter when a resource leaves the configuration: `prevent_destroy` leaves with it, and Terraform destroys
    without a word.
    """

    addresses: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


def protection(stack: Mapping[str, Any]) -> Protection:
    """Protection that the stack's JSON declares."""
    addresses = {
        (type_, f"{type_}.{name}")
        for type_, resources in stack.get("resource", {}).items()
        for name, resource in resources.items()
        if resource.get("lifecycle", {}).get("prevent_destroy")
    }
    return Protection(frozenset(address for _, address in addresses), frozenset(type_ for type_, _ in addresses))
