"""What the handlers of jobs and of runs read from a request's body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from databricks.sdk.service.jobs import JobAccessControlRequest, JobRunAs, QueueSettings
from fastapi import Body

from rehearsal.workspace import bodies
from rehearsal.workspace.errors import invalid

Request = Annotated[dict[str, Any], Body()]
# The ids of this API are 64-bit integers.
_LARGEST = 2**63 - 1


@dataclass
class RunRequest:
    """What requests say beside settings; databricks-sdk has no dataclasses of them."""

    idempotency_token: str | None = None
    job_parameters: dict[str, str] = field(default_factory=dict)
    python_params: list[str] = field(default_factory=list)
    python_named_params: dict[str, str] = field(default_factory=dict)
    sql_params: dict[str, str] = field(default_factory=dict)
    only: list[str] = field(default_factory=list)
    queue: QueueSettings | None = None
    run_as: JobRunAs | None = None
    run_name: str | None = None
    access_control_list: list[JobAccessControlRequest] = field(default_factory=list)
    fields_to_remove: list[str] = field(default_factory=list)
    latest_repair_id: int | None = None
    rerun_tasks: list[str] = field(default_factory=list)
    rerun_all_failed_tasks: bool = False
    rerun_dependent_tasks: bool = False


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """A request whose fields are of their types. Raises DatabricksError 400."""
    return bodies.checked(RunRequest, body)


def identifier(body: dict[str, Any], field: str) -> int:
    """The id in the field. Raises DatabricksError 400."""
    try:
        value = int(body[field])
    except KeyError as error:
        raise invalid(f"{field} is required.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(f"{field} must be a number.") from error
    if not 0 <= value <= _LARGEST:
        raise invalid(f"{field} must be a number.")
    return value
