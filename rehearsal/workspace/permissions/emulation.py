"""What the permissions service says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Permissions",
    summary="Access control lists of workspace objects, and roles on what belongs to the account.",
    works=(
        "jobs, endpoints, experiments, registered models, warehouses, directories, dashboards, alerts, "
        "cluster policies, and the use of tokens",
        "levels include each other as documented; owners, administrators and groups count",
        "every service asks before it answers",
        "rule sets of service principals and budget policies, with etags, by the account and by each workspace; to "
        "set `run_as` to a service principal takes the role of its user, of administrators as well",
    ),
    differs=("of folders' lists, no object inherits",),
    refused=(
        "lists of objects that are not emulated: clusters, pools, pipelines, repos, apps",
        "rule sets of the account itself, of groups and of tag policies",
    ),
)
