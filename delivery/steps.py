"""The steps of delivery: a target of the Makefile each, run here, and told to the commit and its pull request."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from delivery.errors import DeliveryError
from delivery.forge import Forge, Status, pull_request_here
from delivery.text import cut, fenced

TAIL = 60  # lines of output that a failure's comment shows


@dataclass(frozen=True)
class Step:
    """A target with its variables.

    `after`: steps that must have succeeded for the same commit, in whatever run. `told`: the commit's statuses say what
    became of it; GitHub takes a thousand of a name for a commit, too few for what runs every hour.
    """

    make: tuple[str, ...]
    after: tuple[str, ...] = ()
    told: bool = True


# Prod takes only what staging has had from main: a hot-fix goes the same way. An integration's trial is another step.
STEPS: Mapping[str, Step] = {
    "lint": Step(("lint",)),
    "unit": Step(("unit",)),
    "infra": Step(("test", "TESTS=tests/infra")),
    "policy": Step(("policy",)),
    "plan-staging": Step(("review", "ENV=staging")),
    "plan-prod": Step(("review", "ENV=prod")),
    "deploy-staging": Step(("deploy", "ENV=staging")),
    "try-staging": Step(("deploy", "ENV=staging")),
    "integration": Step(("integration", "ENV=staging")),
    "restore-staging": Step(("restore", "ENV=staging")),
    "clean-up-staging": Step(("sweep", "ENV=staging"), told=False),
    "deploy-prod": Step(("deploy", "ENV=prod"), after=("deploy-staging",)),
    "train-prod": Step(("train", "ENV=prod")),
    "roll-back-model": Step(("roll-back", "ENV=prod")),
}


def step_named(name: str) -> Step:
    """Raises DeliveryError for a name that is none."""
    if name not in STEPS:
        raise DeliveryError("STEP", repr(name), f"one of {', '.join(STEPS)}")
    return STEPS[name]


def context(name: str) -> str:
    """Name of the step's commit status."""
    return f"delivery/{name}"


def perform(name: str, forge: Forge | None) -> int:
    """Run the step, show its output as it comes, tell what became of it; make's exit status."""
    step = step_named(name)
    if forge is None or not step.told:
        return _make(step, deque(maxlen=TAIL))
    forge.set_status(Status(context(name), "pending", "runs"))
    output: deque[str] = deque(maxlen=TAIL)
    try:
        _require(forge, step)
        status = _make(step, output)
    except DeliveryError as error:
        output.append(str(error))
        sys.stdout.write(f"{error}\n")
        status = 1
    _tell(forge, name, status, output)
    return status


def _require(forge: Forge, step: Step) -> None:
    for name in step.after:
        # Once is enough: a repetition that was refused or cut off takes nothing back.
        said = [said for said in forge.statuses(forge.run.commit) if said.context == context(name)]
        if all(one.state != "success" for one in said):
            found = f"{said[0].state}: {said[0].description}" if said else "no such status"
            raise DeliveryError(
                f"commit {forge.run.commit}, status {context(name)}", found, "success, before this step"
            )


def _make(step: Step, output: deque[str]) -> int:
    # What a calling make tells its children is not for this one.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    process = subprocess.Popen(
        ["make", "--no-print-directory", *step.make],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=inherited,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if line.strip():
            output.append(line.rstrip())
    return process.wait()


def _tell(forge: Forge, name: str, status: int, output: deque[str]) -> None:
    pull, kind, url = pull_request_here(forge), f"step-{name}", f"[in the log]({forge.run.url})"
    if status == 0:
        if pull:
            passed = f"`{name}` passes as of {forge.run.commit}."
            forge.edit_comment(pull.number, kind, lambda _: passed, create=False)
        forge.set_status(Status(context(name), "success", output[-1] if output else "done"))
        return
    if pull:
        text = f"❌ **`{name}` failed** for {forge.run.commit}; all of it is {url}.\n\n{fenced(output)}"
        forge.edit_comment(pull.number, kind, lambda _: cut(text, url))
    # make's own last line only repeats that it failed.
    told = [line for line in output if not line.startswith("make")]
    forge.set_status(Status(context(name), "failure", told[-1] if told else f"status {status}"))
