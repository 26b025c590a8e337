"""An endpoint is swapped again and again under constant load: no request fails, whatever the swap does."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from databricks.sdk.errors import OperationFailed
from databricks.sdk.service.serving import (
    EndpointCoreConfigInput,
    EndpointStateConfigUpdate,
    EndpointStateReady,
    Route,
    TrafficConfig,
)

from tests.workspace.serving_load import Load
from tests.workspace.serving_support import Workspace, save_broken_model, save_model, served

SWAPS = 50
CONNECTIONS = 8
FACTORS = (2.0, 3.0)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    workspace.start()
    try:
        workspace.make_model()
        yield workspace
    finally:
        workspace.stop()


def test_no_swap_fails_a_request(workspace: Workspace, tmp_path: Path) -> None:
    api = workspace.admin().serving_endpoints
    versions = [workspace.add_version(save_model(tmp_path / str(factor), factor)) for factor in FACTORS]
    broken = workspace.add_version(save_broken_model(tmp_path / "broken"))
    config = EndpointCoreConfigInput(name="swapped", served_entities=[served(versions[0])])
    api.create_and_wait("swapped", config=config)
    right = {factor * 2.0 for factor in FACTORS}
    kinds: Counter[str] = Counter()
    with Load(workspace, "swapped", CONNECTIONS) as load:
        for swap in range(SWAPS):
            if swap % 4 == 3:  # cannot be loaded
                with pytest.raises(OperationFailed):
                    api.update_config_and_wait("swapped", served_entities=[served(broken)])
                found = api.get("swapped").state
                assert found is not None and found.ready == EndpointStateReady.READY
                assert found.config_update == EndpointStateConfigUpdate.UPDATE_FAILED
                kinds["failing"] += 1
            elif swap % 4 == 1:  # traffic is split
                entities = [served(versions[0], "champion"), served(versions[1], "challenger")]
                routes = TrafficConfig([Route(50 + swap % 40, "champion"), Route(50 - swap % 40, "challenger")])
                api.update_config_and_wait("swapped", served_entities=entities, traffic_config=routes)
                kinds["split"] += 1
            else:
                api.update_config_and_wait("swapped", served_entities=[served(versions[swap // 2 % 2])])
                kinds["version"] += 1
        time.sleep(0.2)
    assert sum(kinds.values()) == SWAPS and kinds["version"] == SWAPS // 2
    assert load.failures == []
    assert load.answers.keys() == right
    assert sum(load.answers.values()) > SWAPS * CONNECTIONS
    assert threading.active_count() < 100
