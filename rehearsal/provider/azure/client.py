"""Azure Resource Manager's REST API, with the sign-in of a service principal, as the real provider is configured.

ARM_METADATA_HOSTNAME says which cloud (https://developer.hashicorp.com/terraform/language/backend/azurerm and the
provider's `metadata_host`); of a loopback address this client asks by http.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import httpx

API_VERSION = "2024-11-01"
TIMEOUT_SECONDS = 60
VARIABLES = {
    "client_id": "ARM_CLIENT_ID",
    "client_secret": "ARM_CLIENT_SECRET",
    "tenant_id": "ARM_TENANT_ID",
    "subscription_id": "ARM_SUBSCRIPTION_ID",
    "metadata_host": "ARM_METADATA_HOSTNAME",
}


class ArmError(Exception):
    """Azure's refusal: its code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class NotFound(ArmError):
    """What is asked for does not exist."""


class ArmClient:
    """A signed-in client of one subscription."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.subscription = settings["subscription_id"]
        self.tenant = settings["tenant_id"]
        self._settings = settings
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS)
        # Terraform works on several resources at a time; some are parts of one document, read and put again.
        self.changing = threading.Lock()
        self._lock = threading.Lock()
        self._token = ""

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """A resource. Raises NotFound."""
        return self._do("GET", path, query=query)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create or replace a resource."""
        return self._do("PUT", path, body=body)

    def post(self, path: str) -> dict[str, Any]:
        """Run an action of a resource."""
        return self._do("POST", path)

    def delete(self, path: str) -> None:
        """Delete a resource."""
        self._do("DELETE", path)

    def _do(self, method: str, path: str, *, body: Any = None, query: dict[str, str] | None = None) -> dict[str, Any]:
        self._sign_in()
        parameters = {"api-version": API_VERSION, **(query or {})}
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            answer = self._http.request(
                method, f"{self._resources}{path}", params=parameters, json=body, headers=headers
            )
        except httpx.TransportError as error:
            raise ConnectionError(f"{self._resources} does not answer") from error
        if answer.is_error:
            raise _refusal(answer)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def _sign_in(self) -> None:
        """Ask the cloud where its services are, and for a token; once."""
        with self._lock:
            if self._token:
                return
            host = self._settings["metadata_host"]
            try:
                (cloud,) = self._http.get(
                    f"http://{host}/metadata/endpoints", params={"api-version": "2022-09-01"}
                ).json()
                login = cloud["authentication"]["loginEndpoint"]
                self._resources = str(cloud["resourceManager"]).rstrip("/")
                form = {
                    "grant_type": "client_credentials",
                    "client_id": self._settings["client_id"],
                    "client_secret": self._settings["client_secret"],
                    "scope": f"{cloud['authentication']['audiences'][0]}/.default",
                }
                answer = self._http.post(f"{login}/{self.tenant}/oauth2/v2.0/token", data=form)
            except httpx.TransportError as error:
                raise ConnectionError(f"the Azure at {host} does not answer") from error
            if answer.is_error:
                raise ArmError(answer.status_code, answer.json()["error"], answer.json()["error_description"])
            self._token = answer.json()["access_token"]


def connect(block: dict[str, Any]) -> ArmClient:
    """A client from the provider block's attributes; what is not set there comes from the environment.

    Raises ValueError when something is missing, or when the cloud is not a local one.
    """
    settings = {name: str(block.get(name) or os.environ.get(variable, "")) for name, variable in VARIABLES.items()}
    missing = [f"{name} ({VARIABLES[name]})" for name, value in settings.items() if not value]
    if missing:
        raise ValueError(f"not configured: {', '.join(missing)}")
    if not settings["metadata_host"].startswith(("127.0.0.1:", "localhost:")):
        host = settings["metadata_host"]
        raise ValueError(f"the stand-in speaks to a local Azure only, not to {host}; use the real provider there")
    return ArmClient(settings)


def _refusal(answer: httpx.Response) -> ArmError:
    try:
        error = answer.json()["error"]
        code, message = error["code"], error["message"]
    except (ValueError, KeyError, TypeError):
        code, message = "UnexpectedAnswer", answer.text[:500]
    return (NotFound if answer.status_code == 404 else ArmError)(answer.status_code, code, message)
