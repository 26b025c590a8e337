"""What the app says to a person who made a mistake: one message, status 2, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.wheel import WheelError, find_wheel
from tests.infra.synthesis import run_infra


def test_a_typo_in_settings_is_told_and_nothing_is_written(settings_folder: Callable[[], Path], tmp_path: Path) -> None:
    folder = settings_folder()
    file = folder / "staging.yaml"
    file.write_text(file.read_text().replace("catalog:", "catalogue:"))

    result = run_infra(tmp_path / "out", folder)

    assert result.returncode == 2
    assert (
        result.stderr.strip()
        == f"{file}, line 20, key catalogue: found an unknown key; expected catalog (did you mean it?)"
    )
    assert not (tmp_path / "out").exists()


def test_models_that_disagree_on_a_shared_table_are_refused(
    settings_folder: Callable[[], Path], tmp_path: Path
) -> None:
    folder = settings_folder()
    text = (folder / "models" / "flight_delay.yaml").read_text()
    text = text.replace("name: flight_delay", "name: other").replace("schema: flight_delay", "schema: other")
    (folder / "models" / "other.yaml").write_text(text.replace("seats: {type: int,", "seats: {type: bigint,"))

    result = run_infra(tmp_path / "out", folder)

    assert result.returncode == 2
    assert "key sources.tables.planes: found another contract" in result.stderr
    assert "Traceback" not in result.stderr and not (tmp_path / "out").exists()


def test_a_missing_wheel_is_told_with_the_command_that_builds_it(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match="build it with `make wheel`"):
        find_wheel(tmp_path)


def test_two_wheels_are_refused(tmp_path: Path) -> None:
    for version in ("0.1.0", "0.2.0"):
        (tmp_path / f"understudy-{version}-py3-none-any.whl").touch()
    with pytest.raises(WheelError, match="expected one wheel"):
        find_wheel(tmp_path)
