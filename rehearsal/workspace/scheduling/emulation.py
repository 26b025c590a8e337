"""What the clock and schedules say of themselves."""

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Schedules, triggers and the clock",
    summary="Jobs, monitors and SQL alerts start by time or by what arrives, durably, on a clock that can be moved.",
    works=(
        "Quartz cron expressions whole (`?`, `L`, `L-3`, `W`, `LW`, `#`, names, years) in every time zone",
        "Jobs: `schedule`, and `trigger` with `periodic`, `file_arrival` or `table_update`; paused and unpaused",
        "A moment fires once: that it fired and the run that it started are one durable write",
        "Tasks and queries have the clock's time: Python's `time` and `datetime`, `current_timestamp()` and its like",
        "`POST /api/2.0/understudy/clock` moves the clock through every moment that is due, each at its own time, or "
        "past them (`asleep`)",
    ),
    differs=(
        "A moment that the workspace missed by more than a minute, because it was down, is not made up for (Quartz's "
        "default threshold, without catch-up)",
        "Of a time that comes twice when daylight saving ends the first one fires; one that is left out does not",
        "When the clock is moved, files' times, Delta's history, Spark's workers and model servers have the machine's; "
        "a stream keeps the moment at which it began",
        "Tokens and signed URLs keep real time: moving the clock signs nobody out",
        "Files and tables are looked at twice a second; on Databricks within a minute or so",
    ),
    refused=("Model triggers and the job setting `continuous`", "Setting the clock back"),
)
