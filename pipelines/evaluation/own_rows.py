"""Rows as a version sees them in use: with the features that its own look-ups bring, whatever settings say now."""

from __future__ import annotations

import pandas as pd
from databricks.sdk import WorkspaceClient
from mlflow.entities.model_registry import ModelVersion
from pyspark.sql import DataFrame

from pipelines.errors import PipelineError
from pipelines.evaluation.versions import LoadedVersion
from pipelines.features.lookups import Lookups, lookups_of
from pipelines.registry import CHAMPION, uri_of
from pipelines.tables import to_pandas
from pipelines.task import Task, log


def own_rows(
    task: Task, version: ModelVersion, loaded: LoadedVersion, bare: DataFrame, rows: pd.DataFrame
) -> pd.DataFrame:
    """`rows`, which are `bare` with the features of now, where these are the version's own; else `bare` with its own.

    They are in the order of `rows`. Raises PipelineError when what the version looks up is gone.
    """
    own = loaded.lookups
    if own is None or lookups_of(task).bring(own):
        return rows
    log.info("%s was trained with other look-ups: it is given what they bring", uri_of(version))
    _require(version, own, bare)
    key = task.model.entity_key
    found = to_pandas(own.training_set(bare, label=None, also=key).load_df())
    return rows[key].merge(found, on=key, how="left", validate="one_to_one")


def _require(version: ModelVersion, own: Lookups, bare: DataFrame) -> None:
    gone = [f"column {column} of the rows" for column in own.sent if column not in bare.columns]
    gone += own.missing(WorkspaceClient())
    if gone:
        expected = f"all that it looks up for as long as it is {CHAMPION}: bring it back, or set the alias yourself"
        raise PipelineError(f"model {uri_of(version)}, its own look-ups", f"no {', no '.join(gone)}", expected)
