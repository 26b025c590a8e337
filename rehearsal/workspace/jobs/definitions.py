"""Job definitions: created, read, changed and deleted as https://docs.databricks.com/api/azure/workspace/jobs says."""

from __future__ import annotations

from databricks.sdk.service.jobs import BaseJob, Job, JobSettings

from rehearsal.workspace import clock
from rehearsal.workspace.context import Call, Principal
from rehearsal.workspace.errors import DatabricksError, denied, invalid
from rehearsal.workspace.identity import principals
from rehearsal.workspace.jobs import settings as job_settings
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body, Transaction

KIND = "job"
_FIRST_ID = 400_000_000_000_000


def create(tx: Transaction, call: Call, body: Body) -> int:
    """Store a new job; returns its id. The caller becomes its owner. Raises DatabricksError 400, 403."""
    access = body.get("access_control_list")
    settings = job_settings.complete({name: value for name, value in body.items() if name != "access_control_list"})
    run_as = _run_as(tx, call.principal, settings)
    job_id = _FIRST_ID + tx.next_id(KIND)
    job = {
        "job_id": job_id,
        "workspace": call.workspace,
        "creator_user_name": call.principal.name,
        "created_time": clock.milliseconds(tx),
        "run_as": run_as,
        "settings": settings,
    }
    tx.put(KIND, _key(call.workspace, job_id), job)
    acl.set_owner(tx, call.workspace, "jobs", str(job_id), call.principal.name)
    if access:
        acl.replace(tx, call.workspace, "jobs", str(job_id), _levels(access))
    return job_id


def load(tx: Transaction, call: Call, job_id: int, level: str) -> Body:
    """The job, for one who holds the level on it. Raises DatabricksError 404, 403."""
    job = tx.get(KIND, _key(call.workspace, job_id))
    if job is None:
        # Databricks answers 400 here, and databricks-sdk and the provider know this message as "gone".
        raise DatabricksError(400, "INVALID_PARAMETER_VALUE", f"Job {job_id} does not exist.")
    acl.require_level(tx, call.principal, call.workspace, "jobs", str(job_id), level)
    return job


def replace_settings(tx: Transaction, call: Call, job_id: int, new: Body, removed: list[str] | None) -> None:
    """Change a job: all of its settings, or (`removed` given) the fields in `new` less those in `removed`.

    Raises DatabricksError 400, 403, 404.
    """
    job = load(tx, call, job_id, "CAN_MANAGE")
    if removed is not None:
        new = job_settings.merge(job["settings"], new, removed)
    settings = job_settings.complete(new)
    if settings.get("run_as") != job["settings"].get("run_as"):
        job["run_as"] = _run_as(tx, call.principal, settings, unchanged=job["creator_user_name"])
    elif call.principal.name != job["run_as"] and not call.principal.is_admin:
        # Who may edit the job but not act as its run_as could otherwise put any code under that identity.
        _may_run_as(tx, call.principal, job["run_as"])
    tx.put(KIND, _key(call.workspace, job_id), {**job, "settings": settings})


def delete(tx: Transaction, call: Call, job_id: int) -> None:
    """Delete the job; its runs stay. Raises DatabricksError 403, 404."""
    load(tx, call, job_id, "CAN_MANAGE")
    tx.delete(KIND, _key(call.workspace, job_id))
    acl.forget(tx, call.workspace, "jobs", str(job_id))


def visible(tx: Transaction, call: Call, name: str | None) -> list[Body]:
    """Jobs that the caller may view, newest first; with a name, those of exactly that name (case aside)."""
    return [
        job
        for job in reversed(tx.list(KIND, f"{call.workspace}/"))
        if (name is None or job["settings"]["name"].lower() == name.lower())
        and acl.has_level(tx, call.principal, call.workspace, "jobs", str(job["job_id"]), "CAN_VIEW")
    ]


def described(job: Body) -> Job:
    """The job as `jobs/get` answers."""
    return Job(
        job_id=job["job_id"],
        created_time=job["created_time"],
        creator_user_name=job["creator_user_name"],
        run_as_user_name=job["run_as"],
        settings=JobSettings.from_dict(job["settings"]),
    )


def summarized(job: Body, expand_tasks: bool) -> BaseJob:
    """The job as `jobs/list` answers: without its tasks, unless they are asked for."""
    shown = dict(job["settings"])
    if not expand_tasks:
        for field in ("tasks", "environments", "parameters", "job_clusters"):
            shown.pop(field, None)
    return BaseJob(
        job_id=job["job_id"],
        created_time=job["created_time"],
        creator_user_name=job["creator_user_name"],
        settings=JobSettings.from_dict(shown),
    )


def _run_as(tx: Transaction, caller: Principal, settings: Body, unchanged: str | None = None) -> str:
    """Whom the job runs as: whom its settings say, or its creator."""
    wanted = settings.get("run_as") or {}
    names: list[str] = [wanted[field] for field in ("user_name", "service_principal_name") if wanted.get(field)]
    if len(names) > 1:
        raise invalid("run_as must name either a user or a service principal.")
    if not names:
        return unchanged or caller.name
    try:
        principal = principals.load(tx, names[0])
    except DatabricksError as error:
        raise invalid(f"run_as: {error.message}") from error
    expected = "user" if "user_name" in wanted else "service_principal"
    if principal.kind != expected:
        raise invalid(f"run_as: {names[0]} is not a {expected.replace('_', ' ')}.")
    _may_run_as(tx, caller, names[0])
    return names[0]


def _may_run_as(tx: Transaction, caller: Principal, name: str) -> None:
    if not caller.is_admin and name != caller.name:
        raise denied(f"User {caller.name} does not have permission to make a job run as {name}.")


def _levels(access: list[Body]) -> dict[str, str]:
    levels = {}
    for entry in access:
        names = [entry[field] for field in ("user_name", "group_name", "service_principal_name") if entry.get(field)]
        if len(names) != 1 or not entry.get("permission_level"):
            raise invalid("Each entry of access_control_list names one principal and a permission_level.")
        levels[names[0]] = entry["permission_level"]
    return levels


def _key(workspace: str, job_id: int) -> str:
    return f"{workspace}/{job_id}"
