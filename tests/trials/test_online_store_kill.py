"""The workspace is killed while it publishes: the online table holds one version whole, and reaches the latest one."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import psycopg
import pyarrow as pa

from tests.workspace.online_store_support import make_feature_table, make_store, publish, reader, sql_name, synced
from tests.workspace.serving_support import Workspace

KILLS = int(os.environ.get("TRIALS", "20"))
ROWS = 200_000
LONGEST_SECONDS = 1.5
SOURCE, ONLINE, STORE = "dev.flights.many", "dev.flights.many_online", "features"


def test_no_kill_leaves_half_a_publication(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.start()
    try:
        workspace.make_model()
        admin = workspace.admin()
        make_store(admin, STORE)
        rows = pa.table({"id": range(ROWS), "generation": [0.0] * ROWS})
        delta = make_feature_table(workspace.platform, admin, SOURCE, rows, ["id"])
        publish(admin, SOURCE, ONLINE, STORE)
        synced(admin, ONLINE, 0, seconds=120)
        chance = random.Random(5)
        left: set[float] = set()
        for generation in range(1, KILLS + 1):
            delta.update({"generation": str(float(generation))})
            publish(admin, SOURCE, ONLINE, STORE, chance.choice(["SNAPSHOT", "TRIGGERED"]))
            time.sleep(chance.uniform(0, LONGEST_SECONDS))
            workspace.kill()
            workspace.start()
            found = _generations(workspace)
            assert found in ([(ROWS, float(generation - 1))], [(ROWS, float(generation))])
            left.add(found[0][1] - generation)
            synced(admin, ONLINE, generation, seconds=120)
            assert _generations(workspace) == [(ROWS, float(generation))]
        assert left == {-1.0, 0.0}, "every kill came before, or every kill came after the publication"
    finally:
        workspace.stop()


def _generations(workspace: Workspace) -> list[tuple[int, float]]:
    """How many rows the table has of each generation."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(reader(workspace.platform, STORE)) as connection:
                query = f"SELECT count(*), generation FROM {sql_name(ONLINE)} GROUP BY generation"
                return [(int(count), float(generation)) for count, generation in connection.execute(query)]
        except psycopg.OperationalError:  # PostgreSQL is being started
            assert time.monotonic() < deadline
            time.sleep(0.05)
