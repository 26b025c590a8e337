"""How much of this machine a served entity may take: Databricks' sizes of requests at a time, as processes and threads.

Small is for up to 4 requests at a time, Medium for 8 to 16, Large for 16 to 64:
https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/create-manage-serving-endpoints
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from databricks.sdk.service.serving import ServedEntityInput, ServedEntityOutput

from rehearsal.workspace.errors import DatabricksError, invalid

_CONCURRENCY = {"Small": 4, "Medium": 16, "Large": 64}
# As many requests as one process answers at a time before a second one helps.
_PER_PROCESS = 4
_PROVISIONED_STEP = 4


@dataclass(frozen=True)
class Size:
    """Processes of a served entity, and how many requests each answers at a time."""

    processes: int
    connections: int

    @property
    def concurrency(self) -> int:
        """Requests that are answered at a time."""
        return self.processes * self.connections


def size(entity: ServedEntityOutput) -> Size:
    """As the served entity's settings say, with no more processes than the machine has processors."""
    concurrency = entity.max_provisioned_concurrency or _CONCURRENCY[entity.workload_size or "Small"]
    processes = min(os.cpu_count() or 1, max(1, concurrency // _PER_PROCESS))
    return Size(processes, -(-concurrency // processes))


def check(entity: ServedEntityInput) -> None:
    """Raises DatabricksError 400 for settings that contradict each other, 501 for what this machine does not have."""
    least, most = entity.min_provisioned_concurrency, entity.max_provisioned_concurrency
    if entity.workload_size is not None and entity.workload_size not in _CONCURRENCY:
        raise invalid(f"workload_size must be one of {', '.join(_CONCURRENCY)}; found '{entity.workload_size}'.")
    if (least is None) != (most is None):
        raise invalid("min_provisioned_concurrency and max_provisioned_concurrency must be specified together.")
    if least is not None and most is not None:
        if entity.workload_size is not None:
            raise invalid("workload_size and provisioned concurrency exclude each other.")
        if least < 0 or most < max(least, 1) or least % _PROVISIONED_STEP or most % _PROVISIONED_STEP:
            raise invalid(
                f"Provisioned concurrency must be multiples of {_PROVISIONED_STEP}, the least no more than the most; "
                f"found {least} and {most}."
            )
    if entity.workload_type is not None and entity.workload_type.value != "CPU":
        raise DatabricksError(
            501, "NOT_IMPLEMENTED", f"The rehearsal serves on CPUs only, not on {entity.workload_type.value}."
        )
