"""Does a model version load and answer: the checks that need its files."""

from __future__ import annotations

import mlflow
import pandas as pd
from mlflow.pyfunc import PyFuncModel

from pipelines.evaluation.scores import probabilities
from pipelines.validation.checks import Check


def load_check(uri: str) -> tuple[PyFuncModel | None, Check]:
    """Load the version; a version that does not load fails the check, it does not break the stage."""
    expected = "a version that MLflow loads"
    try:
        return mlflow.pyfunc.load_model(uri), Check("loads", True, "it loads", expected)
    except Exception as error:  # whatever the version's own code raises is the finding
        return None, Check("loads", False, f"{type(error).__name__}: {error}", expected)


def signature_check(model: PyFuncModel) -> Check:
    """Are the types of inputs and outputs declared; the endpoint refuses wrong requests by them."""
    signature = model.metadata.signature
    complete = signature is not None and signature.inputs is not None and signature.outputs is not None
    return Check("signature", complete, "inputs and outputs" if complete else "not both", "typed inputs and outputs")


def example_check(model: PyFuncModel) -> Check:
    """Does the version answer its own input example with probabilities."""
    expected = "an input example that gets a probability a row"
    example = model.input_example
    if not isinstance(example, pd.DataFrame) or example.empty:
        return Check("input_example", False, "no example of rows", expected)
    try:
        answers = probabilities(model, example)
    except Exception as error:  # whatever the version's own code raises is the finding
        return Check("input_example", False, f"{type(error).__name__}: {error}", expected)
    good = len(answers) == len(example) and bool(((answers >= 0) & (answers <= 1)).all())
    return Check("input_example", good, f"{len(answers)} answers for {len(example)} rows", expected)
