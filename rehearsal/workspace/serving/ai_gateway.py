"""AI gateway of an endpoint: rate limits and the inference table, as settings that are checked before accepted.

https://docs.databricks.com/api/azure/workspace/servingendpoints/putaigateway
"""

from __future__ import annotations

from databricks.sdk.service.serving import (
    AiGatewayConfig,
    AiGatewayInferenceTableConfig,
    AiGatewayRateLimit,
    AiGatewayRateLimitKey,
)

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.identity import principals
from rehearsal.workspace.serving import payload_schema
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, service_tables
from rehearsal.workspace.unity_catalog.privileges import SCHEMA

_OF_SOMEBODY = (AiGatewayRateLimitKey.USER_GROUP, AiGatewayRateLimitKey.SERVICE_PRINCIPAL)
_NOT_EMULATED = ("guardrails", "fallback_config")


def configure(tx: Transaction, call: Call, endpoint: Body, body: Body) -> None:
    """Check the gateway's settings and put them into the endpoint's document. Raises DatabricksError 400, 403, 404."""
    config = parsed(AiGatewayConfig, body)
    for name in _NOT_EMULATED:
        if getattr(config, name) is not None:
            raise DatabricksError(501, "NOT_IMPLEMENTED", f"The rehearsal's AI gateway does not emulate {name}.")
    for limit in config.rate_limits or []:
        _check_limit(tx, limit)
    before = AiGatewayConfig.from_dict(endpoint.get("ai_gateway") or {}).inference_table_config
    if config.inference_table_config and config.inference_table_config.enabled:
        _check_table(tx, call, before, config.inference_table_config)
        endpoint["gateway_owner"] = call.principal.name
    endpoint["ai_gateway"] = config.as_dict()


def make_table(call: Call, endpoint: Body) -> None:
    """Make the inference table, if one is wanted and it is not there. Raises DatabricksError 403, 404."""
    name = table_name(endpoint)
    if name is not None:
        comment = f"Requests to the endpoint {endpoint['name']} and its responses"
        service_tables.ensure(call.platform, call.principal, name, payload_schema.SCHEMA, comment)


def table_name(endpoint: Body) -> str | None:
    """Full name of the inference table, if the endpoint has one."""
    table = (endpoint.get("ai_gateway") or {}).get("inference_table_config") or {}
    if not table.get("enabled"):
        return None
    return f"{table['catalog_name']}.{table['schema_name']}.{table['table_name_prefix']}_payload"


def _check_limit(tx: Transaction, limit: AiGatewayRateLimit) -> None:
    if limit.tokens is not None:
        raise invalid("rate_limits: limits of tokens are for models that count tokens; set calls.")
    if limit.calls is None or limit.calls < 0 or limit.renewal_period is None:
        raise invalid("rate_limits: calls (0 or more) and renewal_period (minute) must be specified.")
    if limit.key in _OF_SOMEBODY:
        if not limit.principal:
            raise invalid(f"rate_limits: principal must be specified for key {limit.key.value}.")
        if not principals.exists(tx, limit.principal):
            raise invalid(f"rate_limits: Principal {limit.principal} does not exist.")
    elif limit.principal:
        raise invalid("rate_limits: principal goes with the keys user_group and service_principal only.")


def _check_table(
    tx: Transaction, call: Call, before: AiGatewayInferenceTableConfig | None, wanted: AiGatewayInferenceTableConfig
) -> None:
    if not (wanted.catalog_name and wanted.schema_name and wanted.table_name_prefix):
        raise invalid("inference_table_config needs catalog_name, schema_name and table_name_prefix.")
    if before and before.enabled and before != wanted:
        raise invalid("The inference table cannot be changed while it is enabled: disable it first.")
    access.require(tx, call.principal, SCHEMA, f"{wanted.catalog_name}.{wanted.schema_name}", "CREATE_TABLE")
