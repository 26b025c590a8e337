"""Feeds that are CSV files of this folder: `<model>/<table>.csv`, in the order of time, lands in twelve parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.play.world import data_sets

FOLDER = Path(__file__).parent
PARTS = 12


@dataclass(frozen=True)
class Sample:
    """The feed of the files of one folder: part after part, as if each were a month."""

    folder: Path

    def files(self, months: range) -> Iterator[tuple[str, bytes]]:
        """The months' parts of each table's rows."""
        for file in sorted(self.folder.glob("*.csv")):
            frame = data_sets.read_file(file)
            for month in months:
                first, behind = (len(frame) * part // PARTS for part in (month - 1, month))
                yield f"{file.stem}/{file.stem}-{month:02}.csv", data_sets.csv(frame.iloc[first:behind])


def feeds(folder: Path = FOLDER) -> dict[str, Sample]:
    """A feed for each folder with CSV files, by its name, which is the model's."""
    return {name: Sample(folder / name) for name in sorted({file.parent.name for file in folder.glob("*/*.csv")})}
