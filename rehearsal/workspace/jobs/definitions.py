"""Job definitions: created, read, changed and deleted as https://docs.databricks.com/api/azure/workspace/jobs says."""

from __future__ import annotations

from databricks.sdk.service.jobs import BaseJob, Job, JobSettings

from rehearsal.workspace import clock
from rehearsal.workspace.account import budget_policies
from rehearsal.workspace.context import Call, Principal
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.identity import principals
from rehearsal.workspace.jobs import paging, stored
from rehearsal.workspace.jobs import settings as job_settings
from rehearsal.workspace.permissions import acl, acting
from rehearsal.workspace.store import Body, Transaction


def create(tx: Transaction, call: Call, body: Body) -> int:
    """Store a new job; returns its id. The caller becomes its owner. Raises DatabricksError 400, 403."""
    access = body.get("access_control_list")
    settings = job_settings.complete({name: value for name, value in body.items() if name != "access_control_list"})
    run_as = run_as_of(tx, call.principal, settings)
    budget_policies.require_use(tx, call.principal, settings.get("budget_policy_id"))
    job_id = stored.new_id(tx)
    job = {
        "job_id": job_id,
        "workspace": call.workspace,
        "creator_user_name": call.principal.name,
        "created_time": clock.milliseconds(tx),
        "run_as": run_as,
        "settings": settings,
    }
    tx.put(stored.KIND, stored.key(call.workspace, job_id), job)
    own(tx, call, job_id, access)
    return job_id


def own(tx: Transaction, call: Call, job_id: int, access: list[Body] | None) -> None:
    """Make the caller the owner, and give others the levels of an `access_control_list`. Raises DatabricksError 400."""
    acl.set_owner(tx, call.workspace, "jobs", str(job_id), call.principal.name)
    if access:
        acl.replace(tx, call.workspace, "jobs", str(job_id), _levels(access))


def load(tx: Transaction, call: Call, job_id: int, level: str) -> Body:
    """The job, for one who holds the level on it. Raises DatabricksError 404, 403."""
    job = stored.find(tx, call.workspace, job_id)
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
        job["run_as"] = run_as_of(tx, call.principal, settings, unchanged=job["creator_user_name"])
    elif call.principal.name != job["run_as"] and not call.principal.is_admin:
        # Who may edit the job but not act as its run_as could otherwise put any code under that identity.
        acting.require_run_as(tx, call.principal, principals.load(tx, job["run_as"]))
    if settings.get("budget_policy_id") != job["settings"].get("budget_policy_id"):
        budget_policies.require_use(tx, call.principal, settings.get("budget_policy_id"))
    tx.put(stored.KIND, stored.key(call.workspace, job_id), {**job, "settings": settings})


def delete(tx: Transaction, call: Call, job_id: int) -> None:
    """Delete the job; its runs stay. Raises DatabricksError 403, 404."""
    load(tx, call, job_id, "CAN_MANAGE")
    tx.delete(stored.KIND, stored.key(call.workspace, job_id))
    acl.forget(tx, call.workspace, "jobs", str(job_id))


def visible(tx: Transaction, call: Call, name: str | None) -> list[Body]:
    """Jobs that the caller may view, newest first; with a name, those of exactly that name (case aside)."""
    return [
        job
        for job in reversed(tx.list(stored.KIND, f"{call.workspace}/"))
        if (name is None or job["settings"]["name"].lower() == name.lower())
        and acl.has_level(tx, call.principal, call.workspace, "jobs", str(job["job_id"]), "CAN_VIEW")
    ]


def described(job: Body, page_token: str = "") -> Job:
    """The job as `jobs/get` answers: with a page of its tasks."""
    settings = dict(job["settings"])
    settings["tasks"], following, _ = paging.page(settings.get("tasks", []), page_token, paging.TASKS)
    return Job(
        job_id=job["job_id"],
        created_time=job["created_time"],
        creator_user_name=job["creator_user_name"],
        run_as_user_name=job["run_as"],
        settings=JobSettings.from_dict(settings),
        has_more=following is not None or None,
        next_page_token=following,
    )


def summarized(job: Body, expand_tasks: bool) -> BaseJob:
    """The job as `jobs/list` answers: without its tasks, unless they are asked for."""
    shown = dict(job["settings"])
    more = expand_tasks and len(shown.get("tasks", [])) > paging.TASKS
    if expand_tasks:
        shown["tasks"] = shown.get("tasks", [])[: paging.TASKS]
    if not expand_tasks:
        for field in ("tasks", "environments", "parameters", "job_clusters"):
            shown.pop(field, None)
    return BaseJob(
        job_id=job["job_id"],
        created_time=job["created_time"],
        creator_user_name=job["creator_user_name"],
        settings=JobSettings.from_dict(shown),
        has_more=more or None,
    )


def run_as_of(tx: Transaction, caller: Principal, settings: Body, unchanged: str | None = None) -> str:
    """Whom the job runs as: whom its settings say, or its creator. Raises DatabricksError 400, 403."""
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
    acting.require_run_as(tx, caller, principal)
    return names[0]


def _levels(access: list[Body]) -> dict[str, str]:
    levels = {}
    for entry in access:
        names = [entry[field] for field in ("user_name", "group_name", "service_principal_name") if entry.get(field)]
        if len(names) != 1 or not entry.get("permission_level"):
            raise invalid("Each entry of access_control_list names one principal and a permission_level.")
        levels[names[0]] = entry["permission_level"]
    return levels
