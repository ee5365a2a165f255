"""Who was kept out of policies as an emergency account, and is declared as one no more → brakes. Pure.

What tells: tapctl.yaml as it was, where the plan has a base (--base); an account's pin, which nothing but
break-glass needs; and the tenant, where every policy leaves such accounts out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tapctl.canonical import texts
from tapctl.comparing.scope import state
from tapctl.guard.brakes import brake
from tapctl.guard.break_glass import Subject, excludes, is_user_policy
from tapctl.guard.membership import Membership
from tapctl.guard.reach import Sides
from tapctl.match import Matched, Pair
from tapctl.model import Address, BreakGlass, Finding, Former, JsonObject, Workspace

RULE: Final = "break-glass-shrinks"
_FEWEST: Final = 2  # one policy alone says nothing about whom every policy leaves out
_SIDES: Final = (("User", "excludeUsers"), ("Group", "excludeGroups"))


def shrinks(
    matched: Matched, sides: Sides, workspace: Workspace, former: Former | None = None
) -> Iterator[Finding]:
    """Accounts that are pinned and not declared, what was declared before, and what every policy excluded
    until this change."""
    glass = workspace.settings.break_glass
    if not glass:
        return  # that is a brake by itself
    pairs = [pair for pair in matched.policies() if pair.address.name not in glass.policies]
    pinned = [address for address in workspace.environment.pins if address.kind == "User"]
    known = {_key(address) for address in pinned}
    dropped = [address for address in _dropped(former, workspace) if _key(address) not in known]
    for address in (one for one in (*pinned, *dropped) if not _is_held(one, glass, sides.after)):
        lost = _lost(address, pairs, sides)
        said, more = _said(address, former if address in dropped else None)
        yield brake(
            RULE,
            f"{said}{f'; {lost}' if lost else ''}",
            f"Name it under breakGlass in tapctl.yaml again.{more}",
        )
    told = {_key(address) for address in (*pinned, *dropped)}
    for address in _left_out_everywhere(pairs, sides.before):
        if (
            _key(address) in told
            or _is_declared(address, glass)
            or not (lost := _lost(address, pairs, sides))
        ):
            continue
        yield brake(
            RULE,
            f"every policy of the tenant that is on excludes {address}, breakGlass does not name it, and "
            f"this is about to end: {lost}",
            "If emergency accounts rest on it, name it under breakGlass in tapctl.yaml and exclude it.",
        )


def _declared(glass: BreakGlass) -> tuple[Address, ...]:
    accounts = (Address("User", name) for name in glass.accounts)
    return (*accounts, *(Address("Group", name) for name in glass.groups))


def _dropped(former: Former | None, workspace: Workspace) -> list[Address]:
    """Whom tapctl.yaml declared before, but for what is declared by another name now: the pin is the same."""
    if former is None or former.settings is None:
        return []
    had = former.environment.pins if former.environment else {}
    has = workspace.environment.pins
    ids = {has[address] for address in _declared(workspace.settings.break_glass) if address in has}
    return [one for one in _declared(former.settings.break_glass) if had.get(one) not in ids]


def _said(address: Address, former: Former | None) -> tuple[str, str]:
    """What is lost by what it was, and how to say that this is meant."""
    less = "fewer accounts are declared as break glass"
    if former is None:
        was = "is pinned in the environment's file"
        more = " If it is no emergency account any more, remove its pin as well."
    else:
        was, more = f"is break glass in {former.revision!r}", ""
        less = "its members are declared one by one or not at all" if address.kind == "Group" else less
    return f"{address} {was}, and breakGlass does not name it any more: {less}", more


def _key(address: Address) -> tuple[str, str]:
    return address.kind, address.name.casefold()


def _is_declared(address: Address, glass: BreakGlass) -> bool:
    names = glass.accounts if address.kind == "User" else glass.groups
    return address.name.casefold() in {name.casefold() for name in names}


def _is_held(account: Address, glass: BreakGlass, after: Membership) -> bool:
    """Whether an account or group is declared, or is in a group that is."""
    groups = {after.node(Address("Group", name)) for name in glass.groups}
    return _is_declared(account, glass) or bool(groups & after.groups_of(after.node(account)))


def _lost(address: Address, pairs: Sequence[Pair], sides: Sides) -> str:
    """The policies that are on, and exclude it no more."""
    names = [
        pair.address.name
        for pair in pairs
        if _is_about_people(pair.result)
        and _spares(pair.before, address, sides.before)
        and not _spares(pair.result, address, sides.after)
    ]
    return f"not excluded any more by {', '.join(map(repr, names))}" if names else ""


def _left_out_everywhere(pairs: Sequence[Pair], before: Membership) -> list[Address]:
    """Whom every policy of the tenant that is on names among the excluded, or holds in a group of those."""
    found = [pair.before for pair in pairs if pair.before and _is_about_people(pair.before)]
    named = {
        Address(kind, text)
        for spec in found
        for kind, side in _SIDES
        for text in texts(spec, "conditions", "users", side)
    }
    if len(found) < _FEWEST:
        return []
    return sorted(one for one in named if all(_spares(spec, one, before) for spec in found))


def _is_about_people(spec: JsonObject | None) -> bool:
    return spec is not None and state(spec) != "disabled" and is_user_policy(spec)


def _spares(spec: JsonObject | None, address: Address, membership: Membership) -> bool:
    node = membership.reference(address.name, (address.kind,))
    subject = Subject(address=address, node=node, groups=membership.groups_of(node))
    return spec is not None and excludes(spec, subject, membership)
