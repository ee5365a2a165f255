"""A company's policies and people, and the time of one decision about a sign-in."""

from __future__ import annotations

import time
from datetime import date

from company import Size, tenant

from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.facts import EVERYBODY, Facts, Group, Location, Person
from tapctl.evaluate.rulebook import Rulebook, rulebook
from tapctl.evaluate.situation import UNREGISTERED, SignIn
from tapctl.model import JsonObject

_ROUNDS = 200


def milliseconds(policies: int) -> float:
    """The least time of one decision."""
    book, asked = company(policies), _sign_in()
    decide(book, asked)
    return min(_timed(book, asked) for _ in range(5))


def _timed(book: Rulebook, asked: SignIn) -> float:
    started = time.thread_time()
    for _ in range(_ROUNDS):
        decide(book, asked)
    return (time.thread_time() - started) / _ROUNDS * 1000


def company(policies: int) -> Rulebook:
    """A rulebook of so many policies, each about groups and places of its own."""
    size = Size(policies=policies, locations=50, groups=100)
    content = tenant(size)
    found = content["identity/conditionalAccess/policies"]
    specs: dict[str, JsonObject] = {
        str(item["id"]): item for item in (found if isinstance(found, list) else []) if isinstance(item, dict)
    }
    return rulebook(specs, _facts(content))


def _facts(content: JsonObject) -> Facts:
    def ids(path: str) -> list[str]:
        found = content[path]
        return [
            str(item["id"]) for item in (found if isinstance(found, list) else []) if isinstance(item, dict)
        ]

    groups = ids("groups")
    return Facts(
        groups={
            name: Group(users=frozenset({"ada"}) if name in groups[1:4] else frozenset()) for name in groups
        },
        users={"ada": Person(registered=frozenset({"password", "sms"}), held_pass="none")},
        locations={name: Location(kind="ip") for name in ids("identity/conditionalAccess/namedLocations")},
        methods={"sms": EVERYBODY, "fido2": EVERYBODY},
        migration_is_complete=True,
    )


def directory(people: int, size: Size) -> Facts:
    """So many people, each in three groups; nearly no two groups hold the same."""
    names = [f"u{number}@example.com" for number in range(people)]
    members: dict[str, set[str]] = {f"Group {number}": set() for number in range(1, size.groups)}
    for number, name in enumerate(names):
        for step in (7, 31, 53):
            members[f"Group {1 + number * step // 97 % (size.groups - 1)}"].add(name)
    held = [frozenset({"password", mode}) for mode in ("sms", "fido2", "externalMfa")]
    return Facts(
        groups={
            "Break glass": Group(),
            **{name: Group(users=frozenset(users)) for name, users in members.items()},
        },
        users={
            name: Person(
                registered=held[number % len(held)],
                roles=frozenset({"Conditional Access Administrator"} if number % 1000 == 0 else ()),
                per_user_mfa=number % 50 == 0,
            )
            for number, name in enumerate(names)
        },
    )


def _sign_in() -> SignIn:
    return SignIn(
        user="ada",
        apps=("00000002-0000-0ff1-ce00-000000000000",),
        auth=frozenset({"password"}),
        client_app="browser",
        platform="windows",
        locations=(),
        country="DE",
        device=UNREGISTERED,
        sign_in_risk="none",
        user_risk="none",
        flow="none",
        as_of=date(2026, 11, 25),
    )
