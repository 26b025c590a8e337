"""The local Azure as a deploying service principal sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.workspace.conftest import Server

TENANT = "00000000-0000-0000-0000-000000000000"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-00000000000a"


@dataclass(frozen=True)
class Azure:
    """A signed-in client of Azure Resource Manager, and the variables that sign Terraform in."""

    http: httpx.Client
    variables: dict[str, str]

    def get(self, path: str) -> dict[str, Any]:
        """A document."""
        answer = self.http.get(path)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Put a document that is accepted."""
        answer = self.http.put(path, json=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self.http.request(method, path, json=body)
        assert answer.is_error, answer.text
        return answer.status_code, answer.json()["error"]["code"]


def sign_in(server: Server, name: str) -> Azure:
    """A new service principal of the account, signed in as Microsoft Entra ID would."""
    account = server.account()
    deployer = account.service_principals_v2.create(display_name=name)
    secret = account.service_principal_secrets.create(str(deployer.id)).secret
    host = server.host("account")
    (cloud,) = httpx.get(f"{host}/metadata/endpoints", params={"api-version": "2022-09-01"}).json()
    login = cloud["authentication"]["loginEndpoint"]
    form = {
        "grant_type": "client_credentials",
        "client_id": str(deployer.application_id),
        "client_secret": str(secret),
        "scope": f"{cloud['authentication']['audiences'][0]}/.default",
    }
    answer = httpx.post(f"{login}/{TENANT}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    client = httpx.Client(base_url=cloud["resourceManager"], headers=headers, params={"api-version": "2024-11-01"})
    variables = {
        "ARM_METADATA_HOSTNAME": host.removeprefix("http://"),
        "ARM_CLIENT_ID": form["client_id"],
        "ARM_CLIENT_SECRET": form["client_secret"],
        "ARM_TENANT_ID": TENANT,
    }
    return Azure(client, variables)
