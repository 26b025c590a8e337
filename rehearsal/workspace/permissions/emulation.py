"""What the permissions service says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Permissions",
    summary="Access control lists of workspace objects.",
    works=(
        "jobs, endpoints, experiments, registered models, warehouses, directories, dashboards, alerts, "
        "cluster policies, and the use of tokens",
        "levels include each other as documented; owners, administrators and groups count",
        "every service asks before it answers",
    ),
    differs=("of folders' lists, no object inherits",),
    refused=("lists of objects that are not emulated: clusters, pools, pipelines, repos, apps",),
)
