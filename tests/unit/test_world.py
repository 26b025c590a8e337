"""The outside world has data for every model, as the files that the model's code reads."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from environments.settings import load_model, model_names
from pipelines.models import load_code
from rehearsal.play.world import FEEDS, MONTHS, feed_of


def test_every_model_has_a_feed_and_every_feed_a_model() -> None:
    assert sorted(FEEDS) == model_names()


@pytest.mark.parametrize("name", model_names())
def test_files_land_in_the_folders_of_the_source_tables_with_their_columns(name: str) -> None:
    model, code = load_model(name), load_code(name)
    folders = {table.folder: code.RAW_COLUMNS[key] for key, table in model.sources.tables.items()}
    landed = dict(feed_of(name).files(range(2, 3)))
    assert {path.partition("/")[0] for path in landed} == folders.keys()
    for path, content in landed.items():
        frame = pd.read_csv(io.BytesIO(content), dtype=str)
        assert len(frame) and set(folders[path.partition("/")[0]]) <= set(frame.columns), path


@pytest.mark.parametrize("name", model_names())
def test_what_an_environment_has_more_are_whole_files(name: str) -> None:
    staging, prod = (dict(feed_of(name).files(MONTHS[environment])) for environment in ("staging", "prod"))
    assert len(prod) > len(staging)
    assert staging.items() <= prod.items()


def test_a_model_without_a_feed_is_told_with_what_to_do() -> None:
    with pytest.raises(LookupError, match=rf"no data for model churn: .* {', '.join(FEEDS)}; add rehearsal"):
        feed_of("churn")
