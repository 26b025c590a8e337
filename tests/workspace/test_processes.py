"""Processes of the warm parent: what is known of one is not told of a later one that the system gives the same id.

And Spark's Python workers and Terraform's providers, which it forks for whoever asks at its socket.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rehearsal import forked_python
from rehearsal.compute import worker_python
from rehearsal.provider import install
from rehearsal.workspace.process_parent import CAN_FORK
from rehearsal.workspace.processes import WarmParent

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
TRIES = 50
ENDS = (
    "import sys\n\n\ndef main() -> None:\n    sys.exit(int(sys.argv[1]))\n\n\nif __name__ == '__main__':\n    main()\n"
)


# As Spark's daemon does: says something at its start, then waits for the end of its input. Before, it is told of two
# folders to import from, everybody's and its session's own.
WORKER = """
import os, sys
from pyspark import worker_util

for folder in ("/x/userFiles-1", "/x/userFiles-1/mine"):
    worker_util.add_path(folder)
files = [entry for entry in sys.path if "userFiles" in entry]
print(os.getpid(), "mlflow" in sys.modules, os.environ["SPARK_CONNECT_LOCAL_URL"], sys.argv[1], *files, flush=True)
sys.exit(len(sys.stdin.read()))
"""
needs_fork = pytest.mark.skipif(not CAN_FORK, reason="workers are forked on Linux alone")


@pytest.fixture
def address() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "workers"


@pytest.fixture
def parent(tmp_path: Path, address: Path) -> Iterator[WarmParent]:
    started = WarmParent(tmp_path / "processes.log", address)
    yield started
    started.close()


def ended_with(parent: WarmParent, folder: Path, code: int) -> int:
    """The id of a process that will end with that code."""
    (folder / "ends.py").write_text(ENDS)
    return parent.spawn("ends", [str(code)], {"PYTHONPATH": str(folder)}, folder, folder / "output.log")


@pytest.mark.trial
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


def worker(folder: Path, address: Path) -> subprocess.Popen[str]:
    """A worker as Spark starts it."""
    (folder / "spark_worker.py").write_text(WORKER)
    command = [sys.executable, "-I", "-S", worker_python.__file__, sys.executable, "-m", "spark_worker", "said"]
    environment = {
        "PYTHONPATH": str(folder),
        forked_python.PARENT: str(address),
        worker_python.GATEWAYS: "dev=1,prod=2",
        "SPARK_CONNECT_LOCAL_URL": "sc://localhost:9/;user_id=prod:dana;token=secret",
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def first_words(started: subprocess.Popen[str]) -> list[str]:
    assert started.stdout
    return started.stdout.readline().split()


@needs_fork
def test_a_worker_of_spark_is_forked_with_its_streams(parent: WarmParent, tmp_path: Path, address: Path) -> None:
    ended_with(parent, tmp_path, 0)  # from now on the parent listens
    started = worker(tmp_path, address)
    pid, warm, url, said, *files = first_words(started)
    assert (warm, said, files) == ("True", "said", ["/x/userFiles-1/mine"])
    assert url == "sc://localhost:2/;token=secret:dana"
    assert int(pid) != started.pid
    started.communicate("seven..")
    assert started.returncode == 7
    assert not psutil.pid_exists(int(pid))


@needs_fork
@pytest.mark.trial
def test_a_worker_dies_with_what_spark_ends(parent: WarmParent, tmp_path: Path, address: Path) -> None:
    ended_with(parent, tmp_path, 0)
    started, other = worker(tmp_path, address), worker(tmp_path, address)
    mine, his = (psutil.Process(int(first_words(one)[0])) for one in (started, other))
    started.kill()
    mine.wait(10)
    assert his.is_running()
    other.communicate("")
    assert other.returncode == 0


@needs_fork
def test_a_worker_ends_when_the_parent_is_killed(parent: WarmParent, tmp_path: Path, address: Path) -> None:
    ended_with(parent, tmp_path, 0)
    started = worker(tmp_path, address)
    forked = psutil.Process(int(first_words(started)[0]))
    os.kill(forked.ppid(), signal.SIGKILL)
    assert started.wait(10) == 1
    forked.wait(10)


def test_a_worker_starts_without_a_parent(tmp_path: Path, address: Path) -> None:
    started = worker(tmp_path, address)
    pid, warm, _, said, *files = first_words(started)
    assert (int(pid), warm, said, files) == (started.pid, "False", "said", ["/x/userFiles-1/mine"])
    started.communicate("ab")
    assert started.returncode == 2


@needs_fork
def test_a_provider_is_forked_and_ends_with_what_terraform_ends(
    parent: WarmParent, tmp_path: Path, address: Path
) -> None:
    assert parent.wait(ended_with(parent, tmp_path, 0), 60) == 0
    install.install(tmp_path, real=False)
    [program] = (tmp_path / "terraform" / "plugins" / install.HOSTS[0]).rglob("terraform-provider-azurerm_v*")
    environment = {"PATH": os.environ["PATH"], forked_python.PARENT: str(address)}
    started = subprocess.Popen([program], cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE)
    assert started.stdout and started.stdout.readline().startswith("1|6|unix|")
    [warm] = (one for one in psutil.Process().children() if "rehearsal.workspace.process_parent" in one.cmdline())
    [provider] = warm.children()
    started.kill()
    provider.wait(10)
