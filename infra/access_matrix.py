"""The whole of who may do what in an environment: what documents and comparisons of plans read."""

from __future__ import annotations

from collections.abc import Iterable

from environments.settings import Environment, Model
from infra.access import Grant, grants
from infra.account_access import account_access
from infra.object_access import object_access


def access_matrix(
    environment: Environment, models: Iterable[Model], environments: Iterable[Environment]
) -> list[Grant]:
    """Grants of Unity Catalog, then permissions on workspace objects, then roles of the account."""
    models = list(models)
    return [
        *grants(environment, models, environments),
        *object_access(environment, models),
        *account_access(environment),
    ]
