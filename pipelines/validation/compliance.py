"""Compliance: tags with the values that are allowed, and the documents that must go with a version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from mlflow import MlflowClient

from environments.settings import Validation
from pipelines.validation.checks import Check


def tag_value_checks(tags: Mapping[str, str], rules: Validation) -> list[Check]:
    """Has each tag whose values are limited one of them."""
    return [
        Check(f"tag_{tag}", tags.get(tag) in allowed, tags.get(tag) or "no value", f"one of {', '.join(allowed)}")
        for tag, allowed in rules.allowed_tag_values.items()
    ]


def document_checks(client: MlflowClient, run_id: str, rules: Validation) -> list[Check]:
    """Has the version's run each document, with something in it."""
    return [_document(client, run_id, document) for document in rules.required_documents]


def _document(client: MlflowClient, run_id: str, document: str) -> Check:
    folder = str(PurePosixPath(document).parent)
    sizes = {
        found.path: found.file_size or 0 for found in client.list_artifacts(run_id, None if folder == "." else folder)
    }
    size = sizes.get(document)
    found = "no such artifact of the run" if size is None else f"{size} bytes"
    return Check(f"document_{document}", bool(size), found, f"the document {document}, not empty")
