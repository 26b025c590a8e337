"""What every entry point shares: its named arguments, its settings, its progress lines and its exit status."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.errors import PySparkException

from environments.settings import Environment, Model, load_environment, load_model
from environments.yaml_source import SettingsError
from pipelines.errors import PipelineError
from pipelines.models import ModelCode, load_code
from pipelines.training.cause import UNKNOWN_CAUSE, Cause

log = logging.getLogger("pipelines")
# What Spark says of these names the table or the privilege; a stack trace would add nothing.
PLAIN_CONDITIONS = ("TABLE_OR_VIEW_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "PATH_NOT_FOUND")


@dataclass(frozen=True)
class Task:
    """One run of one stage: for which environment and model, on whose code."""

    stage: str
    environment: Environment
    model: Model
    code: ModelCode
    code_version: str
    model_uri: str
    run_id: str = ""
    """The job's run, where the stage must know it."""
    cause: Cause = UNKNOWN_CAUSE
    """What started a training."""


def run_stage(stage: str, work: Callable[[Task], None], argv: Sequence[str] | None = None) -> None:
    """Run `work` with the settings that the arguments name; exits 2 on bad settings, 1 on bad input."""
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    log.setLevel(logging.INFO)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a log is no terminal
    arguments = _arguments(stage, argv)
    started = time.monotonic()
    try:
        model = load_model(arguments.model)
        task = Task(
            stage=stage,
            environment=load_environment(arguments.environment),
            model=model,
            code=load_code(model.name),
            code_version=arguments.code_version,
            model_uri=arguments.model_uri,
            run_id=arguments.run_id,
            cause=Cause(arguments.trigger, arguments.alert, arguments.alert_state, arguments.reason.strip()),
        )
        log.info("%s: model %s in %s, code %s", stage, task.model.name, task.environment.name, task.code_version)
        work(task)
    except SettingsError as error:
        raise _stop(stage, 2, str(error)) from error
    except PipelineError as error:
        raise _stop(stage, 1, str(error)) from error
    except PySparkException as error:
        condition = (error.getCondition() or "").split(".")[0]
        if not condition.startswith(PLAIN_CONDITIONS):
            raise
        raise _stop(stage, 1, str(error).split("JVM stacktrace")[0].strip()) from error
    log.info("%s: done in %.1f s", stage, time.monotonic() - started)


def _arguments(stage: str, argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=stage, allow_abbrev=False)
    parser.add_argument("--environment", required=True, help="dev, staging or prod")
    parser.add_argument("--model", required=True, help="name of a file of environments/models")
    parser.add_argument("--model-uri", "--model_uri", default="", help="models:/catalog.schema.model/version")
    parser.add_argument(
        "--code-version", "--code_version", default="unknown", help="what identifies the code: the wheel's digest"
    )
    parser.add_argument("--run-id", "--run_id", default="", help="the job's run, which repairs have in common")
    parser.add_argument("--trigger", default="", help="how the job was started, in Databricks' word")
    parser.add_argument("--alert", default="", help="name of the alert that started the job, if one did")
    parser.add_argument("--alert-state", "--alert_state", default="", help="what that alert says: TRIGGERED, or OK")
    parser.add_argument("--reason", default="", help="why the job was started, in words")
    return parser.parse_args(argv)


class Stop(SystemExit):
    """Ends the task with an exit status; its text is the message, so that the run's page shows it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status)
        self.message = message

    def __str__(self) -> str:
        return self.message


def _stop(stage: str, status: int, message: str) -> Stop:
    sys.stdout.flush()
    sys.stderr.write(f"{stage}: {message}\n")
    return Stop(status, f"{stage}: {message}")
