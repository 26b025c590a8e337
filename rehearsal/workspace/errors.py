"""Errors in Databricks' shape: an HTTP status, an error code, a message (and the request's id, added on the way out).

The codes are those that databricks-sdk maps to exceptions:
https://docs.databricks.com/api/azure/workspace/introduction
"""

from __future__ import annotations


class DatabricksError(Exception):
    """What a request is refused with."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.message = message


def body(error_code: str, message: str, request_id: str) -> dict[str, object]:
    """The error as JSON's object."""
    details = [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": request_id}]
    return {"error_code": error_code, "message": message, "details": details}


def not_found(message: str, code: str = "RESOURCE_DOES_NOT_EXIST") -> DatabricksError:
    """The named thing does not exist (404)."""
    return DatabricksError(404, code, message)


def already_exists(message: str, code: str = "RESOURCE_ALREADY_EXISTS") -> DatabricksError:
    """The name is taken (409)."""
    return DatabricksError(409, code, message)


def denied(message: str) -> DatabricksError:
    """The principal may not do this (403)."""
    return DatabricksError(403, "PERMISSION_DENIED", message)


def invalid(message: str, code: str = "INVALID_PARAMETER_VALUE") -> DatabricksError:
    """The request itself is wrong (400)."""
    return DatabricksError(400, code, message)


def unauthenticated(message: str) -> DatabricksError:
    """No credential, or one that is unknown or expired (401)."""
    return DatabricksError(401, "UNAUTHENTICATED", message)
