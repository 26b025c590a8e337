"""The release is tested on what `make rehearse` leaves: of one model, as time is short; of all with `--every-model`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from environments.settings import Model, load_model, model_names
from tests.rehearsal.checkout import Checkout, rehearsed

ONE = "flight_delay"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-model", action="store_true", help=f"live through every model, not {ONE} alone")


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> list[Model]:
    """Those that are lived through; all are deployed."""
    return [load_model(name) for name in (model_names() if pytestconfig.getoption("--every-model") else [ONE])]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory, models: list[Model]) -> Iterator[Checkout]:
    """The rehearsed checkout."""
    named = " ".join(model.name for model in models)
    with rehearsed(tmp_path_factory.mktemp("release") / "understudy", f"MODELS={named}") as made:
        yield made
