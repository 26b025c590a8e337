"""Staging and prod are the same but for what their settings say: shown setting by setting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.infra.json_paths import differences, named
from tests.infra.synthesis import ROOT, Stacks, synthesize

# In place of an attribute: there are more resources of this type, or fewer.
WHOLE = "*"
# By setting: what it changes, as (type of resource, attribute). Settings that only pipelines read change nothing.
CHANGES: dict[str, set[tuple[str, str]]] = {
    "azure.subscription_id": {("azurerm", "subscription_id")},
    "azure.network": {("azurerm_subnet", "address_prefixes"), ("azurerm_virtual_network", "address_space")},
    "azure.log_retention_days": {("azurerm_log_analytics_workspace", "retention_in_days")},
    "compute.classic": {("databricks_cluster_policy", "definition")},
    "compute.task_retries": {("databricks_job", "task")},
    "overrides": set(),
    "asks_people": {("databricks_grants", WHOLE), ("databricks_job", "task")},
    "rolls_out": {("databricks_job", WHOLE), ("databricks_permissions", WHOLE)},
    "disposable": {
        ("azurerm_key_vault", "soft_delete_retention_days"),
        ("databricks_catalog", "force_destroy"),
        ("databricks_schema", "force_destroy"),
    },
    "protected": {
        ("azurerm_storage_account", "account_replication_type"),
        *(
            (kind, "lifecycle")
            for kind in (
                "azurerm_databricks_access_connector",
                "azurerm_databricks_workspace",
                "azurerm_key_vault",
                "azurerm_resource_group",
                "azurerm_storage_account",
                "azurerm_storage_container",
                "databricks_catalog",
                "databricks_external_location",
                "databricks_online_store",
                "databricks_registered_model",
                "databricks_schema",
                "databricks_sql_table",
                "databricks_storage_credential",
                "databricks_volume",
            )
        ),
    },
    "paused_schedules": {
        ("databricks_alert_v2", "schedule"),
        ("databricks_job", "schedule"),
    },
}
# What dev says of prod, and of staging does not: its jobs read prod's tables and models.
OF_DEV, READ_FROM_DEV = (
    re.compile(r"^(compares_with|snapshot_of): prod\n", re.MULTILINE),
    {("databricks_grants", "grant")},
)
SECTIONS = ("azure", "compute")
STACKS = ("prod", "prod-workspace")
Settings = dict[str, Any]


def by_key(settings: Settings) -> Settings:
    """The settings with the sections' keys as keys of their own, such as `azure.network`."""
    flat: Settings = {}
    for key, value in settings.items():
        flat |= {f"{key}.{inner}": item for inner, item in value.items()} if key in SECTIONS else {key: value}
    return flat


def nested(flat: Settings) -> Settings:
    settings: Settings = {}
    for key, value in flat.items():
        section, _, inner = key.rpartition(".")
        (settings.setdefault(section, {}) if section else settings)[inner] = value
    return settings


def read(name: str) -> Settings:
    """The environment's settings, under the name of prod."""
    return by_key(yaml.safe_load((ROOT / "environments" / f"{name}.yaml").read_text().replace("staging", "prod")))


def from_staging_to_prod() -> Iterator[tuple[str, Settings]]:
    """Staging's settings, turned into prod's one by one: the setting that was changed, and all settings then."""
    settings, prod = read("staging"), read("prod")
    for key in [*settings, *(key for key in prod if key not in settings)]:
        if settings.get(key) != prod.get(key):
            settings = {k: v for k, v in settings.items() if k != key} | ({key: prod[key]} if key in prod else {})
            yield key, settings


def changes(before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """(type, attribute) of what differs; of a resource that only one of the two has, (type, WHOLE)."""
    for path in differences(before, after):
        _, kind, name, attribute = path[:4]
        there = [name in stack.get("resource", {}).get(kind, {}) for stack in (before, after)]
        yield (kind, attribute if path[0] != "resource" or all(there) else WHOLE)


def test_each_difference_of_staging_and_prod_comes_from_a_setting_that_differs(
    settings_folder: Callable[[], Path], stacks: Stacks, tmp_path: Path
) -> None:
    folder = settings_folder()
    dev = (folder / "dev.yaml").read_text()
    (folder / "dev.yaml").write_text(OF_DEV.sub("", dev))
    before = {name: named(stacks[name.replace("prod", "staging")], "staging", "prod") for name in STACKS}
    found = {}
    for number, (key, settings) in enumerate(from_staging_to_prod()):
        (folder / "prod.yaml").write_text(yaml.safe_dump(nested(settings)))
        after = synthesize(tmp_path / str(number), folder, only="prod")
        found[key] = {change for name in STACKS for change in changes(before[name], after[name])}
        before = {name: after[name] for name in STACKS}

    assert found == CHANGES
    assert {change for name in STACKS for change in changes(before[name], stacks[name])} == READ_FROM_DEV


def test_with_the_same_settings_they_are_the_same(settings_folder: Callable[[], Path], tmp_path: Path) -> None:
    folder = settings_folder()
    (folder / "prod.yaml").write_text((folder / "staging.yaml").read_text().replace("staging", "prod"))
    (folder / "dev.yaml").write_text(OF_DEV.sub("", (folder / "dev.yaml").read_text()))
    stacks = synthesize(tmp_path / "out", folder)
    for name in STACKS:
        assert stacks[name] == named(stacks[name.replace("prod", "staging")], "staging", "prod")
