"""`python -m infra.plan staging`: what deploying would change, who gains or loses access, what has drifted.

Exit status as Terraform's -detailed-exitcode: 0 no change, 2 changes, 1 an error or a plan that Terraform refuses.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from environments import names
from environments.settings import ENVIRONMENTS, load_environment
from infra.plan import tables
from infra.plan.access import access_changes
from infra.plan.changes import changes, drift, outputs
from infra.plan.labels import Labels
from infra.plan.protection import protection
from infra.plan.terraform import PlanError, Planned, plan, program, synthesize

NO_CHANGE, ERROR, CHANGES = 0, 1, 2


def main() -> int:
    """Plan, print, answer the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.plan", description=__doc__)
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="dev, staging or prod: both of its stacks; else a stack, such as account",
    )
    parser.add_argument(
        "--only", action="store_true", help="names are stacks: an environment's name is just that stack"
    )
    options = parser.parse_args()
    try:
        synthesize()
    except PlanError as error:
        sys.stderr.write(f"{error}\n")
        return ERROR
    stacks = options.names if options.only else stacks_of(options.names)
    sys.stderr.write(f"planning {', '.join(stacks)}\n")
    with ThreadPoolExecutor() as threads:
        return worst([_report(planned) for planned in threads.map(_planned, stacks)])


def stacks_of(given: Sequence[str]) -> list[str]:
    """An environment is two stacks: its workspace's first, then its own."""
    found = [stack for name in given for stack in ((f"{name}-workspace", name) if name in ENVIRONMENTS else (name,))]
    return list(dict.fromkeys(found))


def worst(statuses: Sequence[int]) -> int:
    """The exit status of all: an error outranks changes."""
    return max(statuses, key=(NO_CHANGE, CHANGES, ERROR).index)


def _planned(stack: str) -> Planned | PlanError:
    try:
        return plan(stack)
    except PlanError as error:
        return error


def _report(planned: Planned | PlanError) -> int:
    """Print a stack's tables; its exit status."""
    if isinstance(planned, PlanError):
        sys.stderr.write(f"\n{planned}\n")
        return ERROR
    service_principals = {name: names.service_principal(load_environment(name)) for name in ENVIRONMENTS}
    resources = changes(planned.plan, protection(planned.configuration))
    rows = [*resources, *outputs(planned.plan)]
    drifted = drift(planned.plan)
    access = access_changes(planned.plan, Labels(planned.plan, service_principals))

    parts = []
    if drifted:
        parts.append(tables.drift_table(drifted))
    if rows:
        parts.append(tables.changes_table(rows))
    if access:
        parts.append(tables.access_table(access))
    last = f"{planned.stack}: {tables.summary(resources)}"
    if planned.errors:
        last = "\n".join(f"{planned.stack}: Terraform refuses: {told(error)}" for error in planned.errors)
    elif rows:
        last += f"\nto apply just this: {program()} -chdir={_from_here(planned.folder)} apply {planned.file.name}"
    tables.console().print(tables.stack_report(planned.stack, parts, last))
    return ERROR if planned.errors else CHANGES if rows else NO_CHANGE


def told(error: str) -> str:
    """Terraform's error; that of a missing state says what to do."""
    missing = re.match(r"data\.terraform_remote_state\.(\S+): Unable to find remote state", error)
    return f"it stands on {missing[1]}, which is not deployed: deploy that first" if missing else error


def _from_here(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


if __name__ == "__main__":
    sys.exit(main())
