"""Processes of the warm parent: what is known of one is not told of a later one that the system gives the same id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.workspace.processes import WarmParent

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
TRIES = 50
ENDS = (
    "import sys\n\n\ndef main() -> None:\n    sys.exit(int(sys.argv[1]))\n\n\nif __name__ == '__main__':\n    main()\n"
)


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[WarmParent]:
    started = WarmParent(tmp_path / "processes.log")
    yield started
    started.close()


def ended_with(parent: WarmParent, folder: Path, code: int) -> int:
    """The id of a process that will end with that code."""
    (folder / "ends.py").write_text(ENDS)
    return parent.spawn("ends", [str(code)], {"PYTHONPATH": str(folder)}, folder, folder / "output.log")


def test_an_id_that_comes_again_is_another_process(parent: WarmParent, tmp_path: Path) -> None:
    first = ended_with(parent, tmp_path, 3)
    assert parent.wait(first, 60) == 3
    for _ in range(TRIES):
        try:
            LAST_PID.write_text(str(first - 1))  # the next process of this machine gets the first one's id
        except OSError as error:
            pytest.skip(f"ids of processes cannot be chosen here: {error}")
        again = ended_with(parent, tmp_path, 4)
        assert parent.wait(again, 60) == 4
        if again == first:
            break
    else:
        pytest.skip(f"others were given the id in each of {TRIES} tries")
    assert parent.wait(ended_with(parent, tmp_path, 5), 60) == 5
