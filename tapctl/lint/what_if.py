"""The policies of a context, ready to be asked about people who need not exist. Made when first asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, Final, TypeAlias

from tapctl.evaluate.audience import reaches_person
from tapctl.evaluate.decision import Decision
from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.facts import NOT_KNOWN, Facts, Group, Mode, Pass, Person, Scope
from tapctl.evaluate.rulebook import Rulebook, fewer, rulebook
from tapctl.evaluate.scene import MFA_TRUSTED_IPS
from tapctl.evaluate.situation import UNREGISTERED, Device, SignIn
from tapctl.facts.declared import declared_facts
from tapctl.facts.specs import named_in
from tapctl.model import Address, JsonObject

Situation: TypeAlias = Mapping[str, Any]
"""Fields of a SignIn."""

ONE_TIME, MULTI_USE = "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"
WORK: Final[Situation] = {"apps": ("Office365",)}
MANAGED: Final = Device(
    attributes={
        "isCompliant": True,
        "managed": True,
        "trustType": "AzureAD",
        "profileType": "RegisteredDevice",
    }
)
_HYBRID: Final = Device(attributes={**MANAGED.attributes, "trustType": "ServerAD"})
LANDING: Final = (
    "fido2",
    "windowsHelloForBusiness",
    "x509CertificateMultiFactor",
    "deviceBasedPush",
    "microsoftAuthenticatorPush",
    "softwareOath",
    "hardwareOath",
    "sms",
    "voice",
)
"""What somebody may have when the pass is gone, best first."""
_ALONE: Final = frozenset(LANDING[:4])
"""Methods that are a whole sign-in; the others follow a password."""
_SHUT: Final = frozenset({"block", "unsatisfiable"})
CLOSED: Final = _SHUT | {"refusedBeforePolicy"}
_PLAIN: Final[Situation] = {
    "client_app": "browser",
    "platform": "windows",
    "device": UNREGISTERED,
    "sign_in_risk": "none",
    "user_risk": "none",
    "insider_risk": "none",
    "flow": "none",
    "app_protection": False,
    "approved_app": False,
}
_PROTECTED: Final[Situation] = {"app_protection": True, "approved_app": True}
_MACHINES: Final[tuple[Situation, ...]] = (
    {"device": UNREGISTERED},
    {"device": MANAGED, **_PROTECTED},
    {"device": _HYBRID, **_PROTECTED},
)
"""One that nobody knows, and those that a company hands out, with the applications it manages."""
_SOMEBODY: Final = "somebody"
_MOST_COUNTRIES: Final = 5


class WhatIf:
    """Asks the evaluator; remembers nothing but what is made of the policies once."""

    def __init__(self, specs: Mapping[Address, JsonObject], facts: Facts, as_of: date) -> None:
        self._specs, self._given, self._as_of = specs, facts, as_of

    @cached_property
    def facts(self) -> Facts:
        """What is declared and what was given."""
        found = declared_facts(self._specs)
        given, is_unsaid = self._given, found.migration_is_complete is None
        return replace(
            found,
            groups={
                **given.groups,
                **{name: item for name, item in found.groups.items() if item.is_complete},
            },
            users=given.users,
            strengths={**given.strengths, **found.strengths},
            methods=_over(found.methods or {}, given.methods or {}),
            pass_policy=found.pass_policy or given.pass_policy,
            migration_is_complete=given.migration_is_complete if is_unsaid else found.migration_is_complete,
            security_defaults=False,  # they and policies exclude each other (CA046)
        )

    @cached_property
    def _policies(self) -> dict[str, JsonObject]:
        return {
            item.name: spec for item, spec in self._specs.items() if item.kind == "ConditionalAccessPolicy"
        }

    @cached_property
    def _invented(self) -> Rulebook:
        """For people who are in the groups that a rule says, and in no other."""
        names = {*declared_facts(self._specs).groups, *self.facts.groups}
        groups = {name: replace(self.facts.groups.get(name, Group()), is_complete=True) for name in names}
        return rulebook(self._policies, replace(self.facts, groups=groups, users={}))

    @cached_property
    def _books(self) -> dict[tuple[object, ...], Rulebook]:
        return {}

    def _about(self, person: Person, user: str) -> Rulebook:
        """The policies that may reach somebody like that: most of a company's do not, and much is asked."""
        like = (user, person.type, person.home_tenant, person.groups, person.roles)
        if like not in self._books:
            scene = self._invented.scene(SignIn(user=user, person=person, as_of=self._as_of))
            self._books[like] = fewer(
                self._invented, lambda policy: reaches_person(policy, scene) is not False
            )
        return self._books[like]

    @cached_property
    def _real(self) -> Rulebook:
        return rulebook(self._policies, self.facts)

    @cached_property
    def _reaching(self) -> dict[str, frozenset[str]]:
        return {}

    def reaching(self, user: str) -> frozenset[str]:
        """The policies that may reach somebody of the directory facts."""
        if user not in self._reaching:
            scene = self._real.scene(SignIn(user=user, as_of=self._as_of))
            self._reaching[user] = frozenset(
                ready.policy.name
                for ready in self._real.ready
                if reaches_person(ready.policy, scene) is not False
            )
        return self._reaching[user]

    def person(self, *registered: str, groups: Iterable[str] = (), holds: str = "") -> Person:
        """Somebody with a password, those methods and, with `holds`, a pass of that kind."""
        return Person(
            groups=frozenset(groups),
            registered=frozenset({"password", *registered}),
            held_pass=Pass(is_usable_once=holds == ONE_TIME) if holds else "none",
        )

    def ask(self, person: Person, auth: Iterable[str], **situation: Any) -> Decision:
        """What becomes of that sign-in, by default from an unregistered Windows machine."""
        asked = {"locations": (), "country": "", "as_of": self._as_of, **_PLAIN, **situation}
        user = asked.pop("user", _SOMEBODY)
        sign_in = SignIn(user=user, person=person, auth=frozenset(auth), **asked)
        return decide(self._about(person, user), sign_in)

    def ask_of(self, user: str, auth: Iterable[str], **situation: Any) -> Decision:
        """The same of somebody of the directory facts, at a place that nobody knows."""
        asked = {"as_of": self._as_of, **_PLAIN, **situation}
        return decide(self._real, SignIn(user=user, auth=frozenset(auth), **asked))

    @cached_property
    def homes(self) -> tuple[Situation, ...]:
        """Where people may be who are in no office: nowhere that is named, and in each country that is."""
        countries = {
            name: place.countries for name, place in self.facts.locations.items() if place.kind == "country"
        }
        some = sorted({min(found) for found in countries.values() if found})[:_MOST_COUNTRIES]
        named = (
            {
                "locations": tuple(sorted(name for name, found in countries.items() if country in found)),
                "country": country,
            }
            for country in some
        )
        return ({"locations": (), "country": ""}, *named)

    @cached_property
    def _unknown_places(self) -> frozenset[str]:
        """Locations that policies name and nobody declared or read: they are somewhere. Where no trusted one
        is known, somewhere is trusted too."""
        named = named_in(self._policies.values(), "NamedLocation")
        is_trust_known = any(place.is_trusted for place in self.facts.locations.values())
        return frozenset(named - self.facts.locations.keys()) | (
            set() if is_trust_known else {MFA_TRUSTED_IPS}
        )

    @cached_property
    def offices(self) -> tuple[Situation, ...]:
        """At every network that is named and every place that nobody knows, in each of the countries."""
        known = {name for name, place in self.facts.locations.items() if place.kind == "ip"}
        networks = tuple(sorted(known | self._unknown_places))
        return tuple(
            {"locations": (*networks, *home["locations"]), "country": home["country"]} for home in self.homes
        )

    def shut_at_home(self, person: Person, auth: Iterable[str], **situation: Any) -> Decision | None:
        """The decision, if no home lets this through for certain; None if one does, or may."""
        return _first_if_all_shut(self.ask(person, auth, **situation, **home) for home in self.homes)

    def shut_unmanaged(self, person: Person, auth: Iterable[str], **situation: Any) -> Decision | None:
        """The same for homes and offices, on a machine nobody knows."""
        places = (*self.homes, *self.offices)
        machine = {**situation, "device": UNREGISTERED}
        return _first_if_all_shut(self.ask(person, auth, **{**machine, **place}) for place in places)

    def shut_everywhere(self, person: Person, auth: Iterable[str], **situation: Any) -> Decision | None:
        """The same for homes and offices, on a machine nobody knows and on managed ones: what shuts the
        last of them, but for a block of some place, is in the way of somebody who has all the rest."""
        found = []
        for number, machine in enumerate(_MACHINES):
            for place in (*self.homes, *self.offices):
                decision = self.ask(person, auth, **{**situation, **place, **machine})
                if decision.verdict not in _SHUT:
                    return None
                is_block, count = _closeness(decision)
                found.append(((is_block, -number, count), decision))
        return min(found, key=lambda pair: pair[0])[1]

    def best(self, person: Person, auth: Iterable[str], **situation: Any) -> Decision:
        """The most that homes and offices, on a machine nobody knows or on a managed one, come to: one that
        lets this through; else one that nobody can tell; else what shuts the last of them."""
        doubtful: Decision | None = None
        for device in (UNREGISTERED, MANAGED):
            for place in (*self.homes, *self.offices):
                decision = self.ask(person, auth, **{**situation, **place, "device": device})
                if decision.verdict == "unknown":
                    doubtful = doubtful or decision
                elif decision.verdict not in CLOSED:
                    return decision
        return doubtful or decision

    def stuck(self, person: Person, **situation: Any) -> Decision | None:
        """The decision, if nothing that the person has registered opens the door anywhere."""
        methods = (person.registered or frozenset()) - {"password"}
        starts = [frozenset({mode}) for mode in methods & _ALONE] + [frozenset({"password"})]
        starts += [frozenset({"password", mode}) for mode in methods - _ALONE]
        return _first_if_all_shut(self.shut_everywhere(person, auth, **situation) for auth in starts)

    def landing(self, groups: Iterable[str]) -> tuple[str, ...]:
        """The methods that are, or may be, enabled for members of these groups."""
        around, methods = frozenset(groups), self.facts.methods or {}
        return tuple(mode for mode in LANDING if _may_use(methods.get(mode, NOT_KNOWN), around))


def _first_if_all_shut(decisions: Iterable[Decision | None]) -> Decision | None:
    """Asks no further than the first that is not shut. A block, of some place, does not speak for them all
    where another is shut by what is asked for; nor do many policies where fewer are enough."""
    found = []
    for decision in decisions:
        if decision is None or decision.verdict not in _SHUT:
            return None
        found.append(decision)
    return min(found, key=_closeness, default=None)


def _closeness(decision: Decision) -> tuple[bool, int]:
    """What is in the way of more people than another: a demand, and few policies."""
    return decision.verdict == "block", len(decision.by)


def _over(declared: Mapping[Mode, Scope], read: Mapping[Mode, Scope]) -> dict[Mode, Scope]:
    """For whom each method is on: as a document says, or else as the tenant has it."""
    return {
        **declared,
        **{mode: scope for mode, scope in read.items() if not declared.get(mode, NOT_KNOWN).is_known},
    }


def _may_use(scope: Scope, groups: frozenset[str]) -> bool:
    if not scope.is_known:
        return True
    return (
        scope.is_enabled and not scope.exclude & groups and (scope.everybody or bool(scope.include & groups))
    )
