"""Set-up on a machine that lacks things: each is named, with the way to get it, before anything else happens."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDED_BY_THE_SCRIPT = ("sh", "sed", "head")


def prerequisites(path: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | {"PATH": str(path)}
    script = str(ROOT / "setup" / "prerequisites.sh")
    return subprocess.run(["/bin/sh", script], env=environment, capture_output=True, text=True)


def machine_with(folder: Path, *programs: str) -> Path:
    for program in (*NEEDED_BY_THE_SCRIPT, *programs):
        found = shutil.which(program)
        assert found, f"{program} is needed by this test"
        (folder / program).symlink_to(Path(found).resolve())
    return folder


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    done = prerequisites(machine_with(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    for name in ("Python 3.11", "git", "Java 17", "Terraform or OpenTofu"):
        assert f"missing: {name}" in done.stderr
    assert done.stderr.count("get it:") == 4


def test_an_old_java_is_told_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "java").write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    (tmp_path / "java").chmod(0o755)
    done = prerequisites(machine_with(tmp_path, "git", "python3"))
    assert done.returncode == 1
    assert "missing: Java 17 or newer" in done.stderr
    assert "found:  11" in done.stderr


def test_the_interpreter_is_printed_when_all_is_there() -> None:
    done = prerequisites(Path(os.environ["PATH"]))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).exists()


def test_make_alone_lists_the_targets() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
    for target in ("rehearse", "test", "down", "lint", "synth", "wheel"):
        assert f"make {target} " in done.stdout
