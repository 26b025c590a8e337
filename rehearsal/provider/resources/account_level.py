"""Which API a resource goes to that exists in the account and in workspaces: the provider's block says where it is."""

from __future__ import annotations

from typing import Any


def account_id(api: Any) -> str | None:
    """The account's id when the client is one of the account; None when it is one of a workspace.

    Hosts tell what they are (/.well-known/databricks-config): a workspace names its number, too.
    """
    config = api._cfg
    return None if config.workspace_id else config.account_id


def account_path(api: Any, path: str, version: str = "2.0") -> str:
    """A path of the account's API. Raises ValueError for a client of a workspace."""
    number = account_id(api)
    if number is None:
        raise ValueError(f"the provider must be configured for an account, not for the workspace {api._cfg.host}")
    return f"/api/{version}/accounts/{number}/{path}"


def scim_path(api: Any, collection: str) -> str:
    """A SCIM collection, of the account or of the workspace."""
    number = account_id(api)
    return f"/api/2.0/accounts/{number}/scim/v2/{collection}" if number else f"/api/2.0/preview/scim/v2/{collection}"
