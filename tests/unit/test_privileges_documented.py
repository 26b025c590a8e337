"""Our privilege model against the documentation's own rules, in 10^5 random worlds."""

from __future__ import annotations

from collections import Counter
from random import Random

from rehearsal.workspace.unity_catalog import bindings, privileges
from rehearsal.workspace.unity_catalog.privileges import APPLICABLE, MANAGE, Chain, Securable
from tests.unit import privilege_rules as rules
from tests.unit.privilege_rules import CASES, World
from tests.unit.privilege_worlds import world

SEED = 20_260_601
TRIALS = 100_000
KINDS = {"location": "EXTERNAL_LOCATION", "credential": "STORAGE_CREDENTIAL"}
BINDINGS = {"read-write": bindings.READ_WRITE, "read-only": bindings.READ_ONLY}
# The privilege that our services ask for where the documentation speaks of an operation.
ASKED = {
    "manage": MANAGE,
    "tag": "APPLY_TAG",
    "execute": "EXECUTE",
    "create version": "CREATE_MODEL_VERSION",
    "keep data": "CREATE_MANAGED_STORAGE",
    ("catalog", "use"): "USE_CATALOG",
    ("schema", "use"): "USE_SCHEMA",
    ("schema", "use elsewhere"): "EXTERNAL_USE_SCHEMA",
    ("location", "use elsewhere"): "EXTERNAL_USE_LOCATION",
    ("table", "read"): "SELECT",
    ("view", "read"): "SELECT",
    ("table", "write"): "MODIFY",
    ("volume", "read"): "READ_VOLUME",
    ("volume", "write"): "WRITE_VOLUME",
    ("location", "read"): "READ_FILES",
    ("location", "write"): "WRITE_FILES",
    ("location", "create table"): "CREATE_EXTERNAL_TABLE",
    ("credential", "create location"): "CREATE_EXTERNAL_LOCATION",
    ("metastore", "create location"): "CREATE_EXTERNAL_LOCATION",
}


def kind_of(thing: str) -> str:
    return KINDS.get(thing, thing.upper())


def chain_of(one: World) -> Chain:
    """The world as our model wants it."""
    return [
        Securable(
            kind_of(thing),
            thing,
            one.owners[thing],
            {
                name: frozenset(privilege.replace(" ", "_") for privilege in held)
                for name, held in one.grants[thing].items()
            },
            {number: BINDINGS[access] for number, access in one.bindings[thing].items()}
            if thing in one.bindings
            else None,
        )
        for thing in one.objects
    ]


def ours(one: World, operation: str) -> bool:
    """What our model says, put together as unity_catalog/access.py does."""
    chain = chain_of(one)
    if operation in ("describe", "discover"):
        shown = privileges.readable if operation == "describe" else privileges.visible
        return bindings.hindrance(chain, one.workspace, privileges.BROWSE) is None and shown(one.me, chain)
    privilege = ASKED.get((one.kind, operation)) or ASKED.get(operation) or operation.upper().replace(" ", "_")
    return (
        bindings.hindrance(chain, one.workspace, privilege) is None
        and privileges.missing(one.me, chain, privilege) is None
    )


def test_privileges_apply_to_what_the_reference_says() -> None:
    for thing, documented in rules.APPLICABLE.items():
        assert {privileges.spoken(one) for one in APPLICABLE[kind_of(thing)]} == documented, thing


def test_random_worlds_agree_with_the_documentation() -> None:
    random = Random(SEED)
    print(f"seed {SEED}, {TRIALS} trials of {len(CASES)} operations")
    outcomes: Counter[tuple[str, str, bool]] = Counter()
    disagreements = []
    for _ in range(TRIALS):
        kind, operation = random.choice(CASES)
        one = world(random, kind)
        documented = rules.allowed(one, operation)
        outcomes[kind, operation, documented] += 1
        if ours(one, operation) != documented:
            disagreements.append(f"{operation}: the documentation says {documented} of {one}")
    assert not disagreements, "\n".join([f"{len(disagreements)} disagreements", *disagreements[:5]])
    # No operation is always or never allowed: the agreement says something of each.
    for kind, operation in CASES:
        assert min(outcomes[kind, operation, True], outcomes[kind, operation, False]) > 20, (kind, operation)
