"""A snapshot with people's names → the same with pseudonyms, and back for names that are known anyway. Pure.

A pseudonym is a keyed hash of a userPrincipalName, so that two snapshots of one workspace name a person alike
and nobody who has the file alone can test a list of names against it. Break-glass accounts and the users whom
documents name stay as they are: their names are in the folder already.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from tapctl.facts.snapshot import FactsSnapshot, SeenRole

PREFIX: Final = "p-"
LENGTH: Final = 20


def pseudonym(salt: bytes, name: str) -> str:
    """What somebody is called in a file. Letter case makes no difference."""
    digest = hmac.new(salt, name.casefold().encode(), hashlib.sha256).hexdigest()
    return f"{PREFIX}{digest[:LENGTH]}"


def hidden(snapshot: FactsSnapshot, salt: bytes, named: Iterable[str]) -> FactsSnapshot:
    """Pseudonyms for everybody but those who are `named`."""
    kept = {name.casefold() for name in named}
    return _renamed(snapshot, lambda key: key if key.casefold() in kept else pseudonym(salt, key))


def recognised(snapshot: FactsSnapshot, salt: bytes, names: Iterable[str]) -> FactsSnapshot:
    """The people of these names by their names again; everybody else stays a pseudonym."""
    known = {pseudonym(salt, name): name for name in names}
    return _renamed(snapshot, lambda key: known.get(key, key))


def _renamed(snapshot: FactsSnapshot, name: Callable[[str], str]) -> FactsSnapshot:
    def people(keys: Iterable[str]) -> frozenset[str]:
        return frozenset(map(name, keys))

    return replace(
        snapshot,
        people={name(key): person for key, person in snapshot.people.items()},
        groups={key: replace(group, users=people(group.users)) for key, group in snapshot.groups.items()},
        roles=None
        if snapshot.roles is None
        else {
            key: SeenRole(
                active=people(role.active),
                eligible=None if role.eligible is None else people(role.eligible),
            )
            for key, role in snapshot.roles.items()
        },
    )
