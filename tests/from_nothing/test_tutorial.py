"""The tutorial to its end: its model, of its own data, becomes Champion and answers in staging and in prod."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.play.people import DATA_SCIENTIST
from tests.docs import following
from tests.docs.test_tutorial import TUTORIAL
from tests.rehearsal.checkout import PORT_BASE, Checkout, copy_files, stop

MADE = ("PYTHONPATH=", "./understudy new-model")


@pytest.mark.timeout(1800)
def test_a_data_set_of_ones_own_reaches_champion_and_an_endpoint(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    copy_files(root)
    following.follow(root, TUTORIAL, MADE)
    try:
        done = following.run(root, f"./understudy rehearse --model rain --whole --keep --port-base {PORT_BASE}")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        checkout = Checkout(root, done.stdout, done.returncode)
        for environment in ("staging", "prod"):
            client = checkout.admin(environment)
            version = client.model_versions.get_by_alias(f"{environment}.rain.rain", "Champion")
            assert int(version.version or 0) == 1
            endpoint = client.serving_endpoints.get(f"{environment}-rain")
            assert endpoint.state and endpoint.state.ready and endpoint.state.ready.value == "READY"
        predicted = checkout.spark(DATA_SCIENTIST, "dev").table("prod.rain.predictions")
        assert predicted.count() > 0
    finally:
        stop(root)
