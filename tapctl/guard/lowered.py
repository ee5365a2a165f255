"""A plan's pairs → warnings about the protection it takes away: what is enforced and would not be, or would
let more through. Pure. None is a brake: a loosening locks nobody out, but nobody should overlook it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tapctl.built_in import BUILT_IN_STRENGTHS, MFA
from tapctl.canonical import at, texts, with_values
from tapctl.comparing.location import beyond, if_trusted
from tapctl.comparing.scope import blocks, is_in_force, narrowed, state
from tapctl.comparing.session import loosened
from tapctl.evaluate.enabled_methods import CONFIGURATIONS
from tapctl.guard.escaped import Move, moves, of_methods, of_policies
from tapctl.guard.reach import Sides
from tapctl.match import Matched, Pair
from tapctl.model import BreakGlass, Finding, Json, JsonObject, Path, Snapshot

_STRENGTHS: Final = "AuthenticationStrength"
_LOCATIONS: Final = "NamedLocation"
_TRUSTED: Final = "AllTrusted"
_ID: Final = ("authenticationStrength", "id")
_CONTROLS: Final = ("builtInControls", "customAuthenticationFactors", "termsOfUse")

Combinations: TypeAlias = frozenset[frozenset[str]]
Way: TypeAlias = frozenset[str]


def lowered(matched: Matched, snapshot: Snapshot, glass: BreakGlass) -> tuple[Finding, ...]:
    """About each policy that stops being enforced or gets weaker, each strength that accepts more, each
    location that takes situations from enforced policies, and each group that takes people from them."""
    strengths = Strengths.of(matched.pairs)
    policies = [pair for pair in matched.policies() if is_in_force(pair.before or {})]
    return (
        *(found for pair in policies for found in _ends(pair)),
        *(found for pair in policies for found in _weaker(pair, strengths, glass)),
        *(found for pair in matched.pairs for found in _accepts_more(pair, policies)),
        *(found for pair in matched.pairs for found in _moves(pair, policies)),
        *_escapes(matched, snapshot, policies, glass),
    )


def warning(rule: str, pair: Pair, message: str, help_text: str) -> Finding:
    """About what a change brings, at the object that it is made to."""
    return Finding(
        rule=rule,
        severity="warning",
        message=message,
        help=help_text,
        place=pair.desired.resource.place() if pair.desired else None,
        address=pair.address,
        news="introduced",
    )


def _ends(pair: Pair) -> Iterator[Finding]:
    after = pair.result
    if after is not None and is_in_force(after):
        return
    how = "be deleted" if after is None else f"go from enabled to {state(after)}"
    said = f"{pair.address}, which is enforced, would {how}: nobody is asked any more for what it demands"
    help_text = "Make sure that another policy asks for it, or that nobody has to."
    yield warning("stops-enforcing", pair, said, help_text)


def _weaker(pair: Pair, strengths: Strengths, glass: BreakGlass) -> Iterator[Finding]:
    before, after = pair.before or {}, pair.result
    if after is None or not is_in_force(after):
        return
    if less := let_through(before, after, strengths, glass):
        said = f"{pair.address}, which is enforced, would let more through: {'; '.join(less)}"
        yield warning(
            "weakens-enforced", pair, said, "Make sure that this is meant: what it stopped gets in."
        )


def let_through(
    before: JsonObject, after: JsonObject, strengths: Strengths, glass: BreakGlass
) -> tuple[str, ...]:
    """What `after` lets through and `before` stopped, in words."""
    return (*_demands_less(before, after, strengths), *_spares(before, after, glass))


def asks_for_more(before: JsonObject, after: JsonObject, strengths: Strengths) -> Iterator[str]:
    """What `after` demands and `before` did not, in words, but for a block. In `strengths` it is the other
    way round: what is before there comes after."""
    had, has = _ways_in(before), _ways_in(after)
    if blocks(after):
        return
    if _is_easier(has, had, strengths):
        yield f"asks for {_in_words(has)} where it {_demand(before, had)}"
    if any(loosened(after, before)):
        yield "limits sessions more"


def _demands_less(before: JsonObject, after: JsonObject, strengths: Strengths) -> Iterator[str]:
    had, has = _ways_in(before), _ways_in(after)
    if _is_easier(had, has, strengths):
        yield f"{_demand(after, has)} where it {_demand(before, had)}"
    if not blocks(after):
        yield from loosened(before, after)


def _is_easier(had: Sequence[Way], has: Iterable[Way], strengths: Strengths) -> bool:
    """Whether one of the ways there are is none of those that there were."""
    return any(not any(old <= strengths.implied(new) for old in had) for new in has)


def _ways_in(spec: JsonObject) -> list[Way]:
    """Each set of controls that is enough. None where it blocks; the empty set where it asks for nothing."""
    if blocks(spec):
        return []
    grant = at(spec, "grantControls")
    asked = {text for name in _CONTROLS for text in texts(grant, name)}
    if strength := at(grant, *_ID):
        asked.add(_strength(str(strength)))
    every = not asked or at(grant, "operator") == "AND"
    return [frozenset(asked)] if every else [frozenset({one}) for one in sorted(asked)]


def _strength(name: str) -> str:
    return f"the strength {name!r}"


def _demand(spec: JsonObject, ways: Iterable[Way]) -> str:
    if blocks(spec):
        return "blocks"
    return f"asks for {_in_words(ways)}"


def _in_words(ways: Iterable[Way]) -> str:
    return " or ".join(" and ".join(sorted(way)) for way in ways) or "nothing"


def _spares(before: JsonObject, after: JsonObject, glass: BreakGlass) -> tuple[str, ...]:
    """Whom or what it reaches no more. Leaving the break-glass accounts out is as it should be."""
    return narrowed(_but(before, glass), _but(after, glass))


def _but(spec: JsonObject, glass: BreakGlass) -> JsonObject:
    kept: dict[Path, Json] = {}
    for side, names in (("excludeUsers", glass.accounts), ("excludeGroups", glass.groups)):
        path = ("conditions", "users", side)
        kept[path] = [text for text in texts(spec, *path) if text not in names]
    return with_values(spec, kept)


@dataclass(frozen=True, slots=True)
class Strengths:
    """What satisfies each strength, and the mfa control, in the tenant as it is and as it will be."""

    before: Mapping[str, Combinations]
    after: Mapping[str, Combinations]

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Strengths:
        built_in = {_strength(name): accepted for name, accepted in BUILT_IN_STRENGTHS.items()}
        built_in["mfa"] = BUILT_IN_STRENGTHS[MFA]
        found = [pair for pair in pairs if pair.kind.name == _STRENGTHS]
        return cls(
            before={**built_in, **{_strength(pair.address.name): accepted(pair.before) for pair in found}},
            after={**built_in, **{_strength(pair.address.name): accepted(pair.result) for pair in found}},
        )

    def implied(self, way: Way) -> Way:
        """What somebody shows who takes this way: whatever accepts all that its strength accepts, too."""
        accepted = [self.after[one] for one in way if self.after.get(one)]
        return way | {other for other, wide in self.before.items() if any(mine <= wide for mine in accepted)}


def accepted(spec: JsonObject | None) -> Combinations:
    """The combinations that a strength holds."""
    return frozenset(frozenset(text.split(",")) for text in texts(spec, "allowedCombinations"))


def _accepts_more(pair: Pair, policies: Iterable[Pair]) -> Iterator[Finding]:
    after = pair.result
    if pair.kind.name != _STRENGTHS or pair.before is None or after is None:
        return
    gained = set(texts(after, "allowedCombinations")) - set(texts(pair.before, "allowedCombinations"))
    asking = [
        policy.address.name
        for policy in policies
        if is_in_force(has := policy.result or {}) and at(has, "grantControls", *_ID) == pair.address.name
    ]
    if gained and asking:
        said = (
            f"{pair.address} would accept {', '.join(sorted(gained))} as well; enforced policies ask for it: "
            f"{', '.join(map(repr, asking))}"
        )
        yield warning("weakens-enforced", pair, said, "Make sure that each of them is as strong as is meant.")


def _moves(pair: Pair, policies: Iterable[Pair]) -> Iterator[Finding]:
    """More in a location that a policy excludes, and less in one that it includes, is reached no more."""
    if pair.kind.name != _LOCATIONS:
        return
    before, after = pair.before or {}, pair.result or {}
    if before and after:
        yield from _moved(pair, pair.address.name, "it", (before, after), policies)
    trusted = (if_trusted(before), if_trusted(after))
    yield from _moved(pair, _TRUSTED, "all trusted locations", trusted, policies)


def _moved(
    pair: Pair, name: str, what: str, specs: tuple[JsonObject, JsonObject], policies: Iterable[Pair]
) -> Iterator[Finding]:
    before, after = specs
    gained, lost = beyond(after, before), beyond(before, after)
    for side, verb, moved in (("exclude", "gain", gained), ("include", "lose", lost)):
        path = ("conditions", "locations", f"{side}Locations")
        naming = [
            policy.address.name
            for policy in policies
            if is_in_force(spec := policy.result or {}) and name in texts(spec, *path)
        ]
        if moved and naming:
            said = (
                f"{pair.address} would {verb} {', '.join(moved)}; enforced policies {side} {what}: "
                f"{', '.join(map(repr, naming))}"
            )
            yield warning(
                "weakens-enforced",
                pair,
                said,
                "Make sure that nobody has to be stopped who comes from there.",
            )


def _escapes(
    matched: Matched, snapshot: Snapshot, policies: Iterable[Pair], glass: BreakGlass
) -> Iterator[Finding]:
    """By leaving a group that is included, or joining one that is excluded. That break-glass accounts escape
    policies is as it should be."""
    sides = Sides.of(matched, snapshot)
    enforced = of_policies(
        ((pair, after) for pair in policies if is_in_force(after := pair.result or {})), sides
    )
    methods = of_methods((pair for pair in matched.pairs if pair.kind.name in CONFIGURATIONS.values()), sides)
    for move in moves(matched, glass.accounts):
        yield from _left(
            "weakens-enforced",
            move,
            move.escaped(enforced, sides),
            "enforced policies that reach them no more",
            "Make sure that nothing has to stop them any more, or that another policy does.",
        )
        yield from _left(
            "loses-method",
            move,
            move.escaped(methods, sides),
            "methods that are on for them no more",
            "A pass they hold opens nothing any more, and who has nothing else cannot sign in.",
        )


def _left(
    rule: str, move: Move, escaped: Iterable[tuple[str, str]], what: str, help_text: str
) -> Iterator[Finding]:
    verb = "gain" if move.joins else "lose"
    for people, names in escaped:
        said = f"{move.group.address} would {verb} {people}; {what}: {names}"
        yield warning(rule, move.group, said, help_text)
