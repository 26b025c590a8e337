"""Rate limits of the AI gateway: how often an endpoint may be asked, by anybody, by each user, by some principals.

Counted in memory over the last minute, as a limit of traffic and not an account of it: a restart begins anew.
https://learn.microsoft.com/azure/databricks/ai-gateway/configure-ai-gateway-endpoints
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from databricks.sdk.service.serving import AiGatewayRateLimit, AiGatewayRateLimitKey

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Body

_PERIOD_SECONDS = 60.0  # the API has one renewal period: minute
_Key = tuple[str, ...]


class RateLimits:
    """The requests of the last period, by what limits them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[_Key, deque[float]] = {}
        self._lock = threading.Lock()

    def admit(self, endpoint: Body, principal: Principal) -> None:
        """Count a request of the principal. Raises DatabricksError 429 when a limit is reached."""
        limits = [
            AiGatewayRateLimit.from_dict(limit) for limit in (endpoint.get("ai_gateway") or {}).get("rate_limits") or []
        ]
        if not limits:
            return
        counted = [
            (limit, (str(endpoint["id"]), *key))
            for limit, key in _applying(limits, principal)
            if limit.calls is not None
        ]
        now = self._clock()
        with self._lock:
            for limit, key in counted:
                seen = self._seen.setdefault(key, deque())
                while seen and seen[0] <= now - _PERIOD_SECONDS:
                    seen.popleft()
                if len(seen) >= (limit.calls or 0):
                    raise _exceeded(endpoint["name"], limit)
            for _, key in counted:
                self._seen[key].append(now)


def _applying(limits: list[AiGatewayRateLimit], principal: Principal) -> list[tuple[AiGatewayRateLimit, _Key]]:
    """Limits that count this request, with what they count together. A principal's own limit replaces that of users."""
    key = AiGatewayRateLimitKey
    named = {limit.principal: limit for limit in limits if limit.key in (key.USER_GROUP, key.SERVICE_PRINCIPAL)}
    own = [
        (limit, ("principal", name, principal.name) if limit.key == key.USER_GROUP else ("principal", name))
        for name, limit in named.items()
        if name and name in principal.names
    ]
    result: list[tuple[AiGatewayRateLimit, _Key]] = []
    for limit in limits:
        if limit.key in (None, key.ENDPOINT):
            result.append((limit, ("endpoint",)))
        elif limit.key == key.USER and not own:
            result.append((limit, ("user", principal.name)))
    return [*result, *own]


def _exceeded(endpoint: str, limit: AiGatewayRateLimit) -> DatabricksError:
    what = (limit.key or AiGatewayRateLimitKey.ENDPOINT).value
    return DatabricksError(
        429,
        "REQUEST_LIMIT_EXCEEDED",
        f"Exceeded the rate limit of {limit.calls} calls per minute for endpoint '{endpoint}' (key: {what}).",
    )
