"""Changed strengths, locations and groups → what they mean for the enforced policies that use them. Pure.

A policy whose own document did not change may reach further all the same: because a location it excludes
has shrunk, a group it includes has grown, or the strength it asks for accepts less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tapctl.canonical import references, sort_key, texts
from tapctl.comparing.location import beyond, if_trusted
from tapctl.guard.membership import Membership
from tapctl.guard.reach import Reach, Sides
from tapctl.match import Matched, Pair
from tapctl.model import JsonObject
from tapctl.shapes import as_list

Side: TypeAlias = Literal["include", "exclude"]

_RULES = ("membershipRule", "membershipRuleProcessingState")
_TRUSTED = "AllTrusted"
_LOCATIONS = "NamedLocation"
_NAMED_ONLY = ("AuthenticationStrength", "Group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ripple:
    """One changed object as one policy feels it: what is said of it, and whether a strength asks for more."""

    changed: Pair
    said: str
    is_strength: bool = False


def ripples(policy: JsonObject, pair: Pair, changed: Mapping[str, Pair], sides: Sides) -> list[Ripple]:
    """What the changed objects (by node) mean for a policy that is enforced before and after."""
    found: list[Ripple] = []
    groups = sides.after
    reach = Reached(
        had=Reach.of_policy(pair.before or {}, sides.before), has=Reach.of_policy(policy, groups), sides=sides
    )
    for path, field, text in references(pair.kind.field, policy):
        side: Side = "exclude" if any(str(part).startswith("exclude") for part in path) else "include"
        if field.references == (_LOCATIONS,) and text == _TRUSTED:
            found += _of_trusted(changed.values(), side)
            continue
        node = groups.reference(text, field.references)
        for name in _felt_through(node, changed, groups):
            found += _of(changed[name], side, reach)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Whom one policy reaches before the plan and after it."""

    had: Reach
    has: Reach
    sides: Sides

    @property
    def doubt(self) -> str:
        """Who is newly reached is not certain where a group that is not read, or a role, had them before."""
        is_told = self.had.everybody or not self.had.is_in_doubt
        return "" if is_told else " (unless a group or role that is not read had them reached already)"

    def newly(self, names: Iterable[str]) -> list[str]:
        """Those who may be reached now, and were not for sure."""
        around = ((name, *self.sides.around(name)) for name in names)
        return sorted(name for name, was, now in around if not self.had.holds(was) and self.has.may_hold(now))


def changed_objects(matched: Matched, membership: Membership) -> dict[str, Pair]:
    """The pairs whose object differs before and after, by the node that refers to them. A location may also
    come or go: `AllTrusted` names none, and means each."""
    return {membership.node(pair.address): pair for pair in matched.pairs if _is_changed(pair)}


def _is_changed(pair: Pair) -> bool:
    is_there = pair.before is not None and pair.result is not None
    is_felt = pair.kind.name == _LOCATIONS or (pair.kind.name in _NAMED_ONLY and is_there)
    return is_felt and pair.before != pair.result


def _felt_through(node: str, changed: Mapping[str, Pair], groups: Membership) -> Iterator[str]:
    """The changed objects that a reference to `node` means: itself, and the groups inside it. A policy that
    names what comes or goes has to change itself."""
    for name, pair in changed.items():
        if pair.before is None or pair.result is None:
            continue
        if name == node or (pair.kind.name == "Group" and node in groups.groups_of(name)):
            yield name


def _of(pair: Pair, side: Side, reach: Reached) -> Iterator[Ripple]:
    before, after = pair.before or {}, pair.after or {}
    match pair.kind.name:
        case "AuthenticationStrength":
            if said := _asks_for_more(before, after):
                yield Ripple(changed=pair, said=f"{pair.address} {said}", is_strength=True)
        case "NamedLocation":
            yield from _moved_place(pair, side, before, after)
        case _ if side == "include" and reach.has.everybody:
            return
        case _ if changes_rule(before, after):
            yield Ripple(changed=pair, said=f"the rule of {pair.address} changes")
        case _ if "members" not in pair.left_as_is:
            had, has = set(texts(before, "members")), set(texts(after, "members"))
            gained, lost = reach.newly(has - had), reach.newly(had - has)
            yield from _moved(pair, side, gained=gained, lost=lost, doubt=reach.doubt)


def changes_rule(before: JsonObject, after: JsonObject) -> bool:
    """Whether a group's members would be found otherwise."""
    return any(before.get(rule) != after.get(rule) for rule in _RULES)


def _moved_place(pair: Pair, side: Side, before: JsonObject, after: JsonObject) -> Iterator[Ripple]:
    yield from _moved(pair, side, gained=beyond(after, before), lost=beyond(before, after))


def _moved(
    pair: Pair, side: Side, *, gained: Sequence[str], lost: Sequence[str], doubt: str = ""
) -> Iterator[Ripple]:
    """More on the include side reaches further, and so does less on the exclude side."""
    moved, verb = (gained, "gains") if side == "include" else (lost, "loses")
    if moved:
        shown = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
        yield Ripple(changed=pair, said=f"{pair.address}, which is {side}d, {verb} {shown}{doubt}")


def _of_trusted(changed: Iterable[Pair], side: Side) -> Iterator[Ripple]:
    """All trusted locations together are one more location."""
    for pair in changed:
        if pair.kind.name == _LOCATIONS:
            yield from _moved_place(pair, side, if_trusted(pair.before), if_trusted(pair.result))


def _asks_for_more(before: JsonObject, after: JsonObject) -> str:
    """How a strength accepts less than it did; empty if it does not."""
    lost = set(texts(before, "allowedCombinations")) - set(texts(after, "allowedCombinations"))
    if lost:
        return f"no longer accepts {', '.join(sorted(lost))}"
    name = "combinationConfigurations"
    restricted = {sort_key(item) for item in as_list(after.get(name))}
    return (
        "restricts what it accepts"
        if restricted - {sort_key(item) for item in as_list(before.get(name))}
        else ""
    )
