"""What workspace folders say of themselves on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Workspace folders",
    summary="Folders that experiments, dashboards, alerts and queries are in.",
    works=(
        "create, list, status, delete with what is inside",
        "folders' access lists",
    ),
    differs=("folders hold what services put there by path",),
    refused=("notebooks, repos and Git folders",),
)
