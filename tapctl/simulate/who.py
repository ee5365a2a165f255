"""The user of a `given` → the key and the Person that the evaluator knows; and the passes people hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from tapctl.evaluate.facts import Pass, Person, UserType
from tapctl.evaluate.journey import as_person
from tapctl.load.settings import quoted, suggestion
from tapctl.model import Json, JsonObject, Path
from tapctl.simulate.asking import Asking
from tapctl.simulate.fixture import ANY_PASS, MULTI_USE, ONE_TIME, PASS_WORDS, minutes_of, said
from tapctl.simulate.words import SOMEBODY, texts_of


def who(asking: Asking, given: JsonObject, auth: frozenset[str] | None) -> tuple[str, Person | None]:
    """The key, and the Person unless the facts say all there is. `auth` is what the sign-in has proved."""
    auth = auth or frozenset()
    user = given.get("user")
    if isinstance(user, str):
        _check_user(asking, user, "user")
        return user, None
    if not isinstance(user, dict):
        asking.report((), "says nothing of the user", "Add `user: {groups: [...], registered: [...]}`.")
        return SOMEBODY, as_person(asking.company.facts, SOMEBODY)
    name = str(user.get("upn") or SOMEBODY)
    return name, _person(asking, user, _known_of(asking, user, name), auth)


def _known_of(asking: Asking, user: JsonObject, name: str) -> Person:
    """What else is known. Who says neither groups nor a name that the facts know has left the groups, the
    roles and the type open; groups that are said are all of them, and then a role would have been said as
    well, and a type that is not a member's. A name alone has to be one that given facts know."""
    facts = asking.company.facts
    known = as_person(facts, name)
    if name not in facts.users and "groups" in user:
        return replace(known, type="member", groups_are_complete=True, roles=frozenset())
    if "upn" in user and asking.company.has_people:
        _check_user(asking, name, "user", "upn")
    return known if "upn" in user else replace(known, is_anybody=True)


def _check_user(asking: Asking, name: str, *path: str) -> None:
    names = asking.company.names("User")
    if not name.startswith(("sp:", "mi:")) and name not in names:
        message = f"is {quoted(name)}, whom neither the facts nor the workspace know"
        way = "correct the name" if asking.company.has_people else "bring facts (--facts)"
        remedy = f"Say who it is: `user: {{groups: [...], registered: [...]}}`, or {way}."
        asking.report(path, message + suggestion(name, names), remedy)


def _person(asking: Asking, user: JsonObject, usual: Person, auth: frozenset[str]) -> Person:
    registered = frozenset(texts_of(user["registered"])) if "registered" in user else usual.registered
    return replace(
        usual,
        type=cast(UserType, user.get("type") or usual.type),
        home_tenant=str(user.get("homeTenant") or usual.home_tenant),
        groups=usual.groups | frozenset(asking.known("Group", user, "user", "groups")),
        registered=registered,
        unsure=frozenset() if "registered" in user else usual.unsure,
        reachable=frozenset(texts_of(user["reachable"])) if "reachable" in user else usual.reachable,
        held_pass=_held(asking, user, usual, auth),
        fido2_aaguids=frozenset(texts_of(user.get("fido2Aaguids"))) or usual.fido2_aaguids,
        roles=frozenset(asking.known("Role", user, "user", "roles")) if "roles" in user else usual.roles,
        is_enabled=said(user.get("enabled"), usual.is_enabled) is not False,
        per_user_mfa=said(user.get("perUserMfa"), usual.per_user_mfa),
    )


def _held(
    asking: Asking, user: JsonObject, usual: Person, auth: frozenset[str]
) -> Pass | Literal["none"] | None:
    """Who signs in with a pass has one; a user whose methods are all said has none that is not said."""
    if "pass" in user:
        return held_pass(asking, user["pass"], ("user", "pass"))
    if usual.held_pass is not None:
        return usual.held_pass
    if used := auth & {ONE_TIME, MULTI_USE, ANY_PASS}:
        return Pass(is_usable_once=asking.is_one_time if ANY_PASS in used else ONE_TIME in used)
    return "none" if "registered" in user else None


def held_pass(asking: Asking, written: Json, path: Path) -> Pass | Literal["none"]:
    """A pass by its word, or as it is described."""
    if isinstance(written, dict):
        lifetime = minutes_of(written.get("lifetimeInMinutes"))
        if "lifetimeInMinutes" in written and lifetime is None:
            message = f"is {quoted(written['lifetimeInMinutes'])}, which is not a duration"
            asking.report((*path, "lifetimeInMinutes"), message, "Write 30m, 8h or 2d.")
        return Pass(
            is_usable_once=written.get("isUsableOnce") is True,
            start=asking.moment(written, "startDateTime", path),
            lifetime_minutes=lifetime,
            is_used=written.get("isUsed") is True,
        )
    word = str(written)
    if word != "none" and word not in PASS_WORDS:
        message = f"is {quoted(word)}{suggestion(word, ('none', 'oneTime', 'multiUse'))}"
        asking.report(path, message, "Write none, oneTime or multiUse, or what the pass is like.")
    return Pass(is_usable_once=PASS_WORDS[word]) if word in PASS_WORDS else "none"
