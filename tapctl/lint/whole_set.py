"""CA019, CA042, CA044 to CA046: the policies of a tenant taken together, and how they come to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from tapctl.canonical import sort_key
from tapctl.comparing.scope import is_within
from tapctl.comparing.total import is_total
from tapctl.evaluate.strengths import MULTIFACTOR
from tapctl.lint.context import Context
from tapctl.lint.example import BLOCK, document, policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule

# https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies and, for
# locations and strengths, graph's own limits (checked 2026-11).
_LIMITS: Final = {
    "ConditionalAccessPolicy": 195,
    "NamedLocation": 195,
    "AuthenticationStrength": 15,
    "AuthenticationContext": 99,
}
_RANGES: Final = 2000
_NEARLY: Final = 0.9
_STALE_DAYS: Final = 90
_NEW_HIRES: Final = "{includeGroups: [New hires], excludeGroups: [Break glass]}"


def _reporting_since(day: str) -> str:
    """A policy as the tenant has it, last changed on a day."""
    text = policy("A trial", state="enabledForReportingButNotEnforced")
    return f"{text}  modifiedDateTime: '{day}T09:00:00Z'\n"


@rule(
    id="CA042",
    name="ca-redundant",
    severity="note",
    what="A policy asks for nothing that another one does not ask already, of at least the same people. A "
    "block replaces only blocks.",
    why="It decides nothing, has to be understood by every reader, and counts towards the limit of 195.",
    fix="Remove the narrower one, or say in `why` what it is kept for and ignore the rule.",
    source="inferred from how policies add up",
    good=stream(policy("All"), policy("New hires", users=_NEW_HIRES, grant=BLOCK)),
    bad=stream(policy("All"), policy("New hires", users=_NEW_HIRES)),
)
def redundant(context: Context) -> Iterator[Hit]:
    """Policies that say the same are compared once, and only with those that may reach as far. A block makes
    only blocks redundant, and one that stops all work nothing: it is a mistake (CA002)."""
    some = (found for found in context.enforced if not found.blocks_everybody)
    policies = sorted(some, key=lambda policy: policy.name)
    alike: dict[str, list[Policy]] = {}
    for found in policies:
        alike.setdefault(sort_key(found.spec), []).append(found)
    kinds = [*alike.values()]
    wider = Wider([same[0] for same in kinds])
    implied: dict[str, list[tuple[list[Policy], bool]]] = {}
    for key, (narrow, *_) in alike.items():
        wides = (kinds[number] for number in wider.than(narrow))
        implied[key] = [
            (wide, replaces(context, narrow, wide[0])) for wide in wides if replaces(context, wide[0], narrow)
        ]
    for found in policies:
        # Of two that say the same, the later one is the one too many.
        others = [
            wide[0].name
            for wide, is_mutual in implied[sort_key(found.spec)]
            if wide[0].name < found.name or not is_mutual
        ]
        if others:
            yield found.hit(f"{found.name} asks for nothing that {min(others)} does not ask already")


def replaces(context: Context, wide: Policy, narrow: Policy) -> bool:
    """Whether `wide` asks for what `narrow` asks for, or for more of it. A block asks for nothing that one
    could show: the day it goes, whatever was removed for its sake is missing. So is everything in the case of
    one that stops all work."""
    is_as_much = narrow.blocks and not is_total(wide.spec, context.settings.break_glass)
    return (is_as_much or not wide.blocks) and implies(context, wide, narrow)


class Wider:
    """Which of many policies may reach as far as one, by groups and applications: most pairs differ there."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._people = _Supersets([_people(policy) for policy in policies])
        self._applications = _Supersets([_applications(policy) for policy in policies])

    def than(self, narrow: Policy) -> list[int]:
        return sorted(self._people.of(_people(narrow)) & self._applications.of(_applications(narrow)))


class _Supersets:
    """Sets by their entries; None holds everything."""

    def __init__(self, sets: Sequence[frozenset[str] | None]) -> None:
        self._all = set(range(len(sets)))
        self._everything = {number for number, held in enumerate(sets) if held is None}
        self._holding: defaultdict[str, set[int]] = defaultdict(set)
        for number, held in enumerate(sets):
            for entry in held or ():
                self._holding[entry].add(number)

    def of(self, wanted: frozenset[str] | None) -> set[int]:
        """The numbers of the sets that hold all that is wanted."""
        if wanted is None:
            return self._everything
        return self._everything | self._all.intersection(*(self._holding[entry] for entry in wanted))


def _people(policy: Policy) -> frozenset[str] | None:
    return None if policy.includes_everyone else policy.users("includeGroups")


def _applications(policy: Policy) -> frozenset[str] | None:
    """A policy for all of them and some more is one for all."""
    found = policy.applications() - {"None"}
    return None if found & {"All", "all"} else found


def implies(context: Context, wide: Policy, narrow: Policy) -> bool:
    """Whether `wide` reaches everything that `narrow` reaches, and asks for at least as much there."""
    return (
        is_within(narrow.spec, wide.spec)
        and _same_targets(wide, narrow)
        and _asks_for_as_much(context, wide, narrow)
    )


def _same_targets(wide: Policy, narrow: Policy) -> bool:
    """A policy for all resources does not stand for one on an action or a context, whatever reaches what."""
    return (
        wide.actions == narrow.actions
        and wide.contexts == narrow.contexts
        and (wide.is_workload == narrow.is_workload)
    )


def _asks_for_as_much(context: Context, wide: Policy, narrow: Policy) -> bool:
    sessions = narrow.spec.get("sessionControls")
    if sessions and sessions != wide.spec.get("sessionControls"):
        return False
    if wide.blocks or narrow.spec.get("grantControls") == wide.spec.get("grantControls"):
        return True
    if wide.operator == narrow.operator == "OR" and wide.demands and set(wide.demands) <= narrow.controls:
        return True  # what satisfies the wide one is one of the choices of the narrow one
    accepted, enough = _accepted(context, wide), _enough(context, narrow)
    return accepted is not None and enough is not None and accepted <= enough


def _accepted(context: Context, found: Policy) -> frozenset[frozenset[str]] | None:
    """What satisfies a policy that asks for a strength alone; None where it asks for anything else."""
    return context.combinations(found) if found.demands == ("authenticationStrength",) else None


def _enough(context: Context, found: Policy) -> frozenset[frozenset[str]] | None:
    """The same, and of plain mfa; None where only some keys or certificates are enough."""
    if found.demands == ("mfa",):
        return MULTIFACTOR.combinations
    strength = context.what_if.facts.strengths.get(found.strength)
    is_any = strength and not strength.fido2_aaguids and not strength.restricts_certificates
    return _accepted(context, found) if is_any else None


@rule(
    id="CA044",
    name="ca-limits",
    severity="warning",
    what="A service limit is near, or passed.",
    why="Entra refuses what is over the limit, in the middle of an apply.",
    fix="Merge policies or locations that belong together, and remove those that decide nothing (CA042).",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies",
    good=document("AuthenticationStrength", "Ours", "{allowedCombinations: [fido2]}"),
    bad=stream(
        *(
            document("AuthenticationStrength", f"Ours {number}", "{allowedCombinations: [fido2]}")
            for number in range(15)
        )
    ),
)
def limits(context: Context) -> Iterator[Hit]:
    for kind, most in _LIMITS.items():
        items = sorted(context.of(kind), key=lambda item: item.address.name)
        if len(items) > most * _NEARLY:
            yield items[-1].hit(
                f"there are {len(items)} objects of kind {kind}; a tenant has room for {most}"
            )
    for item in context.of("NamedLocation"):
        ranges = item.at("ipRanges")
        if isinstance(ranges, list) and len(ranges) > _RANGES * _NEARLY:
            message = f"{item.address.name} holds {len(ranges)} ranges; a location has room for {_RANGES}"
            yield item.hit(message, "ipRanges")


@rule(
    id="CA019",
    name="ca-report-only-stale",
    severity="warning",
    needs=("changed",),
    what="A policy has been in report-only for long.",
    why="It protects nobody, and nobody decides: what it would have stopped is in the sign-in logs.",
    fix="Read the sign-in logs and enable it, or remove it.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-report-only",
    good=_reporting_since("2026-10-01"),
    bad=_reporting_since("2026-01-10"),
)
def report_only_stale(context: Context) -> Iterator[Hit]:
    """A policy that nobody has changed since a day has had its state since then, or longer."""
    for found in context.policies:
        days = _days_since(found.item.changed, context.as_of)
        if found.is_report_only and days > _STALE_DAYS:
            since = found.item.changed[: len("2026-01-31")]
            message = f"{found.name} has been in report-only since {since} or longer: {days} days"
            yield found.hit(message, "state")


def _days_since(moment: str, day: date) -> int:
    """0 where the moment is not known."""
    try:
        return (day - datetime.fromisoformat(moment).date()).days
    except ValueError:
        return 0


@rule(
    id="CA045",
    name="ca-direct-enable",
    severity="error",
    elsewhere="note",
    needs=("plan",),
    brake="creates-enabled",
    what="A policy is enforced the moment it is created.",
    why="Nobody has seen whom it would stop: report-only shows that without stopping anybody.",
    fix="Create it as enabledForReportingButNotEnforced, read the sign-in logs, and enable it afterwards.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/plan-conditional-access",
    good=stream(policy("New", state="enabledForReportingButNotEnforced"), "before: []\n"),
    bad=stream(policy("New"), "before: []\n"),
)
def direct_enable(context: Context) -> Iterator[Hit]:
    """Policies on user actions are left out: report-only does not evaluate them."""
    before = context.before
    for found in context.enforced if before is not None else ():
        resource = found.item.resource
        names = {found.name, *(resource.former_names if resource else ())}
        if (
            before
            and not found.actions
            and not any(before.find("ConditionalAccessPolicy", name) for name in names)
        ):
            yield found.hit(f"{found.name} is enforced from the start", "state")


@rule(
    id="CA046",
    name="ca-security-defaults",
    severity="error",
    needs=("securityDefaults",),
    covers=("security-defaults-on",),
    what="Security defaults are on beside policies that are enforced.",
    why="The two exclude each other: Entra takes no enforced policy while the defaults are on.",
    fix="Turn security defaults off once the policies that replace them are ready.",
    source="https://learn.microsoft.com/entra/fundamentals/security-defaults",
    good=stream(policy(), "facts: {securityDefaults: false}\n"),
    bad=stream(policy(), "facts: {securityDefaults: true}\n"),
)
def security_defaults(context: Context) -> Iterator[Hit]:
    if context.facts.security_defaults is True:
        for found in context.enforced:
            yield found.hit(f"{found.name} cannot be enforced while security defaults are on", "state")
