"""Whom a policy is for: people by name, group, role and sort of guest; or workloads.

https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups
"""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.evaluate.policy import GuestClause, Lists, Policy, UserClause
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.truth import Truth, but_not, every, some
from tapctl.evaluate.words import filtered, is_among


def reaches_person(policy: Policy, scene: Scene) -> Truth:
    """Whether the person is in the policy's scope, its other conditions aside."""
    return users(policy.include, policy.exclude, scene)


def users(include: UserClause, exclude: UserClause, scene: Scene) -> Truth:
    if scene.is_workload:
        return False
    excluded = is_in_clause(exclude, scene)
    return False if excluded is True else but_not(is_in_clause(include, scene), excluded)


def users_or_more(include: UserClause, exclude: UserClause, scene: Scene) -> Truth:
    """An exclusion wins over whatever is included."""
    found = users(include, exclude, scene)
    return found if found or is_in_clause(exclude, scene) is True else None


def is_in_clause(clause: UserClause, scene: Scene) -> Truth:
    """Whether a list, of the included or of the excluded, means the person."""
    if clause.everybody or scene.user in clause.users:
        return True
    in_group = scene.in_any_group(clause.groups) if clause.groups else False
    if may_be_named(clause, scene):
        in_group = in_group or None
    if in_group is True or not clause.is_about_more:
        return in_group
    return some((in_group, *_memberships(clause, scene)))


def may_be_named(clause: UserClause, scene: Scene) -> bool:
    """Whether a list of users may mean the person: somebody who is nobody in particular, or who goes by a
    name where the list has ids and nobody told whose they are."""
    if scene.person.is_anybody:
        return bool(clause.users)
    is_told = bool(scene.facts.users) or scene.person.groups_are_complete or scene.user.startswith("id:")
    return not is_told and any(text.startswith("id:") for text in clause.users)


def _memberships(clause: UserClause, scene: Scene) -> Iterator[Truth]:
    if clause.has_newer:
        yield None
    if clause.roles:
        roles = scene.roles
        yield None if roles is None else not roles.isdisjoint(clause.roles)
    if clause.all_guests:
        yield None if scene.person.type is None else scene.person.type != "member"
    if clause.guests is not None:
        yield _is_guest(clause.guests, scene)


def _is_guest(clause: GuestClause, scene: Scene) -> Truth:
    if scene.person.type is None:
        return None
    if scene.person.type == "member":
        return False
    is_of_type = is_among(scene.person.type.lower(), clause.types, "guests")
    return every((is_of_type, _is_from(clause, scene)))


def _is_from(clause: GuestClause, scene: Scene) -> Truth:
    if clause.tenants is None or scene.person.type == "internalGuest":
        return True
    home = scene.person.home_tenant.lower()
    return home in clause.tenants if home else None


def workloads(lists: Lists, filter_mode: str, scene: Scene) -> Truth:
    """https://learn.microsoft.com/entra/identity/conditional-access/workload-identity"""
    if not scene.is_workload or scene.user.startswith("mi:"):
        return False
    own = scene.user.removeprefix("sp:")
    if own in {text.casefold() for text in scene.facts.multi_tenant_applications}:
        return False
    names = {own, scene.user}
    every_one = "serviceprincipalsinmytenant" in lists.include
    included: Truth = every_one or not names.isdisjoint(lists.include)
    excluded: Truth = not names.isdisjoint(lists.exclude)
    return filtered(included, excluded, filter_mode)


def workloads_or_more(lists: Lists, filter_mode: str, scene: Scene) -> Truth:
    """An exclusion wins over whatever is included, and a managed identity is in nothing."""
    found = workloads(lists, filter_mode, scene)
    is_in_reach = scene.is_workload and not scene.user.startswith("mi:")
    is_excluded = not {scene.user, scene.user.removeprefix("sp:")}.isdisjoint(lists.exclude)
    return found if found or not is_in_reach or is_excluded else None
