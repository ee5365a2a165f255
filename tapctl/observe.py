"""The tenant → a Snapshot: what the plan needs, in as few round trips as Graph allows.

Collections are listed, names and ids looked up in bulk; the number of requests does not depend on the
number of policies but for paging, and for look-ups of 1,000 ids.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tapctl.canonical import expand, references
from tapctl.errors import GraphError, NotPermitted
from tapctl.graph.batch import FEW, Read, list_all
from tapctl.graph.odata import FILTER_CHUNK, in_filters
from tapctl.kind import Kind, Lookup
from tapctl.kinds import kinds, lookups
from tapctl.model import Identity, Json, JsonObject, Snapshot, TenantFacts, Workspace
from tapctl.reference import parse
from tapctl.resolve import Resolved
from tapctl.validate import Desired

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

T = TypeVar("T")

_POLICIES = "ConditionalAccessPolicy"
_METHODS = "policies/authenticationMethodsPolicy"
_IDS_PER_LOOKUP = 1000  # directoryObjects/getByIds
_LINKS = ("members", "owners")


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    gateway: Gateway
    objects: dict[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    entries: defaultdict[str, list[JsonObject]] = field(default_factory=lambda: defaultdict(list))
    parents: dict[str, frozenset[str]] = field(default_factory=dict)
    asked: dict[str, asyncio.Future[JsonObject]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    facts: TenantFacts = field(default_factory=TenantFacts)

    async def get(self, path: str) -> JsonObject:
        """One object, asked for once however many want it."""
        if path not in self.asked:
            self.asked[path] = asyncio.ensure_future(self.gateway.get(path))
        return await self.asked[path]

    async def optional(self, what: str, reading: Awaitable[T]) -> T | None:
        """What `reading` answers, or None and the reason under `what`."""
        try:
            return await reading
        except GraphError as error:
            self.unread[what] = str(error)
            return None


async def observe(
    gateway: Gateway,
    workspace: Workspace,
    desired: Sequence[Desired],
    resolved: Resolved,
    also: Collection[str] = (),
) -> Snapshot:
    """Read the tenant. Raises GraphError where something that the plan cannot do without is not readable.

    `also` are kinds of which every object is wanted, whether or not a document names it.
    """
    reading = _Reading(gateway)
    names = names_wanted(workspace, desired, resolved)
    observed_kinds = kinds_to_read(workspace, desired, also)
    names = {kind: found for kind, found in names.items() if not _is_among(observed_kinds, kind)}
    people = _looked_up_last(names.get("User", frozenset()), workspace)
    names |= {"User": names["User"] - people} if people else {}
    together = _together(observed_kinds)
    await _all(
        _facts(reading, observed_kinds),
        *(_collection(reading, kind, together) for kind in observed_kinds if kind.is_listed),
        *(_singleton(reading, kind, together) for kind in observed_kinds if kind.singleton),
        *(_by_name(reading, lookups()[kind], wanted) for kind, wanted in names.items()),
        *(_by_id(reading, lookups()[kind], ids) for kind, ids in _pinned(workspace, in_bulk=False).items()),
    )
    if "Group" in also:
        await _every_group(reading)
    else:
        _take_groups(reading, workspace, desired)
    await asyncio.gather(
        _names_and_ids(reading, observed_kinds, desired, workspace, names | {"User": people}, bool(also)),
        _members(reading, desired),
        _memberships(reading, workspace, desired),
    )
    return Snapshot(
        environment=gateway.environment,
        tenant_id=gateway.tenant_id,
        is_sandbox=gateway.is_sandbox,
        identity=_identity(reading),
        objects=reading.objects,
        entries={kind: tuple(found) for kind, found in reading.entries.items()},
        parents=reading.parents,
        dynamic_groups=_dynamic_groups(reading.entries["Group"]),
        facts=reading.facts,
        unread=reading.unread,
    )


async def _all(*readings: Awaitable[None]) -> None:
    """Every reading to its end. What is not permitted is told together, to who sets up an identity."""
    results = await asyncio.gather(*readings, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    denied = [error for error in errors if isinstance(error, NotPermitted)]
    if len(denied) < len(errors):
        raise next(error for error in errors if not isinstance(error, NotPermitted))
    if denied:
        raise _together_denied(denied)


def _together_denied(denied: Sequence[NotPermitted]) -> NotPermitted:
    first, *others = {error.request: error for error in denied}.values()
    advice = "\n  ".join([first.advice, *(f"likewise {other.request}: {other.advice}" for other in others)])
    return NotPermitted(
        request=first.request,
        status=first.status,
        code=first.code,
        message=first.message,
        request_id=first.request_id,
        advice=advice,
    )


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


def _referred_kinds(kind: Kind) -> set[str]:
    return set(_all_references(kind.field))


def _all_references(node: object) -> Iterable[str]:
    from tapctl.schema import Field

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


def _is_among(observed: Iterable[Kind], name: str) -> bool:
    """Whether a kind's whole collection is read anyway."""
    return any(kind.name == name and kind.is_listed for kind in observed)


def _is_listed(kind: str) -> bool:
    return kind in kinds() and kinds()[kind].is_listed


def _pinned(workspace: Workspace, *, in_bulk: bool) -> dict[str, list[str]]:
    """The pinned ids of kinds that are not listed: those that can be named in bulk, or the others."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for address, pinned in workspace.environment.pins.items():
        lookup = lookups().get(address.kind)
        if lookup is not None and not _is_listed(address.kind) and bool(lookup.types) == in_bulk:
            found[address.kind].append(pinned.lower())
    return dict(found)


def _together(observed: Iterable[Kind]) -> frozenset[str]:
    """The singletons whose answer carries more than one thing that is wanted."""
    paths = Counter(path for kind in observed for path in {kind.path, kind.inside})
    paths.update([_METHODS] if any(kind.name == _POLICIES for kind in observed) else [])
    return frozenset(path for path, count in paths.items() if path and count > 1)


async def _collection(reading: _Reading, kind: Kind, together: frozenset[str]) -> None:
    if kind.inside in together:
        reading.objects[kind.name] = tuple(kind.ours(await _inside(reading, kind)))
    else:
        reading.objects[kind.name] = tuple(await list_objects(reading.gateway, kind))
    reading.entries[kind.name].extend(reading.objects[kind.name])


async def list_objects(gateway: Gateway, kind: Kind) -> list[JsonObject]:
    """A kind's objects, each with what belongs to it even where the list leaves that out."""
    found = kind.ours(await gateway.list(kind.path))
    return list(await asyncio.gather(*(_with_contained(gateway, kind, item) for item in found)))


async def _with_contained(gateway: Gateway, kind: Kind, item: JsonObject) -> JsonObject:
    if not kind.contained or kind.contained in item or kind.service_managed(item):
        return item
    held = await gateway.list(f"{kind.object_path(str(item['id']))}/{kind.contained}")
    return {**item, kind.contained: [*held]}


async def _singleton(reading: _Reading, kind: Kind, together: frozenset[str]) -> None:
    own_id = kind.path.rpartition("/")[2].lower()
    held = await _inside(reading, kind) if kind.inside in together else []
    found = [item for item in held if str(item.get("id")).lower() == own_id]
    reading.objects[kind.name] = (found[0] if found else await reading.get(kind.path),)


async def _inside(reading: _Reading, kind: Kind) -> list[JsonObject]:
    """What the answer of another singleton carries of this kind's collection."""
    segment = kind.path.removeprefix(f"{kind.inside}/").partition("/")[0]
    held = (await reading.get(kind.inside)).get(segment)
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def _looked_up_last(names: frozenset[str], workspace: Workspace) -> frozenset[str]:
    """The users that policies probably hold, when they are many: ids are named 1,000 at a time, names found
    15 at a time. Nobody else can have a userPrincipalName, so a user who was named is found."""
    glass = {name.lower() for name in workspace.settings.break_glass.accounts}
    is_many = len(names) > FILTER_CHUNK * FEW
    return frozenset(name for name in names if name.lower() not in glass) if is_many else frozenset()


async def _names_and_ids(
    reading: _Reading,
    observed: Sequence[Kind],
    desired: Sequence[Desired],
    workspace: Workspace,
    names: Mapping[str, frozenset[str]],
    is_import: bool,
) -> None:
    """Names for ids, then the ids of people who were not among them; an import also looks for namesakes of
    what it found by its id, for it is about to write down names."""
    await _names_of_ids(reading, observed, desired, _pinned(workspace, in_bulk=True))
    found = {str(entry.get("userPrincipalName")).lower() for entry in reading.entries["User"]}
    missing = [name for name in names["User"] if name.lower() not in found]
    await _filtered(reading, lookups()["User"], "userPrincipalName", missing)
    for kind in ("Group", "ServicePrincipal") if is_import else ():
        if not reading.objects.get(kind):
            held = {str(entry["displayName"]) for entry in reading.entries[kind] if entry.get("displayName")}
            asked = _filtered(reading, lookups()[kind], "displayName", held - names.get(kind, frozenset()))
            await _decorate(reading, f"namesakes of {kind}", asked)


async def _by_name(reading: _Reading, lookup: Lookup, names: Iterable[str]) -> None:
    if lookup.by == "list":
        reading.entries[lookup.kind].extend(await reading.gateway.list(lookup.path))
    elif lookup.kind != "Application":  # the name of an application is ours or a pin's, never the tenant's
        await _filtered(reading, lookup, lookup.key, names)


async def _by_id(reading: _Reading, lookup: Lookup, ids: Iterable[str]) -> None:
    if lookup.by == "list":
        await _by_name(reading, lookup, ())
    else:
        await _filtered(reading, lookup, lookup.id, ids)


async def _filtered(reading: _Reading, lookup: Lookup, key: str, values: Iterable[str]) -> None:
    params = [
        {"$filter": text, "$select": ",".join(lookup.select)} for text in in_filters(key, sorted(values))
    ]
    pages = await list_all(reading.gateway, [Read(path=lookup.path, params=each) for each in params])
    reading.entries[lookup.kind].extend(entry for page in pages for entry in page)


async def _every_group(reading: _Reading) -> None:
    lookup = lookups()["Group"]
    found = await reading.gateway.list(lookup.path, {"$select": ",".join(lookup.select)})
    reading.entries["Group"].extend(found)
    reading.objects["Group"] = tuple(found)


def _take_groups(reading: _Reading, workspace: Workspace, desired: Sequence[Desired]) -> None:
    """Of the groups looked up, those that a document may mean are objects of their kind."""
    meant = {
        name
        for item in desired
        if item.address.kind == "Group"
        for name in (item.display_name, *item.resource.former_names)
    }
    pinned = {pin.lower() for address, pin in workspace.environment.pins.items() if address.name in meant}
    unique = {str(group["id"]): group for group in reading.entries["Group"]}
    reading.objects["Group"] = tuple(
        group
        for group in unique.values()
        if str(group.get("displayName")) in meant or str(group["id"]).lower() in pinned
    )


async def _names_of_ids(
    reading: _Reading,
    observed: Iterable[Kind],
    desired: Sequence[Desired],
    pinned: Mapping[str, Iterable[str]],
) -> None:
    """Name the ids that policies and pins hold, in bulk; what cannot be named stays an id."""
    wanted: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for kind_name, ids in pinned.items():
        wanted[kind_name,].update(ids)
    specs = [(kind, item) for kind in observed for item in reading.objects.get(kind.name, ())]
    specs += [(item.kind, item.spec) for item in desired]
    for kind, item in specs:
        for _, spot, text in references(kind.field, expand(kind.field, kind.from_graph(item))):
            reference = parse(text, spot.references, spot.words)
            if reference.form == "id":
                wanted[spot.references].add(reference.text)
    known = {
        (kind, str(entry.get(lookups()[kind].id)).lower())
        for kind, entries in reading.entries.items()
        for entry in entries
    } | {(kind, known) for kind, lookup in lookups().items() for known in lookup.well_known.values()}
    directory: set[str] = set()
    others: list[Awaitable[None]] = []
    for names, ids in wanted.items():
        missing = {item for item in ids if not any((name, item) in known for name in names)}
        if not missing:
            continue
        if lookups()[names[0]].types:
            directory |= missing
        elif names[0] == "Application":
            others.append(_decorate(reading, names[0], _by_id(reading, lookups()[names[0]], missing)))
        elif not _is_listed(names[0]) and names[0] not in reading.entries:
            others.append(_decorate(reading, names[0], _by_name(reading, lookups()[names[0]], ())))
    await asyncio.gather(_decorate(reading, "directory objects", _get_by_ids(reading, directory)), *others)


async def _decorate(reading: _Reading, what: str, naming: Awaitable[None]) -> None:
    await reading.optional(f"names of {what}", naming)


async def _get_by_ids(reading: _Reading, ids: Iterable[str]) -> None:
    ordered = sorted(ids)
    chunks = [ordered[start : start + _IDS_PER_LOOKUP] for start in range(0, len(ordered), _IDS_PER_LOOKUP)]
    types: list[Json] = ["user", "group", "servicePrincipal"]
    bodies: list[JsonObject] = [{"ids": list(chunk), "types": types} for chunk in chunks]
    answers = await asyncio.gather(
        *(reading.gateway.post_read("directoryObjects/getByIds", body) for body in bodies)
    )
    for answer in answers:
        found = answer.get("value")
        for entry in found if isinstance(found, list) else ():
            if isinstance(entry, dict):
                _enter(reading, entry)


def _enter(reading: _Reading, entry: JsonObject) -> None:
    """File a directory object under its kind."""
    types = {"#microsoft.graph.user": "User", "#microsoft.graph.group": "Group"}
    types["#microsoft.graph.servicePrincipal"] = "ServicePrincipal"
    kind = types.get(str(entry.get("@odata.type")))
    if kind is not None:
        reading.entries[kind].append(entry)


def links_to_read(desired: Desired) -> tuple[str, ...]:
    """The links of a group that its document owns; all of them if the group goes."""
    is_going = desired.resource.ensure == "absent"
    return tuple(link for link in _LINKS if is_going or link in desired.spec)


async def _members(reading: _Reading, desired: Sequence[Desired]) -> None:
    """The members and owners of groups whose documents own them."""
    owned = {
        name: links_to_read(item)
        for item in desired
        if item.address.kind == "Group"
        for name in (item.display_name, *item.resource.former_names)
    }
    reading.objects["Group"] = tuple(
        await asyncio.gather(
            *(
                _with_links(reading, group, owned.get(str(group.get("displayName")), ()))
                for group in reading.objects["Group"]
            )
        )
    )


async def _with_links(reading: _Reading, group: JsonObject, links: Sequence[str]) -> JsonObject:
    answers = await asyncio.gather(*(reading.gateway.list(f"groups/{group['id']}/{link}") for link in links))
    for answer in answers:
        for entry in answer:
            _enter(reading, entry)
    ids: list[list[Json]] = [[str(entry["id"]) for entry in answer] for answer in answers]
    return {**group, **dict(zip(links, ids, strict=True))}


async def _memberships(reading: _Reading, workspace: Workspace, desired: Sequence[Desired]) -> None:
    """Which groups hold the break-glass accounts, whoever applies, and the groups that either may join."""
    if not any(item.address.kind in ("Group", _POLICIES) for item in desired):
        return
    glass = workspace.settings.break_glass
    pins = workspace.environment.pins
    names = {name.lower() for name in glass.accounts}
    accounts = {
        str(entry["id"]).lower()
        for entry in reading.entries["User"]
        if str(entry.get("userPrincipalName")).lower() in names
    } | {
        pin.lower()
        for address, pin in pins.items()
        if address.kind == "User" and address.name.lower() in names
    }
    caller = reading.gateway.caller
    people = accounts | ({caller.id.lower()} if caller.kind == "person" and caller.id else set())
    groups = {
        str(entry["id"]).lower()
        for entry in reading.entries["Group"]
        if entry.get("displayName") in glass.groups
    } | {
        pin.lower()
        for address, pin in pins.items()
        if address.kind == "Group" and address.name in glass.groups
    }
    owned = {item.address.name for item in desired if item.address.kind == "Group" and "members" in item.spec}
    groups |= {
        str(group["id"]).lower() for group in reading.objects["Group"] if group.get("displayName") in owned
    }
    await asyncio.gather(
        *(_ancestors(reading, "users", person) for person in sorted(people)),
        *(_ancestors(reading, "groups", group) for group in sorted(groups)),
    )
    if not accounts or not accounts <= set(reading.parents):
        await asyncio.gather(*(_descendants(reading, group, set()) for group in sorted(groups)))


async def _ancestors(reading: _Reading, collection: str, object_id: str) -> None:
    """Follow memberOf upwards: a few requests, since few groups hold a break-glass account."""
    if object_id in reading.parents:
        return
    reading.parents[object_id] = frozenset()
    found = await reading.optional(
        f"groups of {object_id}", reading.gateway.list(f"{collection}/{object_id}/memberOf")
    )
    if found is None:
        del reading.parents[object_id]
        return
    groups = {str(entry["id"]).lower(): entry for entry in found if _is_type(entry, "group")}
    reading.roles |= {
        str(entry.get("roleTemplateId"))
        for entry in found
        if _is_type(entry, "directoryRole") and object_id == reading.gateway.caller.id.lower()
    }
    reading.entries["Group"].extend(groups.values())
    reading.parents[object_id] = frozenset(groups)
    await asyncio.gather(*(_ancestors(reading, "groups", group) for group in groups))


async def _descendants(reading: _Reading, group: str, seen: set[str]) -> None:
    """The members of break-glass groups, where no account says by itself which groups it is in."""
    if group in seen:
        return
    seen.add(group)
    found = await reading.optional(f"members of {group}", reading.gateway.list(f"groups/{group}/members"))
    for entry in found or ():
        member = str(entry["id"]).lower()
        reading.parents[member] = reading.parents.get(member, frozenset()) | {group}
    nested = [str(entry["id"]).lower() for entry in found or () if _is_type(entry, "group")]
    await asyncio.gather(*(_descendants(reading, inner, seen) for inner in nested))


def _dynamic_groups(groups: Iterable[JsonObject]) -> frozenset[str]:
    """The groups whose members nobody can count on. Graph hides all but the id of a group that the caller
    may not read: it may be anything."""
    shown = {str(group["id"]).lower(): group for group in groups if not _is_hidden(group)}
    hidden = {str(group["id"]).lower() for group in groups} - shown.keys()
    return frozenset(hidden | {key for key, group in shown.items() if _is_dynamic(group)})


def _is_hidden(group: JsonObject) -> bool:
    return all(value is None for key, value in group.items() if key not in ("@odata.type", "id"))


def _is_dynamic(group: JsonObject) -> bool:
    said = group.get("groupTypes")
    return bool(group.get("membershipRule")) or (isinstance(said, list) and "DynamicMembership" in said)


def _is_type(entry: JsonObject, name: str) -> bool:
    return entry.get("@odata.type") == f"#microsoft.graph.{name}"


def _identity(reading: _Reading) -> Identity:
    caller = reading.gateway.caller
    return Identity(kind=caller.kind, id=caller.id.lower(), name=caller.name, roles=frozenset(reading.roles))


async def _facts(reading: _Reading, observed: Iterable[Kind]) -> None:
    """What may stop a change before it starts; read where permitted."""
    if not any(kind.name == _POLICIES for kind in observed):
        return
    gateway = reading.gateway
    defaults, methods, licences = await asyncio.gather(
        reading.optional(
            "security defaults", gateway.get("policies/identitySecurityDefaultsEnforcementPolicy")
        ),
        reading.optional("migration state", reading.get(_METHODS)),
        reading.optional("licences", gateway.list("subscribedSkus")),
    )
    reading.facts = TenantFacts(
        security_defaults=None if defaults is None else defaults.get("isEnabled") is True,
        migration_state=None if methods is None else str(methods.get("policyMigrationState")),
        is_licensed=None if licences is None else any(map(brings_premium, licences)),
    )


def brings_premium(licence: Mapping[str, Json]) -> bool:
    """Whether a subscription brings Entra ID P1 or P2."""
    plans = licence.get("servicePlans")
    names = (
        [plan.get("servicePlanName") for plan in plans if isinstance(plan, dict)]
        if isinstance(plans, list)
        else []
    )
    return any(str(name).startswith("AAD_PREMIUM") for name in names)
