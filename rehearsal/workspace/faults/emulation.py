"""What faults say of themselves."""

from rehearsal.emulation import Notes
from rehearsal.workspace.faults.fault import POINTS

NOTES = Notes(
    title="Faults",
    summary="Trouble by name, for tests: `POST /api/2.0/understudy/faults` with a `name`, and which requests it meets.",
    works=(
        "`too-many-requests` (429), `temporarily-unavailable` (503, both with `Retry-After`), `server-error` (500)",
        "`dropped-connection`, before a request is served or after (`when`): then the write counts, its answer is lost",
        "`latency`; `slow-consistency`: reads answer from a snapshot of some seconds ago, writes count at once",
        f"`kill`: the workspace dies as by `kill -9`, at a request or at a point: {', '.join(sorted(POINTS))}",
        "Each by `method`, `path` pattern, `times`, `probability`, `after_seconds`",
    ),
    differs=("A fault belongs to the process: after a restart there is none",),
)
