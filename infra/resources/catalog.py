"""The environment's catalog, its schemas and its volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_databricks.catalog import Catalog
from cdktf_cdktf_provider_databricks.schema import Schema
from cdktf_cdktf_provider_databricks.volume import Volume
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.tags import tags


@dataclass(frozen=True)
class CatalogResources:
    """The catalog; schemas and volumes by full name."""

    catalog: Catalog
    schemas: dict[str, Schema]
    volumes: dict[str, Volume]


def add_catalog(scope: Construct, environment: Environment, models: Sequence[Model]) -> CatalogResources:
    """Add the catalog with a schema of wheels, and each model's schemas and landing volume."""
    catalog = Catalog(
        scope,
        "catalog",
        name=environment.catalog,
        comment=f"Data and models of {environment.name}",
        # Open to every workspace of the metastore: grants say who reads staging and prod from dev.
        isolation_mode="OPEN",
        force_destroy=environment.disposable,
        properties=tags(environment),
    )
    comments = {names.WHEEL_SCHEMA: "The code that jobs run"}
    volumes = {(names.WHEEL_SCHEMA, names.WHEEL_VOLUME): "Wheels, each in the folder of its digest"}
    for model in models:
        comments.setdefault(model.sources.schema_name, "Landed files and the bronze tables that they fill")
        comments.setdefault(model.schema_name, model.description)
        volumes[(model.sources.schema_name, model.sources.landing_volume)] = "Files as they come, a folder a table"
    schemas = {
        f"{environment.catalog}.{name}": _add_schema(scope, environment, catalog, name, comment)
        for name, comment in sorted(comments.items())
    }
    return CatalogResources(
        catalog,
        schemas,
        {
            f"{environment.catalog}.{schema}.{name}": Volume(
                scope,
                f"volume-{schema}-{name}",
                catalog_name=catalog.name,
                schema_name=schemas[f"{environment.catalog}.{schema}"].name,
                name=name,
                volume_type="MANAGED",
                comment=comment,
            )
            for (schema, name), comment in sorted(volumes.items())
        },
    )


def _add_schema(scope: Construct, environment: Environment, catalog: Catalog, name: str, comment: str) -> Schema:
    return Schema(
        scope,
        f"schema-{name}",
        catalog_name=catalog.name,
        name=name,
        comment=comment,
        force_destroy=environment.disposable,
        properties=tags(environment),
    )
