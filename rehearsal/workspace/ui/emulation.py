"""What the web pages say of themselves on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Web pages",
    summary="Pages under `/ui` of the account and of each workspace, drawn on the server, usable by keyboard alone.",
    works=(
        "Signing in with any access token or with an address that works once (`make sign-in`); signing out.",
        "Catalogs, schemas, tables, views, volumes with files, functions and models; columns, keys, properties, tags.",
        "Sample rows and history of a table, selected on a SQL warehouse as who is signed in.",
        "Effective access of anyone to anything: each privilege, what gives it, and which missing privilege or "
        "workspace binding hinders it.",
        "Lineage of a table as a graph, up and down.",
        "Jobs with schedules and triggers; a run as a graph of its tasks with logs, errors and task values; run now, "
        "cancel, repair.",
        "Experiments, runs with metrics over steps, parameters and files; models with versions, aliases and tags.",
        "Approve and Reject on a model's page, for versions that a task `approval…` waits for, as in deployment jobs.",
        "Serving endpoints with served entities, traffic, metrics and logs, and a form that asks the endpoint.",
        "Monitors with each column's profile and drift metrics over windows; dashboards with their widgets.",
        "Alerts with the history of their states; the mailbox with e-mails and webhooks' deliveries.",
        "The addresses of Databricks' own pages (`/jobs/1/runs/2`, `/explore/data/…`, `/ml/…`) lead to these pages.",
    ),
    differs=(
        "The pages are this project's own: they show what the REST API tells and do not look like Databricks'.",
        "A session is a cookie with a token of its own, for 12 hours at most; it ends with the token that opened it.",
        "Notebooks, the SQL editor and the editing of dashboards have no pages.",
        "A version says by its tag `<task>_status` = PENDING that an approval is awaited, instead of a deployment job "
        "linked to the model; the answer is a tag, and no run is repaired.",
        "A pie is drawn as columns, markdown of a dashboard as text.",
    ),
    refused=(
        "Forms that were not sent by a page of the same workspace and session (403).",
        "Other people's effective access, to who may not manage the object (403), as the permissions API has it.",
    ),
)
