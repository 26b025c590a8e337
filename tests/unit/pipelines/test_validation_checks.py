"""Each check of a model's answers, passed and failed: with real LightGBM and real MLflow files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from environments.metrics import OwnMetric, Problem
from environments.settings import Model
from environments.validation import Fairness
from pipelines.evaluation.metrics import Metrics, SliceQuality
from pipelines.evaluation.versions import LoadedVersion, load_files
from pipelines.features.lookups import feature_columns
from pipelines.models import load_code
from pipelines.training.algorithms import FITS, Rows
from pipelines.validation.answers import example_check, scores_check
from pipelines.validation.checks import Check, Subject
from pipelines.validation.fairness import fairness_check
from pipelines.validation.latency import REPEATS, ROUNDS, latency_check, rounds
from pipelines.validation.own import own_checks
from pipelines.validation.quality import metric_check, slice_checks
from pipelines.validation.robustness import robustness_checks, without
from tests.unit.pipelines.small_models import MODEL, Answer, flights, loaded, rain

ROWS, CODE = flights(), load_code(MODEL.name)
METRICS = Metrics("binary", CODE.METRICS)
LOOKED_UP = [feature for table in MODEL.feature_tables.values() for feature in table.features]


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> LoadedVersion:
    """Boosted trees, fitted, saved as training saves them, and loaded again."""
    import mlflow

    folder = tmp_path_factory.mktemp("trees")
    rows = Rows(ROWS[:2000], ROWS[2000:], feature_columns(MODEL), MODEL.categorical, MODEL.label, MODEL.problem, 7)
    fitted = FITS["lightgbm"](rows, {"rounds": 40, "learning_rate": 0.1, "num_leaves": 15})
    mlflow.pyfunc.save_model(
        str(folder / "files"),
        python_model=str(fitted.scorer),
        artifacts=fitted.save(folder),
        model_config={
            "features": feature_columns(MODEL),
            "categorical": MODEL.categorical,
            "output": "probability",
        },
        input_example=ROWS[feature_columns(MODEL)].head(3),
        pip_requirements=["lightgbm==4.6.0"],
    )
    return load_files(folder / "files")


def robust(model: LoadedVersion, settings: Model = MODEL) -> dict[str, Check]:
    checks = robustness_checks(model, ROWS, settings, CODE.ON_DEMAND, METRICS)
    return {check.name: check for check in checks}


def with_rules(**rules: object) -> Model:
    """The model with other rules of validation."""
    return MODEL.model_copy(update={"validation": MODEL.validation.model_copy(update=rules)})


def test_real_trees_pass(trees: LoadedVersion) -> None:
    scores, answered = scores_check(trees, "binary", ROWS)
    checks = [answered, example_check(trees, "binary"), latency_check(trees, ROWS, 100), *robust(trees).values()]
    checks += [fairness_check("binary", ROWS, MODEL.label, scores, rule) for rule in MODEL.validation.fairness]
    assert [str(check) for check in checks if not check.passed] == []


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda rows: pd.DataFrame({"p": np.where(rows.index == 0, np.nan, 0.5)}), "that are no finite number"),
        (lambda rows: pd.DataFrame({"p": np.full(len(rows), 1.25)}), "answers outside 0 to 1, such as 1.25"),
        (lambda rows: pd.DataFrame({"p": np.full(len(rows) + 1, 0.5)}), "ValueError: cannot reshape"),
        (lambda rows: rows["no_such_column"], "KeyError: 'no_such_column'"),
    ],
)
def test_unusable_answers_fail(tmp_path: Path, answer: Answer, found: str) -> None:
    model = loaded(tmp_path, answer)
    example = loaded(tmp_path / "example", answer, input_example=ROWS[feature_columns(MODEL)].head(3))
    for check in (scores_check(model, "binary", ROWS)[1], example_check(example, "binary")):
        assert not check.passed
        assert found in check.found


def test_amounts_may_be_any_finite_number_and_an_example_is_needed(tmp_path: Path) -> None:
    model = loaded(tmp_path, lambda rows: pd.DataFrame({"p": np.full(len(rows), -3.0)}))
    assert scores_check(model, "regression", ROWS)[1].passed
    assert example_check(model, "regression").found == "no example of rows"


@pytest.mark.parametrize(
    ("metric", "value", "worst", "passed"),
    [("roc_auc", 0.6, 0.6, True), ("roc_auc", 0.59, 0.6, False), ("log_loss", 0.6, 0.6, True),
     ("log_loss", 0.61, 0.6, False), ("alarm_cost", 0.5, 0.6, True), ("roc_auc", float("nan"), 0.6, False)],
)  # fmt: skip
def test_the_worst_value_that_passes(metric: str, value: float, worst: float, passed: bool) -> None:
    check = metric_check("held_out", value, worst, with_rules(metric=metric))
    assert check.passed is passed
    assert check.expected == f"at {'least' if metric == 'roc_auc' else 'most'} {worst}"


def test_own_metrics_say_which_side_is_better() -> None:
    gain = MODEL.model_copy(update={"metrics": {"gain": OwnMetric(description="€", more_is_better=True)}})
    rules = gain.model_copy(update={"validation": MODEL.validation.model_copy(update={"metric": "gain"})})
    assert not metric_check("held_out", 1.0, 2.0, rules).passed


def test_slices_are_judged_each() -> None:
    slices = [SliceQuality("carrier", name, 900, {"roc_auc": value}) for name, value in (("UA", 0.5), ("B6", 0.7))]
    bad, good = slice_checks(slices, MODEL)
    assert (bad.name, bad.passed, good.passed) == ("slice_carrier_UA", False, True)
    assert "roc_auc 0.5000 on 900 rows" in str(bad)


def group_rows(problem: Problem, errors: Sequence[float]) -> tuple[pd.DataFrame, np.ndarray]:
    """Groups a, b, … of 1000 rows each; the share of positives that is missed, or the mean error, of each."""
    random = np.random.default_rng(1)
    groups = np.repeat([chr(ord("a") + number) for number in range(len(errors))], 1000)
    error = np.repeat(np.asarray(errors), 1000)
    if problem == "regression":
        labels = random.normal(size=len(groups)) * 10
        return pd.DataFrame({"group": groups, "label": labels}), labels + error
    labels = np.tile(np.arange(1000) < 100, len(errors)).astype(int)
    seen = labels.astype(bool) & (random.random(len(labels)) >= error)
    return pd.DataFrame({"group": groups, "label": labels}), np.where(seen, 0.3, 0.1) + random.random(len(labels)) / 100


@pytest.mark.parametrize(
    ("problem", "errors", "passed"),
    [("binary", (0.1, 0.1, 0.15), True), ("binary", (0.1, 0.6), False), ("regression", (0.5, -0.5), True),
     ("regression", (2.0, -2.0), False)],
)  # fmt: skip
def test_groups_that_are_served_unlike(problem: Problem, errors: Sequence[float], passed: bool) -> None:
    rows, scores = group_rows(problem, errors)
    rule = Fairness(column="group", max_difference=0.2, min_rows=500)
    check = fairness_check(problem, rows, "label", scores, rule)
    assert check.passed is passed, check
    assert check.value is not None
    expected = max(errors) - min(errors)
    assert check.value == pytest.approx(expected / (10 if problem == "regression" else 1), abs=0.1)


def test_small_groups_and_groups_without_positives_are_not_judged() -> None:
    rows, scores = group_rows("binary", (0.1, 0.6))
    check = fairness_check("binary", rows, "label", scores, Fairness(column="group", max_difference=0.2, min_rows=1001))
    assert check.passed
    assert "nothing to compare" in check.found
    rows.loc[rows["group"] == "b", "label"] = 0
    rule = Fairness(column="group", max_difference=0.2)
    assert "nothing to compare" in fairness_check("binary", rows, "label", scores, rule).found


def test_a_missing_value_is_a_group() -> None:
    rows, scores = group_rows("binary", (0.0, 0.6))
    rows["group"] = rows["group"].where(rows["group"] == "a")
    check = fairness_check("binary", rows, "label", scores, Fairness(column="group", max_difference=0.2))
    assert not check.passed
    assert "(missing)" in check.found


def test_a_slow_model_fails(tmp_path: Path) -> None:
    def slow(rows: pd.DataFrame) -> pd.DataFrame:
        time.sleep(0.02)
        return rain(rows)

    check = latency_check(loaded(tmp_path, slow), ROWS, 5)
    assert not check.passed
    assert check.value is not None and 20 <= check.value < 100
    assert [len(times) for times in rounds(loaded(tmp_path / "again", rain), ROWS.head(3))] == [REPEATS] * ROUNDS


def test_a_model_that_cannot_do_without_a_feature_fails(tmp_path: Path) -> None:
    def needs_rain(rows: pd.DataFrame) -> pd.DataFrame:
        if rows["precip"].isna().any():
            raise ValueError("no rain")
        return rain(rows)

    checks = robust(loaded(tmp_path, needs_rain))
    assert checks["missing_each"].found == "without precip: ValueError: no rain"
    assert "no rain" in checks["missing_all"].found
    assert "no rain" in checks["missing_quality"].found
    assert not any(check.passed for check in checks.values())
    spreads = robust(
        loaded(tmp_path / "again", lambda rows: pd.DataFrame({"p": rain(rows)["probability"] + rows["temp"] * 0}))
    )
    assert "without temp: 200 of 200 answers that are no finite number" in spreads["missing_each"].found


def test_quality_without_looked_up_features(tmp_path: Path) -> None:
    model = loaded(tmp_path, rain)
    found = robust(model)["missing_quality"]
    assert found.passed and found.value is not None and 0.55 < found.value < 0.7
    assert not robust(model, with_rules(missing_threshold=0.75))["missing_quality"].passed
    assert "missing_quality" not in robust(model, with_rules(missing_threshold=None))
    assert robust(model, MODEL.model_copy(update={"feature_tables": {}})) == {}


def test_what_is_computed_of_missing_features_is_missing_too() -> None:
    changed = without(ROWS, ["temp"], MODEL, CODE.ON_DEMAND)
    assert changed[["temp", "feels_like"]].isna().all(axis=None)
    same = without(ROWS, ["precip"], MODEL, CODE.ON_DEMAND)
    assert same["feels_like"].equals(ROWS["feels_like"])
    assert ROWS["temp"].notna().all()


def test_an_error_in_an_own_check_is_a_failed_check_of_its_name() -> None:
    def careless(subject: Subject) -> Check:
        raise ZeroDivisionError("of nothing")

    checks = own_checks([careless, *CODE.CHECKS], Subject(MODEL, ROWS, np.full(len(ROWS), 0.2)))
    assert [(check.name, check.passed) for check in checks] == [("careless", False), ("mean_probability", True)]
    assert "ZeroDivisionError: of nothing" in str(checks[0])
    assert not own_checks(CODE.CHECKS, Subject(MODEL, ROWS, np.full(len(ROWS), 0.9)))[0].passed
