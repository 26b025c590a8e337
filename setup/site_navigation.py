"""A hook of MkDocs: the decisions are in the navigation by their files, so that a new one needs no line anywhere."""

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Add the pages of docs/decisions, in the order of their numbers."""
    docs = Path(config["docs_dir"])
    pages = [str(file.relative_to(docs)) for file in sorted((docs / "decisions").glob("0*.md"))]
    config["nav"].append({"Decisions": ["decisions/README.md", *pages]})
    return config
