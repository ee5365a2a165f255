"""One sign-in set against the facts: what the clauses of policies ask again and again, worked out once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tapctl.evaluate.dated import Switch, is_on
from tapctl.evaluate.decision import TraceStep
from tapctl.evaluate.facts import STRANGER, Facts, Location, Mode, Pass, Person
from tapctl.evaluate.passes import PassState, pass_state
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.situation import REGISTER, SignIn
from tapctl.evaluate.strengths import FOR_GUESTS, LEGACY_POLICY, PASSES
from tapctl.evaluate.truth import Truth, but_not, some
from tapctl.model import Path

MFA_TRUSTED_IPS: Final = "00000000-0000-0000-0000-000000000000"
"""How policies name the trusted addresses of the legacy MFA service."""
LEGACY_CLIENTS: Final = frozenset({"exchangeactivesync", "other", "eassupported"})
EXTERNAL_TYPES: Final = frozenset(
    {
        "b2bCollaborationGuest",
        "b2bCollaborationMember",
        "b2bDirectConnectUser",
        "otherExternalUser",
        "serviceProvider",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Facts made quick to ask. `parents`: member (a user in lower case, or a group as `g:NAME`) → the groups
    it is directly in; `vague`: the groups of which not everybody is known; `empty`: those that nobody is in,
    through other groups either; locations by name in lower case.
    """

    facts: Facts
    parents: Mapping[str, frozenset[str]]
    groups: frozenset[str]
    vague: frozenset[str]
    empty: frozenset[str]
    locations: Mapping[str, Location]
    trusted: tuple[str, ...]


def index(facts: Facts) -> Index:
    """Make facts ready for many sign-ins."""
    found: dict[str, set[str]] = {}
    for name, group in facts.groups.items():
        for user in group.users:
            found.setdefault(user.casefold(), set()).add(name)
        for child in group.groups:
            found.setdefault(f"g:{child}", set()).add(name)
    parents = {member: frozenset(names) for member, names in found.items()}
    locations = {name.casefold(): location for name, location in facts.locations.items()}
    vague = frozenset(name for name, group in facts.groups.items() if not group.is_complete)
    nested = {name for group in facts.groups.values() for name in group.groups}
    may_hold = (
        {name for name, group in facts.groups.items() if group.users} | vague | (nested - facts.groups.keys())
    )
    return Index(
        facts=facts,
        parents=parents,
        groups=frozenset(facts.groups),
        vague=vague,
        empty=frozenset(facts.groups) - _upwards(may_hold, parents),
        locations=locations,
        trusted=tuple(name for name, location in locations.items() if location.is_trusted),
    )


class Scene:
    """Holds what is remembered while one sign-in is evaluated.

    `doubt` are the inferred rules that may not be relied on; `used` those that were relied on; `switches` the
    dated rules that took part, and `is_rolling_out` whether the day leaves one of them open; `steps`, where
    it is a list, collects the trace.
    """

    def __init__(
        self,
        known: Index,
        sign_in: SignIn,
        *,
        doubt: frozenset[str] = frozenset(),
        traced: bool = False,
        is_interrupted: bool = False,
    ) -> None:
        self.facts, self.sign_in, self.doubt = known.facts, sign_in, doubt
        self._index = known
        self.is_interrupted = is_interrupted
        self.used: set[str] = set()
        self.switches: set[str] = set()
        self.is_rolling_out = False
        self.steps: list[TraceStep] | None = [] if traced else None
        self.user = sign_in.user.casefold()
        self.is_workload = sign_in.user.startswith(("sp:", "mi:"))
        self.is_in_directory = sign_in.person is None
        person = sign_in.person or known.facts.users.get(sign_in.user)
        self.person: Person = person or STRANGER
        roles = self.person.roles
        self.roles = None if roles is None else frozenset(role.lower() for role in roles)
        self.groups, self.unsure_groups = self._groups(known.parents)
        self.is_external = self.person.type in EXTERNAL_TYPES
        self.is_proof_known = sign_in.auth is not None
        self.proof = self._proof(sign_in.auth or frozenset())
        self.is_legacy_client = (sign_in.client_app or "").lower() in LEGACY_CLIENTS
        self.action = sign_in.action.lower()
        given = sign_in.locations
        self._given_locations = None if given is None else frozenset(text.casefold() for text in given)
        self._locations: dict[str, Truth] = {}
        self.memory: dict[str, object] = {}

    def _proof(self, auth: frozenset[Mode]) -> frozenset[Mode]:
        """What of it counts here. Of a guest's sign-in at home only the first factor does, unless home MFA is
        trusted, and besides it what the guest has registered here; a pass never does."""
        if not self.is_external:
            return auth
        if self.sign_in.trusts_home_mfa:
            return auth - PASSES
        here = auth & FOR_GUESTS & (self.person.registered or frozenset())
        return here | {"password"}

    def assume(self, rule: str, value: Truth) -> Truth:
        """A value that rests on an inferred rule: unknown where the rule is doubted."""
        self.used.add(rule)
        return None if rule in self.doubt else value

    def relies_on(self, rule: str) -> bool:
        """Whether an inferred rule may be used; notes that it was."""
        self.used.add(rule)
        return rule not in self.doubt

    def readings(self, ask: Callable[[], Truth]) -> frozenset[str]:
        """The inferred rules that an answer comes upon."""
        before, self.used = self.used, set()
        ask()
        found, self.used = frozenset(self.used), before | self.used
        return found

    def since(self, switch: Switch) -> Truth:
        """Whether a dated change is in force; notes that it was asked."""
        self.switches.add(switch.id)
        found = is_on(switch, self.sign_in.as_of)
        self.is_rolling_out |= found is None
        return found

    def note(self, policy: str, path: Path, fact: str, says: str, rule: str) -> None:
        """Add a step to the trace, if there is one."""
        if self.steps is not None:
            self.steps.append(
                TraceStep(policy=policy, path=path, fact=fact, says=says, rule=rule, grade=RULES[rule].grade)
            )

    def _groups(self, parents: Mapping[str, frozenset[str]]) -> tuple[frozenset[str], frozenset[str]]:
        """The groups the person is in for certain, and those that nobody knows of."""
        listed = parents.get(self.user, frozenset()) if self.is_in_directory else frozenset()
        certain = _upwards(self.person.groups | listed, parents)
        if self.person.groups_are_complete and not self.is_in_directory:
            return certain, frozenset()
        return certain, _upwards(self._index.vague - certain, parents) - certain

    def in_any_group(self, names: frozenset[str]) -> Truth:
        """Whether the person is in one of these groups, itself or through others."""
        if not names or not self.groups.isdisjoint(names):
            return bool(names)
        if self.person.is_anybody:
            return False if names <= self._index.empty else None
        if not self.unsure_groups.isdisjoint(names):
            return None
        if self.is_in_directory or not self.person.groups_are_complete:
            return False if names <= self._index.groups else None
        return False

    def at_location(self, name: str) -> Truth:
        """Whether the address belongs to a named location (compared in lower case)."""
        if name not in self._locations:
            self._locations[name] = self._at(name)
        return self._locations[name]

    def _at(self, name: str) -> Truth:
        location, asked = self._index.locations.get(name), self.sign_in
        if self._given_locations is not None and name in self._given_locations:
            return True
        if (
            location is not None
            and location.kind == "country"
            and not location.is_gps
            and asked.country is not None
        ):
            return _in_country(location, asked.country)
        if self._given_locations is not None:
            return False
        if location is not None and location.kind == "ip" and location.ranges and asked.ip is not None:
            return _in_ranges(location.ranges, asked.ip)
        return None

    @property
    def is_at_trusted(self) -> Truth:
        """Whether the address belongs to a location marked as trusted, or to the MFA service's trusted
        addresses, which are in no named location and are all IPv4."""
        known = some(self.at_location(name) for name in (*self._index.trusted, MFA_TRUSTED_IPS))
        return False if known is None and self._is_ipv6_outside else known

    @property
    def _is_ipv6_outside(self) -> bool:
        is_outside = some(self.at_location(name) for name in self._index.trusted) is False
        return is_outside and _is_ipv6(self.sign_in.ip or "")

    @property
    def pass_mode(self) -> str | None:
        """Which of the two pass modes the person could use now: "" for none, None where nobody knows."""
        held, state = self.person.held_pass, self.pass_state
        if not isinstance(held, Pass) or state is None:
            return "" if held else None
        return None if state.lacks else "" if state.is_usable is False else mode_of(held)

    @property
    def pass_state(self) -> PassState | None:
        """How the pass stands that the person holds; None where there is none, or nobody knows of one."""
        held = self.person.held_pass
        if not isinstance(held, Pass):
            return None
        return pass_state(held, self.facts.pass_policy, self.in_any_group, now=self.sign_in.now)

    def is_enabled(self, mode: str) -> Truth:
        """Whether the methods policy lets this person use a mode; until the migration is complete, the
        legacy policies may as well."""
        if self.facts.methods is None:
            return None
        scope = self.facts.methods.get(mode)
        if scope is not None and not scope.is_known:
            return None
        if scope is not None and scope.is_enabled:
            included = True if scope.everybody else self.in_any_group(scope.include)
            if (enabled := but_not(included, self.in_any_group(scope.exclude))) is not False:
                return enabled
        may_be_legacy = mode in LEGACY_POLICY and self.facts.migration_is_complete is not True
        return None if may_be_legacy else False

    @property
    def knows_password(self) -> Truth:
        """Whether the person can be taken to know the password: a pass may be all that they have."""
        auth = self.sign_in.auth
        return None if auth is None else auth.isdisjoint(PASSES) or "password" in auth

    @property
    def is_registering(self) -> bool:
        return self.action == REGISTER


def mode_of(held: Pass) -> str:
    """The authentication mode of a pass."""
    return "temporaryAccessPassOneTime" if held.is_usable_once else "temporaryAccessPassMultiUse"


def _upwards(names: Iterable[str], parents: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(parents.get(f"g:{name}", ()))
    return frozenset(found)


def _in_country(location: Location, country: str) -> bool:
    return country.upper() in location.countries if country else location.includes_unknown


def _in_ranges(ranges: tuple[str, ...], ip: str) -> Truth:
    try:
        address = address_of(ip)
        networks = [ipaddress.ip_network(text, strict=False) for text in ranges]
    except ValueError:
        return None
    return any(address in network for network in networks if network.version == address.version)


def _is_ipv6(text: str) -> bool:
    try:
        return address_of(text).version == 6
    except ValueError:
        return False


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; of an IPv4 address that is written as an IPv6 one (::ffff:203.0.113.7), that."""
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
