"""Every model's package does what its settings say, on the files that the rehearsal's world sends for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments.metrics import SCORE
from environments.settings import load_model, model_names
from pipelines.ingestion.conform import conform, newest_per_key
from pipelines.ingestion.files import FILE, MALFORMED, MODIFIED, ROW, read_files
from pipelines.models import load_code
from rehearsal.play.world import feed_of

LANDED = range(2, 3)


@pytest.fixture
def tables(name: str, spark: SparkSession, tmp_path: Path) -> dict[str, DataFrame]:
    """The bronze tables of some landed files."""
    model, code, found = load_model(name), load_code(name), {}
    landed = dict(feed_of(name).files(LANDED))
    for table, contract in model.sources.tables.items():
        (content,) = (content for path, content in landed.items() if path.startswith(f"{contract.folder}/"))
        file = tmp_path / f"{table}.csv"
        file.write_bytes(content)
        header = tuple(content.decode().partition("\n")[0].split(","))
        raw = code.bronze(table, read_files(spark, {header: [str(file)]}, code.RAW_COLUMNS[table]))
        kept = raw.select(*contract.columns, FILE, MODIFIED, ROW, MALFORMED)
        found[table] = newest_per_key(conform(kept, contract), contract)
    return found


@pytest.mark.parametrize("name", model_names())
def test_functions_are_those_that_the_settings_name(name: str) -> None:
    model, code = load_model(name), load_code(name)
    assert code.RAW_COLUMNS.keys() == model.sources.tables.keys()
    assert code.FEATURES.keys() == model.feature_tables.keys()
    assert code.METRICS.keys() == model.metrics.keys()
    assert code.ON_DEMAND.keys() == model.on_demand_features.keys()
    for feature, settings in model.on_demand_features.items():
        assert code.ON_DEMAND[feature].__annotations__.keys() == {*settings.inputs, "return"}


@pytest.mark.parametrize("name", model_names())
def test_feature_tables_keep_their_contracts(name: str, tables: dict[str, DataFrame]) -> None:
    for table, contract in load_model(name).feature_tables.items():
        types = dict(load_code(name).FEATURES[table](tables.__getitem__).dtypes)
        assert {column: types.get(column) for column in contract.columns} == {
            column: settings.type for column, settings in contract.columns.items()
        }


@pytest.mark.parametrize("name", model_names())
def test_labels_and_predictions_have_the_columns_of_the_settings(name: str, tables: dict[str, DataFrame]) -> None:
    model, code = load_model(name), load_code(name)
    observed = code.observations(tables[model.label_table])
    assert set(model.request_features) <= set(observed.columns)
    labelled = code.labelled(observed)
    assert labelled.where(F.col(model.label).isNull()).count() == 0 < labelled.count()
    if model.problem == "binary":
        assert {row[0] for row in labelled.select(model.label).distinct().collect()} == {0, 1}
    scored = observed.withColumn(SCORE[model.problem], F.lit(0.25)).withColumns(
        {"model_version": F.lit("1"), "scored_at": F.current_timestamp()}
    )
    assert set(model.predictions.columns) <= set(code.predictions(scored).columns)
