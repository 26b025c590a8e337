"""What delivery asks of where pull requests live: statuses of commits, comments, and a way to tell people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["pending", "success", "failure"]
DESCRIPTION_LENGTH = 140  # GitHub's most


@dataclass(frozen=True)
class Run:
    """The run of a pipeline that we are in.

    `commit` is the one that people see: a pull request's head where it is about one, not the trial merge with main.
    """

    pipeline: str
    commit: str
    pull_request: int | None
    url: str


@dataclass(frozen=True)
class Status:
    """What a commit is said to have come to, in one respect."""

    context: str
    state: State
    description: str

    def __post_init__(self) -> None:
        if len(self.description) > DESCRIPTION_LENGTH:
            object.__setattr__(self, "description", f"{self.description[: DESCRIPTION_LENGTH - 1]}…")


@dataclass(frozen=True)
class PullRequest:
    """A pull request, with the commit that was reviewed last."""

    number: int
    head: str


class Forge(Protocol):
    """GitHub, or Azure DevOps."""

    @property
    def run(self) -> Run:
        """The run that we are in."""

    def set_status(self, status: Status) -> None:
        """Say of the run's commit what it has come to."""

    def statuses(self, commit: str) -> list[Status]:
        """What has been said of a commit, the newest first."""

    def pull_request_of(self, commit: str) -> PullRequest | None:
        """The pull request by which a commit came to main, or that it belongs to."""

    def edit_comment(self, number: int, kind: str, edit: Callable[[str], str], *, create: bool = True) -> None:
        """Change the one comment of its kind on a pull request, in place; where there is none, begin with an empty one.

        Args:
            create: False: do nothing where there is none.
        """

    def tell_people(self, subject: str, text: str) -> None:
        """Tell people who look at no pull request; said again of the same subject, it joins what was said."""

    def settle(self, subject: str, text: str) -> None:
        """The subject needs nobody any more."""


def mark_of(kind: str) -> str:
    """What a comment of that kind begins with, which Markdown does not show."""
    return f"<!-- understudy:{kind} -->\n"


def pull_request_here(forge: Forge) -> PullRequest | None:
    """The pull request that the run is about, open or merged."""
    if forge.run.pull_request is not None:
        return PullRequest(forge.run.pull_request, forge.run.commit)
    return forge.pull_request_of(forge.run.commit)
