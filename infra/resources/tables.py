"""Tables from their contracts, there before any job has run: bronze tables, feature tables, predictions."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_databricks.sql_endpoint import SqlEndpoint
from cdktf_cdktf_provider_databricks.sql_table import SqlTable, SqlTableColumn
from constructs import Construct

from environments import names
from environments.settings import Environment, Model, TableContract
from infra.resources.catalog import CatalogResources
from infra.resources.identity import JobsIdentity


def contracts(environment: Environment, models: Sequence[Model]) -> dict[str, TableContract]:
    """Every table of the environment by full name."""
    found: dict[str, TableContract] = {}
    for model in models:
        for name, table in model.sources.tables.items():
            found[names.source_table(environment, model, name)] = table
        for name, feature_table in model.feature_tables.items():
            found[names.feature_table(environment, model, name)] = feature_table
        found[names.prediction_table(environment, model)] = model.predictions
    return found


def add_tables(
    scope: Construct,
    environment: Environment,
    models: Sequence[Model],
    catalog: CatalogResources,
    jobs: JobsIdentity,
    warehouse: SqlEndpoint,
) -> list[SqlTable]:
    """Add the tables; the jobs' service principal owns them: it writes them and declares their primary keys."""
    added = []
    for full_name, contract in contracts(environment, models).items():
        schema, name = full_name.split(".")[1:]
        added.append(
            SqlTable(
                scope,
                f"table-{schema}-{name}",
                catalog_name=catalog.catalog.name,
                schema_name=catalog.schemas[f"{environment.catalog}.{schema}"].name,
                name=name,
                table_type="MANAGED",
                data_source_format="DELTA",
                comment=contract.comment,
                owner=jobs.application_id,
                warehouse_id=warehouse.id,
                column=[
                    SqlTableColumn(
                        name=column, type=content.type, nullable=content.nullable, comment=content.comment or None
                    )
                    for column, content in contract.columns.items()
                ],
            )
        )
    return added
