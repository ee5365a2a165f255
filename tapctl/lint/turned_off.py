"""DL028: a change that turns off the only method that somebody can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.evaluate.enabled_methods import CONFIGURATIONS, Methods
from tapctl.evaluate.scene import Scene
from tapctl.lint.context import Context
from tapctl.lint.day_one import cells, once
from tapctl.lint.dead_ends import lands
from tapctl.lint.example import configuration, policy, stream, strength, tap
from tapctl.lint.item import Hit
from tapctl.lint.policy import REGISTER as REGISTERING
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule
from tapctl.text.words import counted

_OURS: Final = "{operator: OR, authenticationStrength: Ours}"


@rule(
    id="DL028",
    name="self-deleting-proof",
    severity="error",
    needs=("plan",),
    what="The change turns off the only method that people can get in with.",
    why="What a strength asks for cannot be registered or shown by anybody any more.",
    fix="Let the strength accept another method that is enabled, before this one goes.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods-manage",
    good=stream(
        "before: [{kind: TemporaryAccessPassPolicy, spec: {state: enabled, isUsableOnce: true, "
        "includeTargets: [New hires]}}]\n",
        tap(),
        configuration("Fido2Policy", is_on=True),
        policy(grant=_OURS),
        strength("Ours", "fido2"),
    ),
    bad=stream(
        "before: [{kind: TemporaryAccessPassPolicy, spec: {state: enabled, isUsableOnce: true, "
        "includeTargets: [New hires]}}, "
        "{kind: Fido2Policy, spec: {state: enabled, includeTargets: [all_users]}}]\n",
        tap(),
        configuration("Fido2Policy", is_on=False),
        policy(grant=_OURS),
        strength("Ours", "fido2"),
    ),
)
def turned_off(context: Context) -> Iterator[Hit]:
    """Of people who get passes, by where they end; of all others, by what a strength takes of them."""
    before = context.before or context
    yield from once(
        (
            *_for_newcomers(context, before),
            *_for_groups(context, before.methods),
            *_for_people(context, before.methods),
        )
    )


def _for_newcomers(context: Context, before: Context) -> Iterator[Hit]:
    earlier = {cell.name: cell for cell in cells(before)}
    for cell in cells(context):
        had = earlier.get(cell.name)
        gone = [mode for mode in had.methods if mode not in cell.methods] if had is not None else []
        if had is None or not gone or cell.shut(action=REGISTERING) is not None:
            continue
        if lands(had) and not lands(cell):
            yield from _gone(context, gone, cell.people)


def _for_groups(context: Context, before: Methods) -> Iterator[Hit]:
    """Where nothing that the strength takes is on any more."""
    now = context.methods
    for found, combinations in _asking(context, before):
        for group in [None] if found.includes_everyone else sorted(found.users("includeGroups")):
            around = None if group is None else context.groups.around(group)
            had = [modes for modes in combinations if all(_is_on(before, mode, around) for mode in modes)]
            off = {mode for modes in combinations for mode in modes if now.is_off_for(mode, around)}
            if had and all(modes & off for modes in combinations):
                gone = sorted(frozenset[str]().union(*had) & off)
                yield from _gone(context, gone, "people" if group is None else f"members of {group}")


def _for_people(context: Context, before: Methods) -> Iterator[Hit]:
    """Where nothing that the strength takes is on any more of what somebody has registered."""
    for found, combinations in _asking(context, before):
        lost: dict[str, list[str]] = {}
        for user, person in context.people.reached(found):
            registered, scene = person.registered or frozenset(), context.people.scene(user)
            held = [modes for modes in combinations if modes <= registered]
            off = {mode for mode in registered if _is_off(context.methods, mode, scene)}
            used = frozenset[str]().union(*held)
            gone = sorted(mode for mode in off & used if _was_on(before, mode, scene))
            if gone and all(modes & off for modes in held):
                lost[user] = gone
        if lost:
            yield from _gone(context, next(iter(lost.values())), counted(len(lost), "person", "people"))


def _asking(context: Context, before: Methods) -> Iterator[tuple[Policy, frozenset[frozenset[str]]]]:
    """The policies that let nobody in without their strength, and what it takes, if any of that changes."""
    changed = {mode for mode in CONFIGURATIONS if before.scope(mode) != context.methods.scope(mode)}
    for found in context.enforced:
        combinations = context.combinations(found) or frozenset()
        is_only_demand = found.operator == "AND" or len(found.demands) == 1
        if is_only_demand and any(modes & changed for modes in combinations):
            yield found, combinations


def _is_on(methods: Methods, mode: str, around: frozenset[str] | None) -> bool:
    """Whether it is known to be on for somebody of them; what has no configuration always is."""
    is_known = mode not in CONFIGURATIONS or methods.scope(mode) is not None
    return is_known and not methods.is_off_for(mode, around)


def _was_on(before: Methods, mode: str, scene: Scene) -> bool:
    return before.scope(mode) is not None and not _is_off(before, mode, scene)


def _is_off(methods: Methods, mode: str, scene: Scene) -> bool:
    """Whether a method is off for a person, for certain."""
    scope = methods.scope(mode)
    if scope is None or methods.is_off(mode):
        return scope is not None
    is_in = scope.everybody or scene.in_any_group(scope.include) is not False
    return not is_in or scene.in_any_group(scope.exclude) is True


def _gone(context: Context, gone: list[str], people: str) -> Iterator[Hit]:
    for item in context.of(CONFIGURATIONS[gone[0]]):
        path = "includeTargets" if item.at("state") == "enabled" else "state"
        yield item.hit(f"{', '.join(gone)} was all that let {people} in", path)
