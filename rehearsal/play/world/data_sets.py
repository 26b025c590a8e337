"""Reading the data that Python packages bring along, and writing them as the files of a feed."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import pandas as pd


@cache
def read(package: str, name: str) -> pd.DataFrame:
    """A file of a package's folder `data`, every value as the text it has there; read once, for nobody to change.

    The package is not imported: doing so reads all of its data and needs libraries that are not there.
    """
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None, f"the package {package} is installed"
    return read_file(Path(found.origin).parent / "data" / name)


def read_file(file: Path) -> pd.DataFrame:
    """A CSV file, every value as the text it has there."""
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def csv(frame: pd.DataFrame) -> bytes:
    """A file of these rows."""
    return frame.to_csv(index=False).encode()
