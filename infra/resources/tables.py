"""Tables from their contracts, there before any job has run: bronze, features, predictions, what is known of them."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_databricks.sql_endpoint import SqlEndpoint
from cdktf_cdktf_provider_databricks.sql_table import SqlTable, SqlTableColumn
from constructs import Construct

from environments import names
from environments.inference_log import inference_log
from environments.infrastructure import INFRASTRUCTURE
from environments.ingestion import LEDGER, QUARANTINE
from environments.settings import Environment, Model, TableContract
from environments.streaming import DEAD_LETTERS, PROGRESS, REQUESTS
from infra.resources.catalog import CatalogResources
from infra.resources.identity import JobsIdentity
from infra.resources.protection import protection
from infra.tags import tags

CHANGE_FEED = {"delta.enableChangeDataFeed": "true"}


def contracts(environment: Environment, model: Model) -> dict[str, TableContract]:
    """Every table of the model by full name."""
    return {
        **{names.source_table(environment, model, name): table for name, table in model.sources.tables.items()},
        names.ledger_table(environment, model): LEDGER,
        names.quarantine_table(environment, model): QUARANTINE,
        **{names.feature_table(environment, model, name): table for name, table in model.feature_tables.items()},
        names.prediction_table(environment, model): model.predictions,
        names.inference_log(environment, model): inference_log(model),
        names.infrastructure_metrics(environment, model): INFRASTRUCTURE,
        **_of_streaming(environment, model),
    }


def _of_streaming(environment: Environment, model: Model) -> dict[str, TableContract]:
    of_each = (model.predictions, REQUESTS, DEAD_LETTERS, PROGRESS)
    return dict(zip(names.streaming_tables(environment, model), of_each, strict=False))


def _fed(environment: Environment, model: Model) -> set[str]:
    """Tables of which others take what has changed: the online store, streaming inference, its topic."""
    fed = {names.feature_table(environment, model, name) for name in model.feature_tables}
    if model.batch.sinks.online:
        fed.add(names.prediction_table(environment, model))
    if model.streaming:
        fed.add(names.streamed_table(environment, model, model.streaming))
        fed.add(names.requests_table(environment, model, model.streaming))
        if not model.streaming.from_topic:
            fed.add(names.source_table(environment, model, model.label_table))
    return fed


def add_tables(
    scope: Construct,
    environment: Environment,
    models: Sequence[Model],
    catalog: CatalogResources,
    jobs: JobsIdentity,
    warehouse: SqlEndpoint,
) -> dict[str, SqlTable]:
    """Add the tables, those that models share once; by full name.

    The jobs' service principal owns them: it writes them and declares their primary keys.
    """
    added: dict[str, SqlTable] = {}
    shared = {name: table for model in models for name, table in contracts(environment, model).items()}
    fed = {name for model in models for name in _fed(environment, model)}
    for full_name, contract in shared.items():
        schema, name = full_name.split(".")[1:]
        added[full_name] = SqlTable(
            scope,
            f"table-{schema}-{name}",
            catalog_name=catalog.catalog.name,
            schema_name=catalog.schemas[f"{environment.catalog}.{schema}"].name,
            name=name,
            table_type="MANAGED",
            data_source_format="DELTA",
            comment=contract.comment,
            owner=jobs.application_id,
            properties={**tags(environment), **(CHANGE_FEED if full_name in fed else {})},
            warehouse_id=warehouse.id,
            lifecycle=protection(environment),
            column=[
                SqlTableColumn(
                    name=column, type=content.type, nullable=content.nullable, comment=content.comment or None
                )
                for column, content in contract.columns.items()
            ],
        )
    return added
