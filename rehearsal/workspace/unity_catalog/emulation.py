"""What Unity Catalog says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Unity Catalog",
    summary="One metastore for all workspaces: objects, owners, grants and bindings, enforced alike in every service.",
    works=(
        "catalogs, schemas, managed Delta tables, views, managed volumes, functions in SQL and Python, registered "
        "models with versions and aliases, storage credentials, external locations",
        "the documented privilege model: ownership, inheritance, ALL PRIVILEGES, MANAGE with its reduced need of USE, "
        "BROWSE (`include_browse`, `browse_only`), EXTERNAL USE by name only; tested against a second model",
        "grants by user, group and `account users`; effective permissions with the object that they come from",
        "workspace bindings of catalogs (read-write, read-only), external locations and storage credentials, above "
        "grants and ownership",
        "tags of catalogs, schemas, tables, columns, volumes, models and model versions (`entity-tag-assignments`)",
        "primary keys (time series columns, too), foreign keys; columns from the Delta log",
        "functions and registered models share their names, and are one type of securable in grants, as on Databricks",
        "deletion refused while something is inside, unless forced; paging of all lists of what a catalog holds",
        "lineage of tables by REST and as `system.access.table_lineage`",
    ),
    differs=(
        "the metastore's administrators are the group `admins`",
        "privileges on shares, providers, recipients, connections and clean rooms can be granted and open nothing",
        "a table of a read-only bound catalog refuses grants and tags from that workspace, too",
        "`READ METADATA` and the privileges of secrets and services in Unity Catalog are not known",
        "catalogs and schemas keep their names; tables and views are renamed by SQL, volumes and models by REST, too",
    ),
    refused=(
        "external tables and volumes, foreign and shared catalogs",
        "names with spaces, slashes, dots or control characters, or of more than 255 characters",
        "creating tables by REST, which on Databricks makes external tables only",
    ),
)
