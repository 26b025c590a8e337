"""Kafka as a source and a sink: options that compute with Unity Catalog refuses, and Event Hubs' addresses.

An Event Hubs namespace of the local Azure is the broker of the outside world: the gateway is the DNS by which it is
found, and ends the TLS that on loopback would protect nothing. Other addresses are left as they are.
"""

from __future__ import annotations

from typing import Any

from rehearsal.compute.gateway.refusals import forbidden
from rehearsal.workspace.context import Ports

FORMAT = "kafka"
_SERVERS, _PROTOCOL, _LOGIN = "kafka.bootstrap.servers", "kafka.security.protocol", "kafka.sasl.jaas.config"
_EVENT_HUBS = ".servicebus.windows.net:9093"
# https://learn.microsoft.com/azure/databricks/compute/standard-limitations: options that name classes to be loaded.
_REFUSED = frozenset(
    {
        "kafka.sasl.client.callback.handler.class",
        "kafka.sasl.login.callback.handler.class",
        "kafka.sasl.login.class",
        "kafka.partition.assignment.strategy",
    }
)
# Databricks Runtime keeps its Kafka client's classes under a name of their own.
_SHADED = "kafkashaded."


def prepare(options: Any, ports: Ports) -> None:
    """Make the options of a source or sink fit for this compute's Kafka client. Raises Refusal."""
    keys = {key.lower(): key for key in options}
    for key in sorted(_REFUSED & keys.keys()):
        raise forbidden(f"Kafka's option {key}")
    if _LOGIN in keys:
        options[keys[_LOGIN]] = options[keys[_LOGIN]].replace(_SHADED, "")
    servers = [server.strip() for server in options[keys[_SERVERS]].split(",")] if _SERVERS in keys else []
    if servers and all(server.endswith(_EVENT_HUBS) for server in servers):
        options[keys[_SERVERS]] = f"127.0.0.1:{ports.kafka}"
        if _PROTOCOL in keys:
            options[keys[_PROTOCOL]] = options[keys[_PROTOCOL]].replace("SASL_SSL", "SASL_PLAINTEXT")
