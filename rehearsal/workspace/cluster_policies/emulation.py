"""What the cluster policies say of themselves on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Cluster policies",
    summary="Policies in Databricks' policy language.",
    works=(
        "definitions and overrides of families are checked against the language",
        "CAN_USE lists",
    ),
    differs=("there are no clusters to hold against them: jobs run on serverless compute",),
)
