"""Who may do what with workspace objects, which Unity Catalog does not know: jobs, endpoints, dashboards and others.

Every object has one permission level for each principal; who is not named has none, but for the workspace's
administrators. Data scientists run and try things in dev; elsewhere they look at the state, runs and logs, and hold no
permission that computes or changes anything. Where they are not let in, they have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from environments import names
from environments.settings import Environment, Model
from infra.access import Grant, Kind, people
from infra.azure.names import retrain_identity
from infra.job_plans import RETRAINED_BY_ALERTS, job_plans

# A permission level and the reason for it.
Rule = tuple[str, str]

WHERE_PEOPLE_WRITE: dict[Kind, Rule] = {
    "job": ("CAN_MANAGE_RUN", "run what they develop, and see runs and logs"),
    "experiment": ("CAN_EDIT", "log runs of their own"),
    "endpoint": ("CAN_QUERY", "try what is deployed"),
    "dashboard": ("CAN_RUN", "look, and refresh"),
    "alert": ("CAN_RUN", "look, and try"),
    "warehouse": ("CAN_USE", "query"),
    "cluster_policy": ("CAN_USE", "have classic compute within the policy's limits"),
    "secret_scope": ("WRITE", "keep the secrets of trials"),
    "folder": ("CAN_READ", "find experiments and dashboards"),
}
DATA_SCIENTISTS: dict[Kind, Rule] = {
    "job": ("CAN_VIEW", "see the state, runs and logs of pipelines"),
    "experiment": ("CAN_READ", "see metrics, parameters and artifacts"),
    "endpoint": ("CAN_VIEW", "see what is served; requests are for callers"),
    "dashboard": ("CAN_READ", "see how the model does"),
    "alert": ("CAN_READ", "see what is watched, and its state"),
    "warehouse": ("CAN_VIEW", "see that it runs; queries are made from dev"),
    "folder": ("CAN_READ", "find experiments and dashboards"),
}
# ML engineers run what is released: they start and repair jobs and try the endpoint, and change none of them.
ML_ENGINEERS: dict[Kind, Rule] = {
    "job": ("CAN_MANAGE_RUN", "start, repair and stop runs"),
    "experiment": ("CAN_READ", "see metrics, parameters and artifacts"),
    "endpoint": ("CAN_QUERY", "test what is served"),
    "dashboard": ("CAN_RUN", "look, and refresh"),
    "alert": ("CAN_RUN", "look, and test"),
    "warehouse": ("CAN_USE", "query when something fails"),
    "folder": ("CAN_READ", "find experiments and dashboards"),
}
# Jobs log runs, change what the endpoint serves and write by SQL; they never change jobs.
JOBS: dict[Kind, Rule] = {
    "job": ("CAN_VIEW", "measure how runs end and how long they take"),
    "experiment": ("CAN_EDIT", "log runs"),
    "endpoint": ("CAN_MANAGE", "deploy versions and shift traffic"),
    "warehouse": ("CAN_USE", "evaluate alerts"),
    "cluster_policy": ("CAN_USE", "have classic compute where serverless does not do"),
    "secret_scope": ("READ", "reach sinks and sources that ask for a password"),
}
# Secrets that jobs make for themselves, and keep from all others.
JOBS_ALONE: Rule = ("WRITE", "make and read the key of the snapshot's masks, which nobody else may read")
RETRAIN: Rule = ("CAN_MANAGE_RUN", "start the training job when an alert says so")


def object_access(environment: Environment, models: Iterable[Model]) -> list[Grant]:
    """All permissions on the environment's workspace objects, ordered by object and principal."""
    models = list(models)
    found = [
        *(grant for kind, name in _objects(environment, models) for grant in _of_object(environment, kind, name)),
        *(_of_alerts(environment, model) for model in models),
        *_of_masks(environment),
    ]
    return sorted(found, key=lambda g: (g.kind, g.securable, g.principal))


def _objects(environment: Environment, models: list[Model]) -> Iterator[tuple[Kind, str]]:
    yield "folder", names.FOLDER
    yield "warehouse", names.warehouse(environment)
    yield "cluster_policy", names.cluster_policy(environment)
    yield "secret_scope", names.secret_scope(environment)
    for model in models:
        yield "experiment", names.experiment(environment, model)
        yield "endpoint", names.endpoint(environment, model)
        yield "dashboard", names.dashboard(environment, model)
        for alert in model.monitoring.alerts:
            yield "alert", names.alert(environment, model, alert)
        for plan in job_plans(environment, model):
            yield "job", names.job(environment, model, plan.purpose)


def _of_object(environment: Environment, kind: Kind, name: str) -> Iterator[Grant]:
    groups = environment.groups
    of_group = {groups.data_scientists: DATA_SCIENTISTS, groups.ml_engineers: ML_ENGINEERS}
    if environment.access.data_scientists == "write":
        of_group = dict.fromkeys(of_group, WHERE_PEOPLE_WRITE)
    rules_of = {group: of_group[group] for group in people(environment)} | {names.service_principal(environment): JOBS}
    for principal, rules in rules_of.items():
        if kind in rules:
            level, why = rules[kind]
            yield Grant(principal, kind, name, (level,), why)


def _of_masks(environment: Environment) -> Iterator[Grant]:
    """Who might read the key could undo the masks: nobody but the jobs."""
    if environment.snapshot_of:
        level, why = JOBS_ALONE
        yield Grant(names.service_principal(environment), "secret_scope", names.mask_scope(environment), (level,), why)


def _of_alerts(environment: Environment, model: Model) -> Grant:
    """An alert's webhook calls a Logic App, whose identity may run the training job and nothing else."""
    level, why = RETRAIN
    job = names.job(environment, model, RETRAINED_BY_ALERTS)
    return Grant(retrain_identity(environment, model), "job", job, (level,), why)
