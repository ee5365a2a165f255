"""The tenant and the workspace → what holds for everybody who is to get a pass."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from tapctl.errors import GraphError, NotFound
from tapctl.graph.batch import Read, list_each
from tapctl.graph.odata import odata_quote, path_segment
from tapctl.model import JsonObject, Workspace
from tapctl.passes.checks import Rules
from tapctl.passes.graph import POLICY_PATH, policy_of
from tapctl.passes.people import groups_with, users_named
from tapctl.resolve import unpinned
from tapctl.shapes import as_text

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway, Objects

T = TypeVar("T")

_ROLES: Final = "roleManagement/directory"
# Without Entra ID P2 nobody can be eligible: https://learn.microsoft.com/entra/id-governance/licensing-fundamentals
_NO_ELIGIBILITY: Final = "aadpremiumlicenserequired"
# Only for one group, or one principal, at a time; an active assignment is a plain membership or ownership:
# https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-eligibilityschedules (checked 2026-11)
_ON_DEMAND: Final = "identityGovernance/privilegedAccess/group/eligibilitySchedules"
_NO_SEGMENT: Final = "resource not found for the segment"


async def read_rules(gateway: Gateway, workspace: Workspace) -> Rules:
    """Raises GraphError if the pass policy cannot be read; what is missing of the rest is in `unread`."""
    unread: list[str] = []
    unasked: list[str] = []
    policy, active, eligible, definitions, role_groups = await asyncio.gather(
        gateway.get(POLICY_PATH),
        _or(unread, _principals(gateway, "roleAssignments"), []),
        _or(unread, _eligible(gateway), []),
        _or([], gateway.list(f"{_ROLES}/roleDefinitions", {"$select": "id,displayName"}), []),
        _or(unread, _role_groups(gateway), []),
    )
    found = policy_of(policy)
    groups = {_id(item): as_text(item.get("displayName")) for item in role_groups}
    targets = sorted(found.groups - groups.keys())
    owners, joinable, names, accounts = await asyncio.gather(
        _owners(gateway, groups, unread),
        _joinable(gateway, groups, unread, unasked),
        _names(gateway, targets),
        _or(unread, _accounts(gateway, workspace), {}),
    )
    privileged = {*_held(active, {}), *_held(eligible, {}), *joinable}
    feeders = await _or(unread, groups_with(gateway, sorted(privileged - groups.keys())), ())
    roles = {_id(item): as_text(item.get("displayName")) for item in definitions}
    return Rules(
        policy=found,
        caller_id=gateway.caller.id.lower(),
        active=_held(active, roles),
        eligible=_held(eligible, roles),
        role_groups=groups,
        owners=owners,
        joinable=joinable,
        feeders={group.id.lower(): group.name for group in feeders},
        break_glass=break_glass_ids(workspace) | {user for user in accounts.values() if user},
        names=names,
        unread=tuple(unread),
        unasked=tuple(unasked),
        unpinned=tuple(_untold(workspace, accounts)),
    )


def break_glass_ids(workspace: Workspace) -> frozenset[str]:
    """The declared emergency accounts and groups that have a pin."""
    declared, pins = workspace.settings.break_glass, workspace.environment.pins
    folded = {(address.kind, address.name.lower()): pin.lower() for address, pin in pins.items()}
    wanted = [
        *(("User", name.lower()) for name in declared.accounts),
        *(("Group", name.lower()) for name in declared.groups),
    ]
    return frozenset(folded[key] for key in wanted if key in folded)


async def _accounts(gateway: Gateway, workspace: Workspace) -> dict[str, str]:
    """The ids of the emergency accounts without a pin, by name; empty where nobody has the name by now."""
    addresses = (finding.address for finding in unpinned(workspace))
    wanted = [address.name for address in addresses if address is not None and address.kind == "User"]
    found = await users_named(gateway, wanted, "id,userPrincipalName")
    return {name: _id(found[name]) if name in found else "" for name in wanted}


def _untold(workspace: Workspace, accounts: Mapping[str, str]) -> Iterator[str]:
    """Anyone may make a namesake of a group, so its name says nothing of who is in the one that is meant; an
    account whose name nobody has may have been renamed."""
    for finding in unpinned(workspace):
        name = finding.address.name if finding.address is not None else ""
        if name not in accounts:
            yield f"{finding.message}: {finding.help}"
        elif not accounts[name]:
            yield f"{finding.message}, and nobody has that name: {finding.help}"


async def _or(unread: list[str], reading: Awaitable[T], otherwise: T) -> T:
    """What could not be read is noted, and is never taken for absent."""
    try:
        return await reading
    except GraphError as error:
        unread.append(str(error))
        return otherwise


async def _principals(gateway: Gateway, collection: str) -> Objects:
    return await gateway.list(f"{_ROLES}/{collection}", {"$select": "principalId,roleDefinitionId"})


async def _eligible(gateway: Gateway) -> Objects:
    try:
        return await _principals(gateway, "roleEligibilitySchedules")
    except GraphError as error:
        if error.code.lower() == _NO_ELIGIBILITY:
            return []
        raise


async def _role_groups(gateway: Gateway) -> Objects:
    wanted = {"$filter": "isAssignableToRole eq true", "$select": "id,displayName"}
    return await gateway.list("groups", wanted)


async def _owners(
    gateway: Gateway, groups: Mapping[str, str], unread: list[str]
) -> dict[str, tuple[str, ...]]:
    """Who owns a role-assignable group can join it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    failed: list[tuple[str, GraphError]] = []
    reads = [Read(path=f"groups/{path_segment(group)}/owners", params={"$select": "id"}) for group in groups]
    for group, owners in zip(groups, await list_each(gateway, reads), strict=True):
        if isinstance(owners, NotFound):  # deleted a moment ago
            continue
        if isinstance(owners, GraphError):
            failed.append((groups[group], owners))
            continue
        for owner in owners:
            found[_id(owner)].append(groups[group])
    unread += _each_once(failed)
    return {owner: tuple(names) for owner, names in found.items()}


async def _joinable(
    gateway: Gateway, groups: Mapping[str, str], unread: list[str], unasked: list[str]
) -> dict[str, tuple[str, ...]]:
    """Who may make themselves a member or owner of a role-assignable group, by PIM for Groups. A tenant
    without that says so of every group; what it says of some only is of those."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    failed: dict[str, GraphError] = {}
    reads = [
        Read(
            path=_ON_DEMAND,
            params={"$filter": f"groupId eq {odata_quote(group)}", "$select": "principalId,accessId,groupId"},
        )
        for group in groups
    ]
    for group, answer in zip(groups, await list_each(gateway, reads), strict=True):
        if isinstance(answer, GraphError):
            failed[group] = answer
            continue
        for item in answer:
            relation = as_text(item.get("accessId")).lower()
            found[as_text(item.get("principalId")).lower()].append(f'{relation} of "{groups[group]}"')
    is_without = len(failed) == len(groups) and all(map(_is_without, failed.values()))
    gone = set() if is_without else await _or(unread, _gone(gateway, failed), set())
    said = unasked if is_without else unread
    said += _each_once((groups[group], error) for group, error in failed.items() if group not in gone)
    return {principal: tuple(ways) for principal, ways in found.items()}


async def _gone(gateway: Gateway, failed: Mapping[str, GraphError]) -> set[str]:
    """Of the groups that are not found, those that were deleted a moment ago."""
    missing = {group for group, error in failed.items() if isinstance(error, NotFound)}
    return missing - {group.id.lower() for group in await groups_with(gateway, sorted(missing))}


def _each_once(failed: Iterable[tuple[str, GraphError]]) -> Iterator[str]:
    """What was answered for role-assignable groups, by their names: each sort of answer once, since its words
    differ from one request to the next, by the request's id at least."""
    alike: defaultdict[tuple[int, str], list[tuple[str, GraphError]]] = defaultdict(list)
    for name, error in failed:
        alike[error.status, error.code].append((name, error))
    for (name, error), *others in alike.values():
        said, newline, advice = str(error).partition("\n")
        more = f" and {len(others)} more" if others else ""
        yield f'{said} (the role-assignable group "{name}"{more}){newline}{advice}'


def _is_without(error: GraphError) -> bool:
    """Whether the tenant, or the cloud that it is in, has no PIM for Groups."""
    is_unlicensed = error.code.lower() == _NO_ELIGIBILITY
    return isinstance(error, NotFound) or is_unlicensed or _NO_SEGMENT in error.message.lower()


async def _names(gateway: Gateway, groups: Sequence[str]) -> dict[str, str]:
    """For messages only: a group that cannot be named keeps its id."""
    try:
        found = await groups_with(gateway, groups)
    except GraphError:
        return {}
    return {group.id.lower(): group.name for group in found}


def _held(assignments: Iterable[JsonObject], roles: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item in assignments:
        role = as_text(item.get("roleDefinitionId")).lower()
        found[as_text(item.get("principalId")).lower()].append(roles.get(role) or role)
    return {principal: tuple(names) for principal, names in found.items()}


def _id(item: JsonObject) -> str:
    return as_text(item.get("id")).lower()
