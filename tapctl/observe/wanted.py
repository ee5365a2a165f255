"""What the plan needs of a tenant, from documents alone: kinds, names and ids. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from tapctl.evaluate.enabled_methods import CONFIGURATIONS, PASSES
from tapctl.graph.batch import FEW
from tapctl.graph.odata import FILTER_CHUNK
from tapctl.kind import Kind
from tapctl.kinds import kinds, lookups
from tapctl.model import Workspace
from tapctl.resolve import Resolved
from tapctl.schema import Field
from tapctl.validate import Desired

METHODS_POLICY = "policies/authenticationMethodsPolicy"

_POLICIES = "ConditionalAccessPolicy"
_LINKS = ("members", "owners")
_METHODS = frozenset(kind for mode, kind in CONFIGURATIONS.items() if mode not in PASSES)


def kinds_to_read(workspace: Workspace, desired: Sequence[Desired], also: Collection[str] = ()) -> list[Kind]:
    """The declared and owned kinds, what they refer to, and the policies that may refer to them.

    Of a kind whose names are its ids, only the names that documents refer to are looked up.
    """
    wanted = {item.address.kind for item in desired} | set(workspace.settings.ownership) | set(also)
    policies = kinds()[_POLICIES]
    if any(name in _referred_kinds(policies) for name in wanted):
        wanted.add(_POLICIES)
    referred = {name for kind in wanted for name in _referred_kinds(kinds()[kind])}
    wanted |= {name for name in referred if lookups()[name].key != "id"}
    return [kind for name, kind in kinds().items() if name in wanted]


def kinds_to_consult(
    workspace: Workspace, desired: Sequence[Desired], also: Collection[str] = ()
) -> list[Kind]:
    """The policies, and what they refer to, where a method is declared that they may ask for: turning it off
    may keep people out. Nobody declares or refers to them, so a plan goes on without them."""
    if not any(item.address.kind in _METHODS for item in desired):
        return []
    observed = {kind.name for kind in kinds_to_read(workspace, desired, also)}
    found = kinds_to_read(workspace, desired, {*also, _POLICIES})
    return [kind for kind in found if kind.is_listed and kind.name not in observed]


def _referred_kinds(kind: Kind) -> set[str]:
    return set(_all_references(kind.field))


def _all_references(node: object) -> Iterable[str]:
    if isinstance(node, Field):
        yield from node.references
        for child in (*node.properties.values(), node.items):
            yield from _all_references(child)


def names_wanted(
    workspace: Workspace, desired: Sequence[Desired], resolved: Resolved
) -> dict[str, frozenset[str]]:
    """The names to look up, for kinds that are not listed anyway."""
    groups = {item.display_name for item in desired if item.address.kind == "Group"}
    former = {name for item in desired if item.address.kind == "Group" for name in item.resource.former_names}
    names = {kind: set(found) for kind, found in resolved.names.items()}
    names["Group"] = names.get("Group", set()) | groups | former
    for address in workspace.environment.pins:  # an object goes by its pin's name, or the pin is wrong
        if address.kind in lookups() and lookups()[address.kind].by == "filter":
            names.setdefault(address.kind, set()).add(address.name)
    return {kind: frozenset(found) for kind, found in names.items() if found}


def is_read_whole(observed: Iterable[Kind], name: str) -> bool:
    """Whether a kind's whole collection is read anyway."""
    return any(kind.name == name and kind.is_listed for kind in observed)


def is_listed(kind: str) -> bool:
    return kind in kinds() and kinds()[kind].is_listed


def pinned(workspace: Workspace, *, in_bulk: bool) -> dict[str, list[str]]:
    """The pinned ids of kinds that are not listed: those that can be named in bulk, or the others."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for address, pinned in workspace.environment.pins.items():
        lookup = lookups().get(address.kind)
        if lookup is not None and not is_listed(address.kind) and bool(lookup.types) == in_bulk:
            found[address.kind].append(pinned.lower())
    return dict(found)


def shared_singletons(observed: Iterable[Kind]) -> frozenset[str]:
    """The singletons whose answer carries more than one thing that is wanted."""
    paths = Counter(path for kind in observed for path in {kind.path, kind.inside})
    paths.update([METHODS_POLICY] if any(kind.name == _POLICIES for kind in observed) else [])
    return frozenset(path for path, count in paths.items() if path and count > 1)


def looked_up_last(names: frozenset[str], workspace: Workspace) -> frozenset[str]:
    """The users that policies probably hold, when they are many: ids are named 1,000 at a time, names found
    15 at a time. Nobody else can have a userPrincipalName, so a user who was named is found."""
    glass = {name.lower() for name in workspace.settings.break_glass.accounts}
    is_many = len(names) > FILTER_CHUNK * FEW
    return frozenset(name for name in names if name.lower() not in glass) if is_many else frozenset()


def links_to_read(desired: Desired) -> tuple[str, ...]:
    """The links of a group that its document owns; all of them if the group goes."""
    is_going = desired.resource.ensure == "absent"
    return tuple(link for link in _LINKS if is_going or link in desired.spec)
