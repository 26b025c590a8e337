"""Who calls: from a bearer token to the principal, and to the run of a job whose task he is."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from rehearsal.compute.gateway.refusals import unauthenticated
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals, tokens


@dataclass(frozen=True)
class Caller:
    """The principal in this workspace; `entity` is the job's run, as lineage tells it."""

    principal: Principal
    entity: dict[str, Any] | None


def authenticate(platform: Platform, workspace: str, spark_token: str, context: Any) -> Caller:
    """The caller of a gRPC method. Raises Refusal (UNAUTHENTICATED)."""
    metadata = dict(context.invocation_metadata())
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Credential was not sent or was of an unsupported type for this API.")
    from_spark, _, name = token.partition(":")
    try:
        with platform.store.transaction() as tx:
            # Spark itself, on behalf of somebody: a foreachBatch function (see python_workers).
            if name and hmac.compare_digest(from_spark, spark_token):
                return Caller(principals.load(tx, name, workspace), None)
            principal = tokens.authenticate(tx, token.strip(), workspace)
            return Caller(principal, (tokens.record_of(tx, token.strip()) or {}).get("entity"))
    except DatabricksError as error:
        raise unauthenticated(error.message) from error
