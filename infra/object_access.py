"""Who may do what with workspace objects, unknown to Unity Catalog: jobs, experiments, endpoints, warehouses."""

from __future__ import annotations

from typing import Literal

from environments import names
from environments.settings import Environment

ObjectType = Literal["job", "experiment", "endpoint", "warehouse"]

WHERE_PEOPLE_WRITE: dict[ObjectType, str] = {
    "job": "CAN_MANAGE_RUN",
    "experiment": "CAN_EDIT",
    "endpoint": "CAN_QUERY",
    "warehouse": "CAN_USE",
}
WHERE_PEOPLE_READ: dict[ObjectType, str] = {
    "job": "CAN_VIEW",
    "experiment": "CAN_READ",
    "endpoint": "CAN_VIEW",
    "warehouse": "CAN_VIEW",
}
# ML engineers run what is released: they start and repair jobs and try the endpoint, and change none of them.
ML_ENGINEERS: dict[ObjectType, str] = {
    "job": "CAN_MANAGE_RUN",
    "experiment": "CAN_READ",
    "endpoint": "CAN_QUERY",
    "warehouse": "CAN_USE",
}
# Jobs log runs, change what the endpoint serves and write by SQL; they never change jobs.
JOBS: dict[ObjectType, str] = {"experiment": "CAN_EDIT", "endpoint": "CAN_MANAGE", "warehouse": "CAN_USE"}


def object_access(environment: Environment, object_type: ObjectType) -> list[tuple[str, str]]:
    """(principal, permission level) of everybody on the environment's objects of a type, sorted by principal."""
    people_write = environment.access.data_scientists == "write"
    levels = {
        environment.groups.data_scientists: (WHERE_PEOPLE_WRITE if people_write else WHERE_PEOPLE_READ)[object_type],
        environment.groups.ml_engineers: (WHERE_PEOPLE_WRITE if people_write else ML_ENGINEERS)[object_type],
    }
    if object_type in JOBS:
        levels[names.service_principal(environment)] = JOBS[object_type]
    return sorted(levels.items())
