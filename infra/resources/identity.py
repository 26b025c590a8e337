"""The service principal that an environment's jobs run as, which the account's stack made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JobsIdentity:
    """It, by what grants and access lists call it; a Terraform reference."""

    application_id: str
