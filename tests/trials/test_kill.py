"""The workspace is killed (kill -9) at random moments under load: what it acknowledged is there, the rest whole or not.

Each trial: threads tell stories (see `stories`) until the kill; the workspace is started again, without a hand; stories
must be seen as they were told, those of earlier trials, too: what one restart has shown, the next ones keep.
"""

from __future__ import annotations

import configparser
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port_base
from tests.trials import stories
from tests.trials.story import Api, Story
from tests.trials.warm_workspace import WarmWorkspaces
from tests.workspace.webhook_receiver import Receiver, listening, until

TRIALS = int(os.environ.get("TRIALS", "200"))
SEED = int(os.environ.get("SEED", "6"))
TRIALS_OF_A_HOME = 25
THREADS = 6
START_SECONDS = 120
LOAD_SECONDS = (0.02, 0.8)
CHECKED_AGAIN = 12  # stories of earlier trials
# A tenth of the kills strikes while the workspace starts.
KILLED_AT_START = 0.1


class Trial:
    """One home's workspace, its threads, and all that they were told."""

    def __init__(self, warm: WarmWorkspaces, home: Path, receiver: Receiver, chance: random.Random) -> None:
        self._warm, self._home, self._receiver, self._chance = warm, home, receiver, chance
        self._port_base = free_port_base()
        self._pid = 0
        self._stopped = threading.Event()
        self._stories: list[Story] = []
        self._failed: list[BaseException] = []
        self._context: dict[str, str] = {}
        self._ids: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Start the workspace; sometimes a second kill strikes before it is up."""
        while True:
            self._pid = self._warm.start(self._home, self._port_base)
            if self._stories and self._chance.random() < KILLED_AT_START:
                time.sleep(self._chance.uniform(0, 0.4))
                os.kill(self._pid, signal.SIGKILL)
                continue
            deadline = time.monotonic() + START_SECONDS
            while not self._is_up():
                assert time.monotonic() < deadline, (self._home / "server.log").read_text()[-5000:]
                time.sleep(0.02)
            return

    def prepare(self) -> None:
        """What several stories need."""
        api = self._api()
        config = {"generic_webhook": {"url": self._receiver.url}}
        made = api.do("POST", "/api/2.0/notification-destinations", {"display_name": "told", "config": config})
        api.do("POST", f"{stories.UC}/catalogs", {"name": "models"})
        warehouse = api.do("POST", "/api/2.0/sql/warehouses", {"name": "w", "cluster_size": "2X-Small"})
        self._context = {"destination": made["id"], "warehouse": warehouse["id"]}

    def load_and_kill(self, number: int) -> list[Story]:
        """Tell stories in threads, kill at a random moment; the stories that were told."""
        self._stopped.clear()
        before = len(self._stories)
        threads = [
            threading.Thread(target=self._tell, args=(f"t{number}x{index}", random.Random(self._chance.random())))
            for index in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(self._chance.uniform(*LOAD_SECONDS))
        os.kill(self._pid, signal.SIGKILL)
        self._stopped.set()
        for thread in threads:
            thread.join()
        assert not self._failed, self._failed
        return self._stories[before:]

    def check(self, fresh: list[Story]) -> None:
        """All of the last trial's stories and some of the earlier ones are seen as they were told."""
        api = self._api()
        sample = self._chance.sample(self._stories, min(CHECKED_AGAIN, len(self._stories)))
        for story in {id(story): story for story in (*fresh, *sample)}.values():
            story.check(api)
        for story in fresh:
            for identifier in story.ids:
                assert identifier not in self._ids, f"{identifier} was given out twice"
                self._ids.add(identifier)

    def check_all(self) -> None:
        """At the end: every story ever told, every webhook, nothing left over on disk."""
        api = self._api()
        for story in self._stories:
            story.check(api)
        runs = {identifier for kind, identifier in self._ids if kind == "run"}
        until(lambda: runs <= {body["run"]["run_id"] for _, body in self._receiver.got})
        assert list((self._home / "storage" / ".drafts").glob("*")) == []

    def end(self) -> None:
        """End the workspace, whatever has come."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def _tell(self, name: str, chance: random.Random) -> None:
        with suppress(httpx.TransportError):
            api = self._api()
            for number in range(1000):
                if self._stopped.is_set():
                    return
                story = self._story(f"{name}n{number}", chance)
                self._stories.append(story)
                try:
                    story.tell(api, self._stopped.is_set)
                except httpx.TransportError:
                    return
                except BaseException as error:
                    self._failed.append(error)
                    raise

    def _story(self, name: str, chance: random.Random) -> Story:
        match chance.randrange(9):
            case 0 | 1:
                return stories.of_data(name, chance)
            case 2:
                return stories.of_secrets(name, chance)
            case 3:
                return stories.of_jobs(name, self._context["destination"])
            case 4:
                return stories.of_tracking(name, chance)
            case 5:
                return stories.of_models(name, "models")
            case 6:
                return stories.of_people(name)
            case 7:
                return chance.choice([stories.of_tokens, stories.of_endpoints])(name)
            case _:
                return stories.of_dashboards(name, self._context["warehouse"])

    def _api(self) -> Api:
        profiles = configparser.ConfigParser()
        profiles.read(self._home / "databrickscfg")
        return Api(profiles["dev"]["host"], profiles["dev"]["token"])

    def _is_up(self) -> bool:
        try:
            return all(
                httpx.get(f"http://127.0.0.1:{self._port_base + offset}/.well-known/databricks-config").is_success
                for offset in range(4)
            )
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmWorkspaces]:
    started = WarmWorkspaces()
    yield started
    started.close()


@pytest.mark.timeout(1800)
def test_nothing_acknowledged_is_lost(warm: WarmWorkspaces, tmp_path: Path) -> None:
    told = written = 0
    number, started = 0, time.monotonic()
    for first in range(0, TRIALS, TRIALS_OF_A_HOME):
        home = tmp_path / str(first)
        home.mkdir()
        with listening() as receiver:
            trial = Trial(warm, home, receiver, random.Random(f"{SEED}-{first}"))
            try:
                trial.start()
                trial.prepare()
                for number in range(first, min(TRIALS, first + TRIALS_OF_A_HOME)):
                    fresh = trial.load_and_kill(number)
                    trial.start()
                    trial.check(fresh)
                    told, written = told + len(fresh), written + sum(story.acknowledged for story in fresh)
                trial.check_all()
            except BaseException:
                print(f"seed {SEED}: failed in trial {number}, of the home of trial {first}")
                raise
            finally:
                trial.end()
        print(f"seed {SEED}: {number + 1} trials, {told} stories, {written} writes, {time.monotonic() - started:.0f} s")
