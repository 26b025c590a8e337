"""How each fault of the year ended, as the data scientist finds it in prod's tables, or as people saw it then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.world.flights import ZONE
from rehearsal.play.year.counts import Sent
from rehearsal.play.year.feed import File, day_file
from rehearsal.play.year.model import Fault as Found
from rehearsal.play.year.plan import DAY_OF, Fault, Month


@dataclass(frozen=True)
class Prod:
    """The tables that tell."""

    spark: SparkSession
    environment: Environment
    model: Model
    sent: Sent

    def entry(self, name: str) -> dict[str, object]:
        """What the ledger says of a file; empty when it knows none of that name."""
        ledger = self.spark.table(names.ledger_table(self.environment, self.model))
        rows = ledger.where(F.endswith("path", F.lit(f"/{name}"))).collect()
        return rows[0].asDict() if rows else {}

    def flights(self, day: date) -> int:
        """Rows of the label table that are of this day in New York."""
        table = names.source_table(self.environment, self.model, self.model.label_table)
        return int(self._of(self.spark.table(table), day).count())

    def predictions(self, day: date) -> tuple[int, int]:
        """Predictions about that day: all, and those whose truth is known."""
        log = self._of(self.spark.table(names.inference_log(self.environment, self.model)), day)
        total, known = log.agg(F.count("*"), F.count(self.model.label)).collect()[0]
        return total, known

    def quarantined(self, name: str) -> Sequence[str]:
        """Reasons for which rows of a file are in the quarantine."""
        table = self.spark.table(names.quarantine_table(self.environment, self.model))
        return [row["reasons"] for row in table.where(F.endswith("path", F.lit(f"/{name}"))).collect()]

    def file(self, name: str) -> File:
        """A file that was sent."""
        return next(file for file in self.sent.files if file.path.endswith(f"/{name}"))

    def _of(self, rows: DataFrame, day: date) -> DataFrame:
        local = F.to_date(F.from_utc_timestamp(self.model.event_time, ZONE))
        return rows.where(local == F.lit(day))


def ended(prod: Prod, months: Sequence[Month], seen: Sequence[Found]) -> list[Found]:
    """All faults of the year in their order; `seen` are those that people have told of already."""
    of_files = [
        Found(month.label, fault.label, fault.value, *_OF_FILES[fault](prod, month))
        for month in months
        for fault in month.faults
        if fault in DAY_OF
    ]
    return sorted([*of_files, *seen], key=lambda found: found.month)


def _missing(prod: Prod, month: Month) -> tuple[str, bool]:
    day = month.day_of(Fault.MISSING)
    total, known = prod.predictions(day)
    flights = prod.flights(day)
    text = f"{total} predictions about {day} wait for their truth, {known} have it; of its flights {flights} are known"
    return text, total > 0 and known == 0 and flights == 0 and not prod.entry(day_file(day))


def _late(prod: Prod, month: Month) -> tuple[str, bool]:
    day = month.day_of(Fault.LATE)
    total, known = prod.predictions(day)
    entry = prod.entry(day_file(day))
    text = f"ingested {entry.get('ingested_at')} UTC; of {total} predictions about {day}, {known} have their truth"
    return text, entry.get("rows_ingested") == prod.file(day_file(day)).rows and known > 0


def _doubled(prod: Prod, month: Month) -> tuple[str, bool]:
    day = month.day_of(Fault.DOUBLED)
    entries = [prod.entry(name) for name in (day_file(day), day_file(day, again=True))]
    ingested, repeated = (sum(int(str(one[f"rows_{what}"])) for one in entries) for what in ("ingested", "repeated"))
    rows, kept = prod.file(day_file(day)).rows, prod.flights(day)
    text = f"of twice {rows} rows {ingested} were ingested, {repeated} told as repeated; the table has {kept}"
    return text, ingested == repeated == rows == kept


def _new_column(prod: Prod, month: Month) -> tuple[str, bool]:
    name = day_file(month.day_of(Fault.NEW_COLUMN))
    entry = prod.entry(name)
    text = f"{entry['rows_ingested']} rows ingested without it; the ledger names the column: {entry['new_columns']}"
    return text, entry["new_columns"] == "gate" and entry["rows_ingested"] == prod.file(name).rows


def _corrupt(prod: Prod, month: Month) -> tuple[str, bool]:
    name = day_file(month.day_of(Fault.CORRUPT))
    file, entry, reasons = prod.file(name), prod.entry(name), prod.quarantined(name)
    text = f"{entry['rows_ingested']} rows ingested, {len(reasons)} in quarantine: {reasons[0] if reasons else 'none'}"
    return text, len(reasons) == file.bad_rows and entry["rows_ingested"] == file.rows - file.bad_rows


_OF_FILES: dict[Fault, Callable[[Prod, Month], tuple[str, bool]]] = {
    Fault.MISSING: _missing,
    Fault.LATE: _late,
    Fault.DOUBLED: _doubled,
    Fault.NEW_COLUMN: _new_column,
    Fault.CORRUPT: _corrupt,
}
