"""Pairs and changes → Findings: what cannot, or must not, be done in this tenant, and what is not known of
it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from tapctl.canonical import references
from tapctl.comparing.scope import is_in_force
from tapctl.diff import field_changes
from tapctl.kinds import kinds
from tapctl.licences import LICENCES, P1
from tapctl.match import Matched, Pair
from tapctl.match.look_alikes import look_alikes
from tapctl.model import Address, Change, Finding, Severity, Snapshot, TenantFacts, dotted
from tapctl.reference import parse
from tapctl.text.words import counted

_POLICIES = "ConditionalAccessPolicy"
_IN_GROUPS = ("User", "Group")
_MIGRATION_UNDER_WAY = ("preMigration", "migrationInProgress")


def obstacles(changes: Sequence[Change], matched: Matched, snapshot: Snapshot) -> Iterator[Finding]:
    """Errors for what stops a plan, warnings and notes for what whoever reads it has to know."""
    for pair in matched.pairs:
        yield from _refusals(pair)
    yield from _two_names(matched)
    yield from (found.finding for found in look_alikes(matched, snapshot))
    yield from _still_used(changes, matched.pairs)
    yield from _unfit_tenant(changes, snapshot.facts)
    yield from _unread(snapshot)
    yield from _kept_unknown(matched.pairs)


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
        why = pair.kind.refusal(pair.before, pair.after, pair.observed or {})
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


def _exceeds_managed(pair: Pair) -> bool:
    if pair.after is None or pair.former_name is not None:
        return True
    changes = field_changes(pair.before or {}, pair.after)
    return any(not change.path.startswith(pair.kind.managed_fields) for change in changes)


def _stop(pair: Pair, rule: str, message: str, help_text: str) -> Finding:
    return _of_pair(pair, rule, "error", message, help_text)


def _of_pair(pair: Pair, rule: str, severity: Severity, message: str, help_text: str) -> Finding:
    place = pair.desired.resource.place() if pair.desired else None
    return Finding(
        rule=rule, severity=severity, message=message, help=help_text, place=place, address=pair.address
    )


def _of_change(change: Change, rule: str, severity: Severity, message: str, help_text: str) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        help=help_text,
        place=change.place,
        address=change.address,
    )


def _still_used(changes: Iterable[Change], pairs: Sequence[Pair]) -> Iterator[Finding]:
    """A deletion of something that will still be referred to."""
    going = {change.address: change for change in changes if change.action == "delete"}
    by_id = {(change.address.kind, change.id): change for change in going.values()}
    for pair in pairs:
        for _, field, text in references(pair.kind.field, pair.result or {}):
            reference = parse(text, field.references, field.words)
            target = going.get(Address(reference.kind, reference.text))
            if reference.form == "id":
                found = (by_id.get((kind, reference.text)) for kind in field.references)
                target = next(filter(None, found), None)
            if target is not None:
                said = f"{target.address} would be deleted, but {pair.address} refers to it"
                help_text = "Change or remove what uses it in the same plan, or keep it."
                yield _of_change(target, "still-used", "error", said, help_text)


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
        yield _of_change(
            enabled[0],
            "security-defaults-on",
            "warning" if in_force else "error",  # the two exclude each other: then they are not on
            f"security defaults are on: Graph refuses to enable {_policies(enabled)}",
            "Turn security defaults off once policies replace them, or use report-only until then.",
        )
    yield from _not_licensed(written, facts.service_plans)
    methods = [change for change in changes if change.action != "no-op" and _is_method(change)]
    if methods and facts.migration_state in _MIGRATION_UNDER_WAY and not _completes_migration(changes):
        yield _of_change(
            methods[0],
            "migration-not-complete",
            "warning",
            f"policyMigrationState is {facts.migration_state}: the legacy policies still count, "
            "and may allow what these documents do not",
            "Look at the per-user multifactor and self-service reset settings as well, and move on "
            "(AuthenticationMethodsPolicy: policyMigrationState) once everything is here.",
        )


def _not_licensed(written: Sequence[Change], plans: Collection[str] | None) -> Iterator[Finding]:
    """Each licence that the policies need and no subscription brings; that P1 is missing says it all."""
    if plans is None:
        return
    wanted = LICENCES if P1.is_in(plans) else (P1,)
    for licence in wanted:
        needing = [change for change in written if licence.is_needed(change.after)]
        if not needing or licence.is_in(plans):
            continue
        purpose = f" to ask {licence.asking}" if licence.asking else ""
        said = f"no subscription brings {licence.name}, which {_policies(needing)} would need{purpose}"
        help_text = "Graph answers 403 to Conditional Access without that licence."
        if licence.conditions:
            help_text = f"Either {licence.remedy}."
        yield _of_change(needing[0], "not-licensed", "warning", said, help_text)


def _is_method(change: Change) -> bool:
    return bool(kinds()[change.address.kind].inside)


def _completes_migration(changes: Iterable[Change]) -> bool:
    return any((change.after or {}).get("policyMigrationState") == "migrationComplete" for change in changes)


def _policies(changes: Sequence[Change]) -> str:
    return counted(len(changes), "policy", "policies")


def _unread(snapshot: Snapshot) -> Iterator[Finding]:
    for what, why in sorted(snapshot.unread.items()):
        if _is_of_nobody(what, snapshot):
            continue  # that it is gone is said, and whatever is gone is in no group
        said, _, advice = why.partition("\n")
        if what == _POLICIES:
            yield Finding(
                rule="policies-not-read",
                severity="warning",
                message=f"the policies could not be read: {said}; whether one asks for a method that is "
                "turned off, or taken from people, is not known",
                help="Grant Policy.Read.All, or look at the policies before methods change.",
            )
            continue
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
            said = f"{pair.address} holds what no schema knows: {', '.join(map(dotted, pair.extra))}"
            help_text = "It is kept as it is. List the path under newer: to own it."
            yield _of_pair(pair, "kept-unknown", "note", said, help_text)
