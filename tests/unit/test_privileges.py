"""The privilege model: a few rules written by hand, held against every combination of a small world."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from rehearsal.workspace.unity_catalog.privileges import (
    ALL,
    APPLICABLE,
    BROWSE,
    CATALOG,
    MANAGE,
    METASTORE,
    SCHEMA,
    TABLE,
    Chain,
    Securable,
    effective,
    missing,
    visible,
)

ME = frozenset({"me", "my group", "account users"})
OWNERS = ("me", "other")
GRANTS: dict[str, tuple[frozenset[str], ...]] = {
    CATALOG: (frozenset(), frozenset({"USE_CATALOG"}), frozenset({"SELECT", "USE_SCHEMA"}), frozenset({ALL})),
    SCHEMA: (frozenset(), frozenset({"USE_SCHEMA"}), frozenset({"MODIFY"}), frozenset({MANAGE})),
    TABLE: (frozenset(), frozenset({"SELECT"}), frozenset({ALL}), frozenset({MANAGE})),
}


def worlds() -> Iterator[Chain]:
    """A table in a schema in a catalog, with every combination of owners and of grants to a group of mine."""
    for owners in product(OWNERS, repeat=3):
        for held in product(GRANTS[TABLE], GRANTS[SCHEMA], GRANTS[CATALOG]):
            yield [
                *(
                    Securable(kind, kind.lower(), owner, {"my group": granted} if granted else {})
                    for kind, owner, granted in zip((TABLE, SCHEMA, CATALOG), owners, held, strict=True)
                ),
                Securable(METASTORE, "", "admins"),
            ]


def allowed(chain: Chain, privilege: str) -> bool:
    return missing(ME, chain, privilege) is None


def test_reading_needs_all_three_and_nothing_else() -> None:
    for chain in worlds():
        table, schema, catalog, _ = chain
        granted = [set().union(*s.grants.values()) for s in (table, schema, catalog)]
        above = bool(granted[2] & {"SELECT", ALL})
        select = table.owner == "me" or bool(granted[0] & {"SELECT", ALL}) or above
        use_schema = schema.owner == "me" or "USE_SCHEMA" in granted[1] or bool(granted[2] & {"USE_SCHEMA", ALL})
        use_catalog = catalog.owner == "me" or bool(granted[2] & {"USE_CATALOG", ALL})
        assert allowed(chain, "SELECT") == (select and use_schema and use_catalog), chain


def test_owning_a_parent_lets_manage_but_not_read() -> None:
    for chain in worlds():
        _, schema, catalog, _ = chain
        granted = set().union(*catalog.grants.values())
        if catalog.owner == "me" or (schema.owner == "me" and granted & {"USE_CATALOG", ALL}):
            assert allowed(chain, MANAGE)
    schema = Securable(SCHEMA, "c.s", "me", {})
    chain = [Securable(TABLE, "c.s.t", "other"), schema, Securable(CATALOG, "c", "me"), Securable(METASTORE, "", "x")]
    assert allowed(chain, MANAGE) and not allowed(chain, "SELECT")


def test_what_may_be_used_may_be_seen() -> None:
    for chain in worlds():
        if any(allowed(chain, privilege) for privilege in APPLICABLE[TABLE] - {ALL}):
            assert visible(ME, chain)


def test_more_grants_never_take_anything_away() -> None:
    for chain in worlds():
        table, *parents = chain
        more = Securable(table.kind, table.name, table.owner, {**table.grants, "account users": frozenset({"MODIFY"})})
        assert effective(ME, chain) <= effective(ME, [more, *parents])


def test_grants_to_others_mean_nothing_to_me() -> None:
    for chain in worlds():
        others = [Securable(s.kind, s.name, "other", {"someone": frozenset({ALL, MANAGE})}) for s in chain]
        assert effective(ME, others) == frozenset()
        assert not visible(ME, others)


def test_all_privileges_leave_managing_out() -> None:
    chain = [Securable(CATALOG, "c", "other", {"me": frozenset({ALL})}), Securable(METASTORE, "", "other")]
    held = effective(ME, chain)
    assert {"USE_CATALOG", "CREATE_SCHEMA", "SELECT", BROWSE} <= held
    assert held.isdisjoint({MANAGE, "EXTERNAL_USE_SCHEMA"})


def test_browse_shows_and_does_not_open() -> None:
    chain = [
        Securable(TABLE, "c.s.t", "other"),
        Securable(SCHEMA, "c.s", "other"),
        Securable(CATALOG, "c", "other", {"me": frozenset({BROWSE})}),
        Securable(METASTORE, "", "other"),
    ]
    assert visible(ME, chain) and not allowed(chain, "SELECT")


@pytest.mark.parametrize(
    ("catalog", "schema", "lacking"),
    [
        (set(), set(), "USE_CATALOG"),
        ({"USE_CATALOG"}, set(), "USE_SCHEMA"),
        ({"USE_CATALOG"}, {"USE_SCHEMA"}, "SELECT"),
    ],
)
def test_the_outermost_lacking_privilege_is_named(catalog: set[str], schema: set[str], lacking: str) -> None:
    chain = [
        Securable(TABLE, "c.s.t", "other"),
        Securable(SCHEMA, "c.s", "other", {"me": frozenset(schema)}),
        Securable(CATALOG, "c", "other", {"me": frozenset(catalog)}),
        Securable(METASTORE, "", "other"),
    ]
    found = missing(ME, chain, "SELECT")
    assert found is not None and found[0] == lacking
