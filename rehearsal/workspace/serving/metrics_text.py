"""The metrics of an endpoint's served entities in OpenMetrics' text.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.workspace.serving.served_entity import ServedEntity

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_GAUGES = {
    "cpu_usage_percentage": "Average CPU usage of the model servers, in percent of a processor",
    "mem_usage_percentage": "Average memory usage of the model servers, in percent of the machine's",
    "provisioned_concurrent_requests_total": "Requests that can be answered at a time",
    "request_count_total": "Requests in the past minute",
    "request_4xx_count_total": "Requests answered with a client's error in the past minute",
    "request_5xx_count_total": "Requests answered with a server's error in the past minute",
}
_LATENCY = "request_latency_ms"


def text(endpoint: str, entities: Iterable[ServedEntity]) -> str:
    """All families, each with a line for each served entity."""
    known = [(_labels(endpoint, entity), entity, _gauges(entity)) for entity in entities]
    lines: list[str] = []
    for name, meaning in _GAUGES.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [f"{name}{{{labels}}} {gauges[name]}" for labels, _, gauges in known]
    lines += [f"# HELP {_LATENCY} Milliseconds from request to answer", f"# TYPE {_LATENCY} histogram"]
    for labels, entity, _ in known:
        buckets, total_ms, count = entity.metrics.latency()
        lines += [f'{_LATENCY}_bucket{{{labels},le="{bound}"}} {number}' for bound, number in buckets]
        lines += [f"{_LATENCY}_sum{{{labels}}} {total_ms}", f"{_LATENCY}_count{{{labels}}} {count}"]
    return "\n".join([*lines, "# EOF", ""])


def _gauges(entity: ServedEntity) -> dict[str, float]:
    processes = entity.processes()
    cpu, memory = entity.load.of([process.pid for process in processes])
    counts = entity.metrics.last_minute()
    return {
        "cpu_usage_percentage": cpu,
        "mem_usage_percentage": memory,
        "provisioned_concurrent_requests_total": entity.size.connections * len(processes),
        "request_count_total": counts["all"],
        "request_4xx_count_total": counts["4xx"],
        "request_5xx_count_total": counts["5xx"],
    }


def _labels(endpoint: str, entity: ServedEntity) -> str:
    pairs = {
        "endpoint_name": endpoint,
        "served_entity_name": entity.name,
        "served_model_name": entity.name,
        "served_model_version": entity.spec.entity_version,
    }
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
