"""The answer to a version that waits for approval, from a person's shell: make approve, make reject.

It goes by the environment's profile of the Databricks configuration file, as who that profile signs in.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from environments import names
from environments.settings import Environment, Model, load_environment, load_model
from environments.yaml_source import SettingsError
from pipelines.errors import PipelineError
from pipelines.registry import (
    ANSWER,
    ANSWER_REASON,
    ANSWERED_BY,
    APPROVAL_STATUS,
    CHALLENGER,
    PENDING,
    TAG_LENGTH,
    find_version,
    uri_of,
    version_with_alias,
)

WORDS = {"approve": "Approved", "reject": "Rejected"}


def answer(environment: Environment, model: Model, word: str, number: str | None, reason: str) -> str:
    """Answer for who is signed in, to the version of this number, else to the Challenger; what was said, in words.

    Raises PipelineError when the version does not wait for an answer.
    """
    if len(reason) > TAG_LENGTH:
        raise PipelineError("reason", f"{len(reason)} characters", f"{TAG_LENGTH} at most")
    try:
        who = WorkspaceClient(profile=environment.profile).current_user.me().user_name
    except ValueError as error:
        where = f"profile {environment.profile} of the Databricks configuration file"
        raise PipelineError(where, str(error), f"how to sign in to the workspace of {environment.name}") from error
    client = MlflowClient(f"databricks://{environment.profile}", f"databricks-uc://{environment.profile}")
    version = _waiting(client, names.registered_model(environment, model), number)
    # The answer comes last: the job goes on when it is there.
    for key, value in ((ANSWERED_BY, who), (ANSWER_REASON, reason), (ANSWER, word)):
        if value:
            client.set_model_version_tag(version.name, version.version, key, value)
    return f"{uri_of(version)} is {word.lower()} by {who}"


def _waiting(client: MlflowClient, name: str, number: str | None) -> ModelVersion:
    """The version that people are asked about. It is the Challenger: only one that passed validation is asked for."""
    version = find_version(client, name, number) if number else version_with_alias(client, name, CHALLENGER)
    if version is None:
        raise PipelineError(f"model {name}, alias {CHALLENGER}", "no version", "one that waits for approval")
    status = version.tags.get(APPROVAL_STATUS, "not set")
    if status != PENDING:
        raise PipelineError(f"model {uri_of(version)}, tag {APPROVAL_STATUS}", status, f"{PENDING}, as while it waits")
    if ANSWER in version.tags:
        raise PipelineError(f"model {uri_of(version)}, tag {ANSWER}", version.tags[ANSWER], "no answer yet")
    return version


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of the wheel for people; exits 2 on bad settings, 1 on bad input and when it is refused."""
    parser = argparse.ArgumentParser(prog="answer_approval", allow_abbrev=False, description=__doc__)
    parser.add_argument("answer", choices=WORDS)
    parser.add_argument("--environment", required=True, help="dev, staging or prod")
    parser.add_argument("--model", required=True, help="name of a file of environments/models")
    parser.add_argument("--version", type=int, help="the version's number; without it, the Challenger's")
    parser.add_argument("--reason", default="", help="why, for those who read the version's tags")
    given = parser.parse_args(argv)
    try:
        environment, model = load_environment(given.environment), load_model(given.model)
        number = None if given.version is None else str(given.version)
        said = answer(environment, model, WORDS[given.answer], number, given.reason.strip())
    except SettingsError as error:
        sys.exit(_told(error, 2))
    except (PipelineError, DatabricksError, MlflowException) as error:
        sys.exit(_told(error, 1))
    sys.stdout.write(f"{said}\n")


def _told(error: Exception, status: int) -> int:
    sys.stderr.write(f"{error}\n")
    return status


if __name__ == "__main__":
    main()
