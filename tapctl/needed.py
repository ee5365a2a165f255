"""A checked workspace → the least Graph application permissions that planning, applying or passes take.

What a kind takes is said by the kind (`Kind.read_permission`, `write_permissions`, `write_instead`), what a
look-up takes by its `Lookup`; here is what becomes of them together. Which permission covers which is from
https://learn.microsoft.com/graph/permissions-reference, by the requests that tapctl makes (checked 2026-11).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, assert_never

from tapctl.checked import Checked
from tapctl.kind import Lookup
from tapctl.kinds import kinds, lookups
from tapctl.observe.wanted import kinds_to_consult, kinds_to_read, names_wanted

Purpose: TypeAlias = Literal["plan", "apply", "passes"]
PURPOSES: Final[tuple[Purpose, ...]] = ("plan", "apply", "passes")

_POLICIES: Final = "ConditionalAccessPolicy"
_ROLE_GROUPS: Final = "RoleManagement.ReadWrite.Directory"

COVERS: Final[Mapping[str, frozenset[str]]] = {
    "Policy.Read.All": frozenset({"Policy.Read.AuthenticationMethod"}),
    "Policy.ReadWrite.AuthenticationMethod": frozenset({"Policy.Read.AuthenticationMethod"}),
    "AuthenticationContext.ReadWrite.All": frozenset({"AuthenticationContext.Read.All"}),
    "GroupMember.Read.All": frozenset({"Group.ReadBasic.All"}),
    "Group.Read.All": frozenset({"GroupMember.Read.All"}),
    "Group.ReadWrite.All": frozenset({"Group.Read.All"}),
    "User.Read.All": frozenset({"User.ReadBasic.All"}),
    "User.ReadWrite.All": frozenset({"User.Read.All"}),
    "Application.ReadWrite.All": frozenset({"Application.Read.All"}),
    "RoleManagement.ReadWrite.Directory": frozenset({"RoleManagement.Read.Directory"}),
    "Directory.Read.All": frozenset(
        {
            "Application.Read.All",
            "AuditLog.Read.All",
            "Group.Read.All",
            "LicenseAssignment.Read.All",
            "RoleManagement.Read.Directory",
            "User.Read.All",
        }
    ),
    "Directory.ReadWrite.All": frozenset({"Directory.Read.All"}),
    "Organization.Read.All": frozenset({"LicenseAssignment.Read.All"}),
    "UserAuthMethod-TAP.ReadWrite.All": frozenset({"UserAuthMethod-TAP.Read.All"}),
    "UserAuthenticationMethod.Read.All": frozenset({"UserAuthMethod-TAP.Read.All"}),
    "UserAuthenticationMethod.ReadWrite.All": frozenset(
        {"UserAuthenticationMethod.Read.All", "UserAuthMethod-TAP.ReadWrite.All"}
    ),
}
"""What else a permission is good for, one step; `covered_by` follows the steps."""

TAKES_OVER: Final[Mapping[str, str]] = {
    "AppRoleAssignment.ReadWrite.All": "its holder can give itself every other permission",
    "Application.ReadWrite.All": "its holder can sign in as other applications",
    "Directory.ReadWrite.All": "its holder can change most of the directory",
    _ROLE_GROUPS: "its holder can make anybody an administrator",
}
"""Permissions that are as good as the whole tenant: no script of ours gives them to anybody."""


WIDE: Final[Mapping[str, str]] = {
    "Directory.Read.All": "wide, nothing fails without it; to both or to none",
    "Group.Read.All": "it reads what groups write and keep too, and nothing fails without it",
}
"""Optional permissions that say more than they are asked for: whoever runs the script decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One permission and what for. `instead` are others that do as well; without an `is_optional` one the
    command works and says what it does not know. `delegated_only`: Graph gives it to people only."""

    permission: str
    why: str
    is_optional: bool = False
    delegated_only: bool = False
    instead: tuple[str, ...] = ()


def needs(checked: Checked, purpose: Purpose) -> tuple[Need, ...]:
    """The least set, by name: nothing in it is covered by another permission of the set."""
    match purpose:
        case "plan":
            return least((*_reads(checked), *_for_drift(checked)))
        case "apply":
            return least((*_reads(checked), *_writes(checked)))
        case "passes":
            return least(_PASSES)
        case _:
            assert_never(purpose)


def least(found: Iterable[Need]) -> tuple[Need, ...]:
    """One Need a permission, without those that the required ones cover."""
    merged: dict[str, Need] = {}
    for need in found:
        merged[need.permission] = _both(merged[need.permission], need) if need.permission in merged else need
    required = {name for name, need in merged.items() if not need.is_optional}
    return tuple(
        need for name, need in sorted(merged.items()) if not is_met(need, required - {name}, exact=False)
    )


def _both(first: Need, second: Need) -> Need:
    whys = dict.fromkeys((*first.why.split("; "), second.why))
    return replace(
        first,
        why="; ".join(whys),
        is_optional=first.is_optional and second.is_optional,
        instead=tuple(item for item in first.instead if item in second.instead),
    )


def is_met(need: Need, held: Collection[str], *, exact: bool = True) -> bool:
    """Whether what is held is enough; with `exact` the permission itself counts too."""
    reach = covered_by(held)
    return (exact and need.permission in held) or not reach.isdisjoint({need.permission, *need.instead})


def covered_by(held: Iterable[str]) -> frozenset[str]:
    """The permissions, and everything that they are good for."""
    reach: set[str] = set()
    waiting = list(held)
    while waiting:
        name = waiting.pop()
        if name not in reach:
            reach.add(name)
            waiting.extend(COVERS.get(name, ()))
    return frozenset(reach)


def _declared(checked: Checked) -> set[str]:
    owned = {kind for kind, patterns in checked.workspace.settings.ownership.items() if patterns}
    return owned | {item.address.kind for item in checked.desired}


def _reads(checked: Checked) -> Iterator[Need]:
    """What a plan reads, which whoever applies reads too: what only one can name is a difference."""
    observed = kinds_to_read(checked.workspace, checked.desired)
    declared = _declared(checked)
    for kind in observed:
        if kind.name != "Group":
            yield Need(permission=kind.read_permission, why=f"read {kind.name}")
    if "Group" in declared:
        yield Need(permission=kinds()["Group"].read_permission, why="read declared groups")
    for lookup in found_by_name(checked):
        why = f"find {lookup.kind} by name"
        yield Need(permission=lookup.permission, why=why, delegated_only=lookup.delegated_only)
    if any(kind.name == _POLICIES for kind in observed):
        yield from _beside_policies(checked)
    for need in _consulted(checked):
        yield replace(need, is_optional=True)
    yield Need(permission="Directory.Read.All", why="name ids that no document mentions", is_optional=True)


def found_by_name(checked: Checked) -> list[Lookup]:
    """What a plan looks up by name, beside the collections that it reads whole. The name of an application
    is ours or a pin's, and costs no request."""
    listed = {kind.name for kind in kinds_to_read(checked.workspace, checked.desired) if kind.is_listed}
    names = names_wanted(checked.workspace, checked.desired, checked.resolved).keys()
    return [lookups()[name] for name in sorted(names - listed - {"Application"})]


def _consulted(checked: Checked) -> Iterator[Need]:
    """What it takes to see what a change of methods means for policies."""
    consulted = kinds_to_consult(checked.workspace, checked.desired)
    for kind in consulted:
        yield Need(permission=kind.read_permission, why="see which policies ask for a method")
    if consulted:
        yield from _in_policies(checked)


def _beside_policies(checked: Checked) -> Iterator[Need]:
    yield Need(permission="Policy.Read.All", why="see security defaults")
    yield Need(permission="LicenseAssignment.Read.All", why="see licences", is_optional=True)
    yield from _in_policies(checked)


def _in_policies(checked: Checked) -> Iterator[Need]:
    yield Need(permission="Application.Read.All", why="name the applications in policies")
    glass = checked.workspace.settings.break_glass
    if glass.accounts or glass.groups:
        yield Need(permission="User.Read.All", why="see which groups hold break-glass accounts")
        yield Need(permission="GroupMember.Read.All", why="see which groups hold break-glass accounts")


def _writes(checked: Checked) -> Iterator[Need]:
    for name in sorted(_declared(checked)):
        kind = kinds()[name]
        for permission in kind.write_permissions:
            yield Need(permission=permission, why=f"write {name}", instead=kind.write_instead)
    if any(item.spec.get("isAssignableToRole") is True for item in checked.desired):
        yield Need(permission=_ROLE_GROUPS, why="write groups that can hold roles")


def _for_drift(checked: Checked) -> Iterator[Need]:
    """What drift reads beside the plan. Deleted objects of other kinds take what the kind itself takes."""
    yield Need(permission="AuditLog.Read.All", why="say who caused drift", is_optional=True)
    why = "say whether what was deleted of break glass can be restored"
    glass = checked.workspace.settings.break_glass
    if glass.accounts:
        yield Need(permission="User.Read.All", why=why, is_optional=True)
    if glass.groups:
        yield Need(permission="Group.Read.All", why=why, is_optional=True)


_PASSES: Final = (
    Need(permission="UserAuthMethod-TAP.ReadWrite.All", why="issue, revoke and sweep passes"),
    Need(permission="UserAuthenticationMethod.Read.All", why="see who has a permanent method"),
    Need(permission="Policy.Read.AuthenticationMethod", why="read TemporaryAccessPassPolicy"),
    Need(permission="User.Read.All", why="find User by name"),
    Need(permission="GroupMember.Read.All", why="find people by their group"),
    Need(permission="AuditLog.Read.All", why="see who issued a pass and who signed in", is_optional=True),
    Need(permission="RoleManagement.Read.Directory", why="see who holds a privileged role", is_optional=True),
    Need(
        permission="PrivilegedEligibilitySchedule.Read.AzureADGroup",
        why="see who may join a role-assignable group",
        is_optional=True,
    ),
    Need(permission="Policy.Read.All", why="see whether policies let a pass register", is_optional=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A permission that is held and not needed; `is_serious` if nobody should let it be."""

    permission: str
    why: str
    is_serious: bool


def excess(held: Iterable[str], needed: Collection[Need], purpose: Purpose) -> tuple[Excess, ...]:
    """What could go, worst first. What Graph gives every token anyway is none of it, and neither is what
    adds nothing to what is needed."""
    wanted = covered_by(name for need in needed for name in (need.permission, *need.instead))
    found = [_judged(name, purpose) for name in held if name not in wanted and name not in _EVERY_TOKEN]
    return tuple(sorted(found, key=lambda item: (not item.is_serious, item.permission)))


_EVERY_TOKEN: Final = frozenset({"openid", "profile", "email", "offline_access", "User.Read"})


def _judged(name: str, purpose: Purpose) -> Excess:
    writes = "Write" in name or "Create" in name or "Manage" in name or "AccessAsUser" in name
    if name in TAKES_OVER:
        return Excess(permission=name, why=TAKES_OVER[name], is_serious=True)
    if purpose != "passes" and name.startswith(("UserAuth", "User-PasswordProfile")) and writes:
        why = "its holder can make passes or change how people sign in, which planning and applying never do"
        return Excess(permission=name, why=why, is_serious=True)
    if writes:
        why = "planning writes nothing" if purpose == "plan" else "nothing here is written with it"
        return Excess(permission=name, why=why, is_serious=True)
    return Excess(permission=name, why="nothing here is read with it", is_serious=False)
