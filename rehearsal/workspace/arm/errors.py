"""Errors in Azure Resource Manager's shape: `{"error": {"code": ..., "message": ...}}`.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations


class ArmError(Exception):
    """What a request is refused with."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def document(self) -> dict[str, dict[str, str]]:
        """The body of the answer."""
        return {"error": {"code": self.code, "message": self.message}}


def not_found(message: str, code: str = "ResourceNotFound") -> ArmError:
    """What is asked for, or what it would be part of, does not exist (404)."""
    return ArmError(404, code, message)


def invalid(message: str, code: str = "InvalidRequestContent") -> ArmError:
    """The request itself is wrong (400)."""
    return ArmError(400, code, message)


def conflict(message: str, code: str = "Conflict") -> ArmError:
    """The request contradicts what exists (409)."""
    return ArmError(409, code, message)
