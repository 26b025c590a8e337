"""What must hold between models before they can share an environment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from environments.mistakes import Mistake, SettingsError
from environments.names import WHEEL_SCHEMA
from environments.settings import Model, SourceTable, package_root


def check_models(models: Sequence[Model], root: Path | None = None) -> None:
    """Two models may share source tables, if they say the same of them. Raises SettingsError."""
    mistakes: list[Mistake] = []
    said: dict[tuple[str, str], tuple[str, SourceTable]] = {}
    for model in models:
        file = (root or package_root()) / "models" / f"{model.name}.yaml"
        for schema in {model.schema_name, model.sources.schema_name} & {WHEEL_SCHEMA}:
            mistakes.append(Mistake(file, None, "schema", repr(schema), "another name: this schema holds the wheels"))
        for name, table in model.sources.tables.items():
            other, contract = said.setdefault((model.sources.schema_name, name), (model.name, table))
            if contract != table:
                found = f"another contract than that of models/{other}.yaml"
                mistakes.append(
                    Mistake(file, None, f"sources.tables.{name}", found, "the same, as they share the table")
                )
    if mistakes:
        raise SettingsError(mistakes)
