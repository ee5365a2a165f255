"""Whether policies stand in for one: for everybody and everything that it is about, together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tapctl.lint.context import Context
from tapctl.lint.emergency import emergency_accounts, is_emergency_group
from tapctl.lint.guests import GUESTS
from tapctl.lint.policy import Policy
from tapctl.model import Json, JsonObject


def reach_as_far(context: Context, others: Sequence[Policy], found: Policy) -> bool:
    """Whether they reach as far as `found`: one of them, or one for each group, and application, it names."""
    return _one_reaches(context, others, found) or (
        len(parts := [*pieces(found)]) > 1 and all(_one_reaches(context, others, part) for part in parts)
    )


def pieces(found: Policy) -> Iterator[Policy]:
    """The policy, about one of its inclusions of people and one of its targets at a time."""
    conditions = found.spec.get("conditions")
    known = conditions if isinstance(conditions, dict) else {}
    for users in _singly(known.get("users")):
        for applications in _singly(known.get("applications")):
            narrowed: JsonObject = {**known, "users": users, "applications": applications}
            yield Policy(item=replace(found.item, spec={**found.spec, "conditions": narrowed}))


def _singly(block: Json) -> Iterator[JsonObject]:
    """The block with one entry of its inclusions at a time, and all that it excludes."""
    entries = block if isinstance(block, dict) else {}
    rest = {key: value for key, value in entries.items() if not key.startswith("include")}
    for key, value in entries.items():
        if key.startswith("include"):
            singles: list[Json] = [[item] for item in value] if isinstance(value, list) else [value]
            yield from ({**rest, key: single} for single in singles)


def _one_reaches(context: Context, others: Sequence[Policy], found: Policy) -> bool:
    """Whether one of them reaches as far as `found`, and what that one leaves out is left to another."""
    return any(
        other.reaches_as_far_as(found)
        and all(
            any(_takes(context, more, found, part) for more in others)
            for part in _left_out(context, other, found)
        )
        for other in others
    )


def _left_out(context: Context, other: Policy, found: Policy) -> Iterator[tuple[str, str]]:
    """What a policy excludes of what `found` is about: the kind of list, and the name in it.

    Where no emergency account is declared, whoever is excluded is taken to be one.
    """
    for kind in ("Users", "Groups") if context.settings.break_glass else ():
        for name in other.users(f"exclude{kind}") - found.users(f"exclude{kind}") - {GUESTS}:
            is_about = found.includes_everyone or name in found.users(f"include{kind}")
            if is_about and not _is_out(context, kind, name, found):
                yield kind, name
    for name in other.applications("exclude") - found.applications("exclude"):
        if found.includes_all_resources or name in found.applications():
            yield "Applications", name


def _is_out(context: Context, kind: str, name: str, found: Policy) -> bool:
    """Whether they may be out of `found` too, or are to be out of everything, or are nobody."""
    if kind == "Users":
        is_emergency = name.casefold() in emergency_accounts(context)
        groups = found.users("excludeGroups")
        return is_emergency or any(context.groups.holds(group, name) is not False for group in groups)
    known = context.groups
    is_nobody = known.is_known(name) and not known.users(name)
    return (
        is_nobody
        or is_emergency_group(context, name)
        or bool(known.around(name) & found.users("excludeGroups"))
    )


def _takes(context: Context, more: Policy, found: Policy, part: tuple[str, str]) -> bool:
    """Whether a policy is at work for what another leaves out of `found`, as far as `found` is."""
    kind, name = part
    if kind == "Applications":
        is_in = more.includes_all_resources or name in more.applications()
        is_left = name not in more.applications("exclude") and more.includes_people_of(found)
    else:
        names = context.groups.around(name) if kind == "Groups" else frozenset({name})
        is_in = more.includes_everyone or bool(names & more.users(f"include{kind}"))
        is_left = not names & more.users(f"exclude{kind}") and more.includes_targets_of(found)
    return is_in and is_left and more.is_at_work_with(found)
