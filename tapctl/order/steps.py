"""A Change → the steps it takes, each in a phase. Pure.

    groundwork   the groups through which policies exclude break-glass accounts: who joins them
    exclusions   break-glass accounts leave the policies that reach them
    dependencies other groups, locations, strengths
    tightening   creations (not yet enforced) and everything that only asks for more
    enabling     policies are enforced, once everything else about them has read back
    loosening    what lets through more than before, policies that go included
    joining      break-glass accounts join other groups, now that every policy leaves them out
    leaving      what leaves a group, location or strength, once no policy counts on it
    deletion     what nothing uses any more

One after the other, they are never less safe than what was before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from tapctl.canonical import as_set, at, texts, with_values
from tapctl.comparing.scope import is_in_force, state
from tapctl.kinds import kinds
from tapctl.model import Action, Address, Change, Json, JsonObject
from tapctl.shapes import as_list

Phase: TypeAlias = Literal[
    "groundwork",
    "exclusions",
    "dependencies",
    "tightening",
    "enabling",
    "loosening",
    "joining",
    "leaving",
    "deletion",
]
PHASES: tuple[Phase, ...] = get_args(Phase)

_POLICIES = "ConditionalAccessPolicy"
_LINKS = ("members", "owners")
_MEMBERS = ("User", "Group")
_ENTRIES = ("ipRanges", "countriesAndRegions", "allowedCombinations")
_SWITCHES = ("isTrusted", "includeUnknownCountriesAndRegions")
_RESTRICTIONS = "combinationConfigurations"
_GUARDED = (*_ENTRIES, *_SWITCHES, _RESTRICTIONS, "countryLookupMethod")
_HOLDERS = ("NamedLocation", "AuthenticationStrength")
_EXCLUSIONS = (("excludeUsers", "User"), ("excludeGroups", "Group"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shields:
    """How break-glass accounts are kept out of policies, once the plan is applied.

    `protects` says whether excluding a reference (to one of these kinds) takes one out; `behind` are the
    declared groups through which a policy's exclusions work; `in_use` those of all policies together.
    """

    protects: Callable[[str, tuple[str, ...]], bool] = lambda text, kinds: False
    behind: Callable[[JsonObject], frozenset[Address]] = lambda spec: frozenset()
    in_use: frozenset[Address] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write, or a few that belong together, on one object. `needs` must have succeeded before it."""

    address: Address
    phase: Phase
    action: Action
    before: JsonObject
    after: JsonObject
    needs: frozenset[Address] = frozenset()
    renamed: bool = False

    @property
    def weakens(self) -> bool:
        """Whether something that is in force stops less than before."""
        return self.phase == "loosening" and (self.address.kind != _POLICIES or is_in_force(self.before))

    @property
    def tightens(self) -> bool:
        """Whether the step is on the way to a policy that is enforced."""
        is_strict = self.phase in ("exclusions", "tightening", "enabling")
        return self.address.kind == _POLICIES and is_strict

    @property
    def uncovers(self) -> bool:
        """Whether policies may reach somebody from then on, because of what they join or what they leave."""
        is_group = self.address.kind == "Group" and self.phase in ("joining", "deletion")
        return is_group or self.phase == "leaving"


def steps_of(change: Change, shields: Shields) -> Iterator[Step]:
    """The writes that a change takes, first to last; the package says what each of them waits for."""
    before, after = change.before or {}, change.after or {}
    step = Step(
        address=change.address,
        phase="dependencies",
        action=change.action,
        before=before,
        after=after,
        renamed=change.former_name is not None,
    )
    if change.action == "delete":
        yield replace(step, phase="loosening" if change.address.kind == _POLICIES else "deletion")
    elif change.address.kind == _POLICIES:
        yield from _policy_steps(step, shields)
    elif change.address.kind == "Group" and change.action == "update":
        yield from _group_steps(step, shields)
    elif change.address.kind in _HOLDERS and change.action == "update":
        yield from _entry_steps(step)
    elif kinds()[change.address.kind].singleton:
        effect = kinds()[change.address.kind].effect(before, after)
        yield replace(step, phase="tightening" if effect == "tightens" else "loosening")
    else:
        yield step


def _policy_steps(step: Step, shields: Shields) -> Iterator[Step]:
    """A policy is never enforced by the write that also gives it its exclusions."""
    excluded = _with_exclusions(step.before, step.after, shields)
    if state(step.before) != "disabled" and excluded != step.before:
        yield replace(step, phase="exclusions", after=excluded)
        if excluded == step.after:
            return
        step = replace(step, before=excluded, renamed=False)
    if is_in_force(step.after) and not is_in_force(step.before):
        waiting = "disabled" if step.action == "create" else state(step.before)
        prepared = {**step.after, "state": waiting}
        if step.action == "create" or prepared != step.before or step.renamed:
            yield replace(step, phase="tightening", after=prepared)
            step = replace(step, action="update", before=prepared, renamed=False)
        yield replace(step, phase="enabling")
        return
    effect = kinds()[_POLICIES].effect(step.before, step.after)
    yield replace(step, phase="tightening" if effect == "tightens" else "loosening")


def _with_exclusions(before: JsonObject, after: JsonObject, shields: Shields) -> JsonObject:
    """`before`, with the break-glass exclusions that `after` adds."""
    for name, kind in _EXCLUSIONS:
        path = ("conditions", "users", name)
        had = texts(before, *path)
        added = [text for text in texts(after, *path) if text not in had and shields.protects(text, (kind,))]
        if added:
            merged: list[Json] = [*sorted([*had, *added])]
            before = with_values(before, {path: merged})
            users = at(before, "conditions", "users")
            if isinstance(users, dict):
                before = with_values(before, {("conditions", "users"): dict(sorted(users.items()))})
    return before


def _group_steps(step: Step, shields: Shields) -> Iterator[Step]:
    """Whoever joins comes early, whoever leaves goes late. Break-glass accounts join early only where
    exclusions work through the group: elsewhere a policy may include it."""
    joined = _with_links(step.after, {link: _union(step.before, step.after, link) for link in _LINKS})
    early = joined
    if step.address not in shields.in_use:
        had = texts(step.before, "members")
        members = texts(joined, "members")
        kept = [each for each in members if each in had or not shields.protects(each, _MEMBERS)]
        early = _with_links(joined, {"members": kept})
    if early != step.before or step.renamed:
        yield replace(step, after=early)
    if joined != early:
        yield replace(step, phase="joining", before=early, after=joined, renamed=False)
    if step.after != joined:
        yield replace(step, phase="leaving", before=joined, renamed=False)


def _entry_steps(step: Step) -> Iterator[Step]:
    """What a location or a strength gains comes early, what it loses goes late: people who are let through
    before and after are let through on the way. Trust is an entry of AllTrusted, and a restriction goes with
    its combination."""
    joined = {name: item for name, item in step.after.items() if name not in _GUARDED}
    joined |= {name: both for name in _ENTRIES if (both := _both(step, name))}
    joined |= {name: step.before[name] for name in _GUARDED if name not in _ENTRIES and name in step.before}
    joined |= {name: True for name in _SWITCHES if True in (step.before.get(name), step.after.get(name))}
    if restrictions := _restrictions(step):
        joined[_RESTRICTIONS] = restrictions
    joined = dict(sorted(joined.items()))
    if joined != step.before or step.renamed:
        yield replace(step, after=joined)
    if joined != step.after:
        yield replace(step, phase="leaving", before=joined, renamed=False)


def _both(step: Step, name: str) -> list[Json]:
    return _as_set(
        step, name, [item for spec in (step.before, step.after) for item in as_list(spec.get(name))]
    )


def _as_set(step: Step, name: str, items: list[Json]) -> list[Json]:
    """In the order of the canonical form, since a step is read back as it leads to."""
    return as_set(kinds()[step.address.kind].field.properties[name], items) if items else []


def _restrictions(step: Step) -> list[Json]:
    """Those of before, and the new ones of combinations that are new."""
    had = set(texts(step.before, "allowedCombinations"))
    new = (
        item
        for item in as_list(step.after.get(_RESTRICTIONS))
        if not set(texts(item, "appliesToCombinations")) & had
    )
    return _as_set(step, _RESTRICTIONS, [*as_list(step.before.get(_RESTRICTIONS)), *new])


def _union(before: JsonObject, after: JsonObject, link: str) -> list[str]:
    return sorted({*texts(before, link), *texts(after, link)})


def _with_links(spec: JsonObject, links: Mapping[str, Sequence[str]]) -> JsonObject:
    rest = {key: value for key, value in spec.items() if key not in links}
    held: JsonObject = {link: [*members] for link, members in links.items() if members}
    return dict(sorted({**rest, **held}.items()))
