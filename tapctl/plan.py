"""Pairs → a Plan: what becomes of every declared or owned object, and why. Pure."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tapctl.canonical import references, settled, sort_key
from tapctl.diff import field_changes
from tapctl.directory import Directory
from tapctl.kinds import kinds, lookups
from tapctl.match import Matched, Pair
from tapctl.model import Address, Change, Finding, Json, Path, Plan, Snapshot, TenantFacts, dotted
from tapctl.reference import parse
from tapctl.resolve import Link, Resolved, reference_finding
from tapctl.schema import Field
from tapctl.scope import is_in_force
from tapctl.validate import Desired

_POLICIES = "ConditionalAccessPolicy"
_IN_GROUPS = ("User", "Group")
_PLACES = 10  # of one finding
_MIGRATION_UNDER_WAY = ("preMigration", "migrationInProgress")


def plan_changes(matched: Matched, resolved: Resolved, snapshot: Snapshot) -> Plan:
    """Decide on every pair. The findings are those that only the tenant could show."""
    changes = tuple(_change(pair) for pair in matched.pairs if pair.desired is not None or pair.is_owned)
    findings = (
        *matched.findings,
        *_unresolved(resolved, matched),
        *_ids_of_nothing(matched, snapshot),
        *(finding for pair in matched.pairs for finding in _refusals(pair)),
        *_two_names(matched),
        *_look_alikes(matched),
        *_still_used(changes, matched.pairs),
        *_unfit_tenant(changes, snapshot.facts),
        *_unread(snapshot),
        *_kept_unknown(matched.pairs),
    )
    plan = Plan(
        environment=snapshot.environment,
        tenant_id=snapshot.tenant_id,
        is_sandbox=snapshot.is_sandbox,
        changes=changes,
        unmanaged=tuple(pair.address for pair in matched.pairs if pair.desired is None and not pair.is_owned),
        findings=findings,
        fingerprint=fingerprint(matched.pairs),
    )
    return replace(plan, checksum=checksum(plan))


def _change(pair: Pair) -> Change:
    change = _decide(pair)
    if change.action == "delete" or pair.after is None:
        return change
    left = _left_as_is(pair)
    return replace(change, fields=field_changes(pair.before or {}, pair.after), left_as_is=left)


def _left_as_is(pair: Pair) -> tuple[str, ...]:
    """Of what the document does not own, what the tenant may hold: a value that was read, or members."""
    if pair.before is None:
        return ()
    before, properties = pair.before, pair.kind.field.properties
    return tuple(name for name in pair.left_as_is if name in before or properties[name].type == "array")


def _decide(pair: Pair) -> Change:
    place = pair.desired.resource.place() if pair.desired else None
    change = Change(
        address=pair.address,
        action="no-op",
        reason="",
        before=pair.before,
        after=pair.after,
        id=pair.id,
        place=place,
    )
    if pair.desired is None:
        reason = "the settings own its name and no document declares it"
        return replace(change, action="delete", reason=reason, after=None)
    if pair.after is None:
        gone = pair.observed is None
        return replace(
            change,
            action="no-op" if gone else "delete",
            reason="already absent" if gone else "ensure: absent",
        )
    if pair.before is None and pair.restores is not None:
        reason = f"comes back from Graph's deleted items with its id {pair.restores}"
        return replace(change, action="create", reason=reason, restores=pair.restores)
    if pair.before is None:
        return replace(change, action="create", reason="declared, and not in the tenant")
    if pair.former_name is not None:
        reason = f"renamed from {pair.former_name!r}"
        return replace(change, action="update", reason=reason, former_name=pair.former_name)
    if pair.before != pair.after:
        return replace(change, action="update", reason="the tenant differs from the document")
    return replace(change, reason="as declared")


def fingerprint(pairs: Iterable[Pair]) -> str:
    """A digest of everything observed that the plan rests on."""
    return _digest([[*pair.address, pair.id, pair.before, _extra(pair)] for pair in pairs])


def _extra(pair: Pair) -> Json:
    return {dotted(path): settled(value) for path, value in pair.extra.items()}


def checksum(plan: Plan) -> str:
    """A digest of what would be done, and where: equal sums mean the same changes to the same objects, and
    the same brakes."""
    changes: list[Json] = [
        [
            *change.address,
            change.action,
            change.id,
            change.former_name,
            change.restores,
            change.before,
            change.after,
        ]
        for change in plan.pending
    ]
    brakes: list[Json] = [[*brake] for brake in brakes_reviewed(plan.findings)]
    return _digest([plan.environment, plan.tenant_id, plan.is_sandbox, changes, brakes])


def brakes_reviewed(findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    """Rule and address of the brakes that belong to a plan: a word given for one is none for another.

    One brake asks for all errors that a change introduces, so each of these counts as well. Who applies need
    not be who planned, so a brake about the caller is left out. It asks for its own word.
    """
    asked = (item for item in findings if item.severity == "brake" or item.flag)
    brakes = (item for item in asked if item.rule != "locks-out-caller")
    return tuple(sorted({(item.rule, str(item.address or "")) for item in brakes}))


def _digest(value: Json) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _unresolved(resolved: Resolved, matched: Matched) -> Iterator[Finding]:
    """References that name nothing, or more than one thing; what was wrong offline has been said."""
    said = {(finding.address, finding.place) for finding in resolved.findings}
    declared = {pair.address for pair in matched.pairs if pair.after is not None and pair.desired is not None}
    shared: defaultdict[Address, list[Link]] = defaultdict(list)
    for link in resolved.links:
        if (link.desired.address, link.desired.resource.place(*link.path)) in said:
            continue
        found = matched.directory.all_ids(link.address)
        what = f"{dotted(link.path)} names {link.address.name!r}"
        if len(found) > 1:
            shared[link.address].append(link)
        elif link.address in declared or _is_known(link, matched.directory, found):
            continue
        elif _is_held(link, matched):
            yield _of_nothing(link.desired, link.path, link.address.name)
        else:
            is_app = link.address.kind == "Application"
            missing = "no well-known application, and not pinned" if is_app else "not in the tenant"
            yield reference_finding(link, f"{what}, which is {missing}", _advice(link, matched.directory))
    yield from (_shared(links, matched.directory) for links in shared.values())


def _is_held(link: Link, matched: Matched) -> bool:
    """Whether the tenant's own object holds a name that is an id, and that nothing has any more."""
    pair = matched.pair(link.desired.address)
    held = references(pair.kind.field, pair.before or {}) if pair is not None else ()
    return lookups()[link.address.kind].key == "id" and link.address.name in {text for *_, text in held}


def _shared(links: Sequence[Link], directory: Directory) -> Finding:
    """One error for a name that several objects have: one pin settles every place where it is written."""
    first, *others = links
    ids = directory.all_ids(first.address)
    known = f"a name that {len(ids)} objects in the tenant have: {', '.join(ids)}"
    message = f"{dotted(first.path)} names {first.address.name!r}, {known}"
    places = [str(link.desired.resource.place(*link.path)) for link in others]
    if places:
        shown = [*places[:_PLACES], *([f"{len(places) - _PLACES} more"] if len(places) > _PLACES else [])]
        message += f" (also at {', '.join(shown)})"
    help_text = f"Say which: pins: {{{first.address}: <id>}} in the environment's file."
    return replace(reference_finding(first, message, help_text), rule="several-in-tenant")


def _is_known(link: Link, directory: Directory, found: Sequence[str]) -> bool:
    """An application goes by a well-known name or a pin: anyone may give theirs another's display name."""
    if link.address.kind != "Application" or link.address.name in lookups()["Application"].well_known:
        return bool(found)
    return bool(found) and link.address in directory.pinned


def _advice(link: Link, directory: Directory) -> str:
    if link.address.kind == "User":
        return "Correct the userPrincipalName: a guest's has #EXT# in it."  # nobody else is suggested
    known = [address.name for address in directory.ids if address.kind == link.address.kind]
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(link.address.name.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    if link.address.kind == "Application":
        return "Give the application's appId, or pin the name: pins: {Application/<name>: <appId>}."
    return "Declare it in this folder, or correct the name."


def _ids_of_nothing(matched: Matched, snapshot: Snapshot) -> Iterator[Finding]:
    """An id in a document that the tenant does not have, unless the tenant's own object holds it too."""
    for pair in matched.pairs:
        if pair.desired is None or pair.after is None:
            continue
        held = {text for _, _, text in references(pair.kind.field, pair.before or {})}
        for path, field, text in references(pair.kind.field, pair.after):
            reference = parse(text, field.references, field.words)
            if (
                reference.form == "id"
                and text not in held
                and is_nothing(field, reference.text, matched, snapshot)
            ):
                yield _of_nothing(pair.desired, _written_path(path), reference.text)


def _of_nothing(desired: Desired, path: Path, object_id: str) -> Finding:
    return Finding(
        rule="id-of-nothing",
        severity="warning",
        message=f"{dotted(path)} holds {object_id}, which is nobody's id in this tenant",
        help="A deleted object, or one of another tenant? Name it, or take it out.",
        place=desired.resource.place(*path),
        address=desired.address,
    )


def is_nothing(field: Field, object_id: str, matched: Matched, snapshot: Snapshot) -> bool:
    """Whether the tenant was asked about this id and has nothing by it."""
    is_named = any((kind, object_id) in matched.directory.names for kind in field.references)
    return not is_named and snapshot.was_asked(field.references)


def _written_path(path: Path) -> Path:
    """Where in the document: a canonical list is sorted, so the place is the list's."""
    return path[:-1] if path and isinstance(path[-1], int) else path


def _refusals(pair: Pair) -> Iterator[Finding]:
    """Changes that cannot, or must not, be made in place."""
    if pair.desired is None:
        return
    if pair.managed_by and _exceeds_managed(pair):
        yield _stop(
            pair,
            "service-managed",
            f"{pair.address} is {pair.managed_by}: {pair.kind.managed_rule}",
            "Take everything else from the tenant, or remove the document: the object is then left alone.",
        )
    if pair.before is not None and pair.after is not None:
        why = pair.kind.refusal(pair.before, pair.after)
        if why:
            yield _stop(
                pair, "cannot-change-in-place", f"{pair.address}: {why}", "Nothing is replaced silently."
            )
    if pair.before is None and pair.after is not None and pair.kind.singleton:
        yield _stop(
            pair,
            "cannot-be-created",
            f"{pair.address}: this tenant has none, and Graph makes none",
            "Its cloud may not offer this yet: name the environments that do, under environments.",
        )
    elif pair.before is None and pair.restores is None and pair.after is not None:
        why = pair.kind.uncreatable(pair.after)
        if why:
            yield _stop(
                pair, "cannot-be-created", f"{pair.address}: {why}", "Correct the document, or its name."
            )


def _two_names(matched: Matched) -> Iterator[Finding]:
    """A pasted export may carry a name of its own; meant it is only with a pin."""
    for pair in matched.pairs:
        is_free = pair.kind.singleton or pair.address in matched.directory.pinned
        if pair.display_name != pair.address.name and not is_free:
            yield _stop(
                pair,
                "two-names",
                f"{pair.address} has another name in its spec: displayName is {pair.display_name!r}",
                f"`name` is the place: write it there. To tell two objects of one name apart, keep both and "
                f"pin this one: pins: {{{pair.address}: <id>}}.",
            )


def _look_alikes(matched: Matched) -> Iterator[Finding]:
    """Creations that would duplicate an object nobody declares."""
    strays = [pair for pair in matched.pairs if pair.desired is None and not pair.managed_by]
    by_spec = {(pair.kind.name, sort_key(pair.before)): pair for pair in strays}
    claimed = {
        Address(pair.kind.name, name)
        for pair in matched.pairs
        if pair.desired is not None and pair.observed is not None
        for name in (pair.address.name, str(pair.observed.get("displayName")))
    }
    free = (known for known in matched.directory.ids if known not in claimed)
    by_name = {(known.kind, known.name.casefold()): known for known in free}
    unclear = {finding.address for finding in matched.findings}
    for pair in matched.pairs:
        if pair.before is not None or pair.after is None or pair.address in unclear:
            continue
        known = by_name.get((pair.kind.name, pair.address.name.casefold()))
        if known is not None and known.name != pair.address.name:
            said = f"the tenant has {known.name!r}, which differs only in letter case"
            help_text = "Write the name as the tenant has it, or list that spelling under formerNames."
            yield _stop(pair, "renamed-in-tenant", said, help_text)
        elif other := by_spec.get((pair.kind.name, sort_key(pair.after))):
            yield _stop(
                pair,
                "renamed-in-tenant",
                f"the tenant has {other.address.name!r}, which is the same in everything but the name",
                f"Renamed in the tenant? Give the document that name to keep it, or rename it back with "
                f"formerNames: [{other.address.name!r}].",
            )


def _exceeds_managed(pair: Pair) -> bool:
    if pair.after is None or pair.former_name is not None:
        return True
    changes = field_changes(pair.before or {}, pair.after)
    return any(not change.path.startswith(pair.kind.managed_fields) for change in changes)


def _stop(pair: Pair, rule: str, message: str, help_text: str) -> Finding:
    place = pair.desired.resource.place() if pair.desired else None
    return Finding(
        rule=rule, severity="error", message=message, help=help_text, place=place, address=pair.address
    )


def _still_used(changes: Iterable[Change], pairs: Sequence[Pair]) -> Iterator[Finding]:
    """A deletion of something that will still be referred to."""
    going = {change.address: change for change in changes if change.action == "delete"}
    by_id = {(change.address.kind, change.id): change for change in going.values()}
    for pair in pairs:
        spec = pair.after if pair.desired is not None or pair.is_owned else pair.before
        for _, field, text in references(pair.kind.field, spec or {}):
            reference = parse(text, field.references, field.words)
            target = going.get(Address(reference.kind, reference.text))
            if reference.form == "id":
                found = (by_id.get((kind, reference.text)) for kind in field.references)
                target = next(filter(None, found), None)
            if target is not None:
                yield Finding(
                    rule="still-used",
                    severity="error",
                    message=f"{target.address} would be deleted, but {pair.address} refers to it",
                    help="Change or remove what uses it in the same plan, or keep it.",
                    place=target.place,
                    address=target.address,
                )


def _unfit_tenant(changes: Iterable[Change], facts: TenantFacts) -> Iterator[Finding]:
    """What Graph would refuse whatever the policy says."""
    written = [
        change
        for change in changes
        if change.address.kind == _POLICIES and change.action in ("create", "update")
    ]
    enabled = [change for change in written if is_in_force(change.after or {})]
    if facts.security_defaults and enabled:
        in_force = any(is_in_force(change.before or {}) for change in changes)
        yield Finding(
            rule="security-defaults-on",
            severity="warning" if in_force else "error",  # the two exclude each other: then they are not on
            message=f"security defaults are on: Graph refuses to enable {_policies(enabled)}",
            help="Turn security defaults off once policies replace them, or use report-only until then.",
            address=enabled[0].address,
            place=enabled[0].place,
        )
    if facts.is_licensed is False and written:
        yield Finding(
            rule="not-licensed",
            severity="warning",
            message=f"no subscription brings Entra ID P1, which {_policies(written)} would need",
            help="Graph answers 403 to Conditional Access without that licence.",
            address=written[0].address,
            place=written[0].place,
        )
    methods = [change for change in changes if change.action != "no-op" and _is_method(change)]
    if methods and facts.migration_state in _MIGRATION_UNDER_WAY and not _completes_migration(changes):
        yield Finding(
            rule="migration-not-complete",
            severity="warning",
            message=f"policyMigrationState is {facts.migration_state}: the legacy policies still count, "
            "and may allow what these documents do not",
            help="Look at the per-user multifactor and self-service reset settings as well, and move on "
            "(AuthenticationMethodsPolicy: policyMigrationState) once everything is here.",
            address=methods[0].address,
            place=methods[0].place,
        )


def _is_method(change: Change) -> bool:
    return bool(kinds()[change.address.kind].inside)


def _completes_migration(changes: Iterable[Change]) -> bool:
    return any((change.after or {}).get("policyMigrationState") == "migrationComplete" for change in changes)


def _policies(changes: Sequence[Change]) -> str:
    return "1 policy" if len(changes) == 1 else f"{len(changes)} policies"


def _unread(snapshot: Snapshot) -> Iterator[Finding]:
    for what, why in sorted(snapshot.unread.items()):
        if _is_of_nobody(what, snapshot):
            continue  # that it is gone is said, and whatever is gone is in no group
        said, _, advice = why.partition("\n")
        yield Finding(
            rule="not-read",
            severity="note",
            message=f"{what} could not be read: {said}",
            help=f"The plan is complete without it, but shows or checks less. {advice.strip()}".strip(),
        )


def _is_of_nobody(what: str, snapshot: Snapshot) -> bool:
    """Whether the groups were asked for of an account or group that the tenant does not have."""
    start, _, object_id = what.partition("groups of ")
    known = {str(item.get("id")).lower() for kind in _IN_GROUPS for item in snapshot.entries.get(kind, ())}
    return bool(object_id) and not start and snapshot.was_asked(_IN_GROUPS) and object_id.lower() not in known


def _kept_unknown(pairs: Iterable[Pair]) -> Iterator[Finding]:
    """What a declared object holds beyond its document: it may narrow or widen what the document says."""
    for pair in pairs:
        if pair.desired is not None and pair.after is not None and pair.extra:
            yield Finding(
                rule="kept-unknown",
                severity="note",
                message=f"{pair.address} holds what no schema knows: {', '.join(map(dotted, pair.extra))}",
                help="It is kept as it is. List the path under newer: to own it.",
                place=pair.desired.resource.place(),
                address=pair.address,
            )
