"""What the account service says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Account",
    summary=(
        "The account's own port: workspaces, their assignments, the metastore, budget policies, network connectivity."
    ),
    works=(
        "workspaces as Azure Resource Manager made them; who is assigned to which, and with which right to enter",
        "the metastore, and its assignment to workspaces",
        "budget policies with tags; jobs and endpoints name those only of which their makers are users or managers",
        "network connectivity configurations with private endpoint rules, and their binding to workspaces: whose Spark "
        "and SQL reach a closed storage account by such a rule only",
    ),
    differs=(
        "there are three workspaces, dev, staging and prod, in which a name of Azure's finds its place",
        "private endpoint rules are approved at once, and of two parts of an account that of `dfs` is the one that "
        "counts; the Files API, models and endpoints reach any storage",
        "nothing is billed: budget policies are kept, and no cost is counted; nobody is a billing administrator",
    ),
    refused=("further metastores",),
)
