"""Does a model version load and answer: the checks that need its files."""

from __future__ import annotations

import pandas as pd
from mlflow.entities.model_registry import ModelVersion

from pipelines.evaluation.versions import LoadedVersion, load
from pipelines.validation.checks import Check


def load_check(version: ModelVersion) -> tuple[LoadedVersion | None, Check]:
    """Load the version; a version that does not load fails the check, it does not break the stage."""
    expected = "a version that MLflow loads"
    try:
        return load(version), Check("loads", True, "it loads", expected)
    except Exception as error:  # whatever the version's own code raises is the finding
        return None, Check("loads", False, f"{type(error).__name__}: {error}", expected)


def signature_check(model: LoadedVersion) -> Check:
    """Are the types of inputs and outputs declared; the endpoint refuses wrong requests by them."""
    signature = model.model.metadata.signature
    complete = signature is not None and signature.outputs is not None
    return Check("signature", complete, "inputs and outputs" if complete else "not both", "typed inputs and outputs")


def example_check(model: LoadedVersion) -> Check:
    """Does the version answer its own input example with probabilities."""
    expected = "an input example that gets a probability a row"
    example = model.model.input_example
    if not isinstance(example, pd.DataFrame) or example.empty:
        return Check("input_example", False, "no example of rows", expected)
    try:
        answers = model.scores(example)
    except Exception as error:  # whatever the version's own code raises is the finding
        return Check("input_example", False, f"{type(error).__name__}: {error}", expected)
    good = len(answers) == len(example) and bool(((answers >= 0) & (answers <= 1)).all())
    return Check("input_example", good, f"{len(answers)} answers for {len(example)} rows", expected)
