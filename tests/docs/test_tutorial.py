"""The tutorial is followed in a copy of the checkout, up to where a rehearsal would take its minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import following, markdown
from tests.rehearsal.checkout import copy_files

TUTORIAL = markdown.ROOT / "docs" / "tutorial.md"
RUN = ("PYTHONPATH=", "./understudy new-model", "make test")


@pytest.mark.trial
@pytest.mark.timeout(600)
def test_the_tutorials_files_and_commands_give_a_model_that_passes_its_tests(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    copy_files(root)
    ran = following.follow(root, TUTORIAL, RUN)
    assert "environments/models/rain.yaml" in ran[1]
    settings = following.run(root, ".venv/bin/python -c 'from environments.consistency import load_all; load_all()'")
    assert settings.returncode == 0, settings.stderr
