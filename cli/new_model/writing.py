"""Puts the files of a new model into the checkout: all of them once they are known to be right, or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from environments.consistency import load_all
from environments.mistakes import Mistake, SettingsError


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write the files below the root. Raises SettingsError, with nothing written, for settings that do not hold."""
    for path in files:
        if (root / path).parent.exists() and (root / path).exists():
            raise SettingsError([Mistake(root / path, None, "", "this file already", "no such file, or another name")])
    (root / ".understudy").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / ".understudy", prefix="new-model-") as folder:
        draft = Path(folder)
        for path, text in files.items():
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            (draft / path).write_text(text, encoding="utf-8")
            if path.endswith(".py"):
                compile(text, path, "exec")
        _check_settings(root, draft)
        _move(root, draft, files)


def _check_settings(root: Path, draft: Path) -> None:
    """The new settings together with those that are there."""
    with tempfile.TemporaryDirectory(dir=draft) as folder:
        together = Path(folder) / "environments"
        shutil.copytree(root / "environments", together, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        shutil.copytree(draft / "environments", together, dirs_exist_ok=True)
        try:
            load_all(together)
        except SettingsError as error:
            where = [root / "environments" / mistake.file.relative_to(together) for mistake in error.mistakes]
            raise SettingsError(
                [
                    Mistake(file, mistake.line, mistake.key, mistake.found, mistake.expected)
                    for file, mistake in zip(where, error.mistakes, strict=True)
                ]
            ) from error


def _move(root: Path, draft: Path, files: Mapping[str, str]) -> None:
    """Move them one after the other; what was moved goes when one cannot be."""
    moved: list[Path] = []
    made: list[Path] = []
    try:
        for path in files:
            for folder in reversed((root / path).parents):
                if not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            (draft / path).rename(root / path)
            moved.append(root / path)
    except BaseException:
        for file in moved:
            file.unlink()
        for folder in reversed(made):
            folder.rmdir()
        raise
