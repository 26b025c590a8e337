"""Signatures of the real package databricks-feature-engineering, which runs on Databricks alone and is no dependency.

They are read from its source, without importing it, and kept in feature_engineering_signatures.json:

    pip download --no-deps -d DIR databricks-feature-engineering && unzip -d DIR DIR/*.whl
    python -m tests.workspace.feature_engineering_signatures DIR
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")
SOURCES = {
    "FeatureEngineeringClient": "databricks/feature_engineering/client.py",
    "FeatureLookup": "databricks/ml_features/entities/feature_lookup.py",
    "FeatureFunction": "databricks/ml_features/entities/feature_function.py",
    "DatabricksOnlineStore": "databricks/ml_features/entities/online_store.py",
}
# Names, in order, each with `*` before those by keyword only and `=` after those that have a default.
Signatures = dict[str, dict[str, list[str]]]


def main() -> None:
    """Read the package's source in the folder given."""
    folder = Path(sys.argv[1])
    (about,) = folder.glob("databricks_feature_engineering-*.dist-info")
    read = {name: _methods(name, ast.parse((folder / source).read_text())) for name, source in SOURCES.items()}
    FILE.write_text(json.dumps({"version": about.name.split("-")[1].removesuffix(".dist"), **read}, indent=1) + "\n")


def _methods(name: str, module: ast.Module) -> dict[str, list[str]]:
    (found,) = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == name]
    public = [
        node
        for node in found.body
        if isinstance(node, ast.FunctionDef) and (node.name == "__init__" or not node.name.startswith("_"))
    ]
    fields = [node for node in found.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    if fields and not any(node.name == "__init__" for node in public):  # a data class
        return {"__init__": [f"{ast.unparse(node.target)}{'=' if node.value else ''}" for node in fields]}
    return {node.name: _parameters(node.args) for node in public}


def _parameters(arguments: ast.arguments) -> list[str]:
    positional = [argument.arg for argument in arguments.args if argument.arg != "self"]
    without = len(positional) - len(arguments.defaults)
    told = [f"{name}{'=' if place >= without else ''}" for place, name in enumerate(positional)]
    told += [
        f"*{argument.arg}{'=' if default is not None else ''}"
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return [*told, *([f"**{arguments.kwarg.arg}"] if arguments.kwarg else [])]


if __name__ == "__main__":
    main()
