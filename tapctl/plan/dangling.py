"""References → Findings: those that lead to nothing in the tenant, or to more than one object. Pure."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tapctl.canonical import references
from tapctl.directory import Directory
from tapctl.kinds import lookups
from tapctl.match import Matched
from tapctl.model import Address, Finding, Path, Severity, Snapshot, dotted
from tapctl.reference import GUID, parse
from tapctl.resolve import Link, Resolved, reference_finding
from tapctl.schema import Field
from tapctl.validate import Desired

_PLACES = 10  # of one finding


def dangling(resolved: Resolved, matched: Matched, snapshot: Snapshot) -> Iterator[Finding]:
    """Names and ids in documents that are nobody's here, and names that several objects have."""
    yield from _unnamed(resolved, matched)
    yield from _ids_of_nothing(matched, snapshot)


def _unnamed(resolved: Resolved, matched: Matched) -> Iterator[Finding]:
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
            yield _of_nothing(link.desired, link.path, link.address.name, severity="warning")
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
                # What is no GUID may be a newer word of Graph's, as AllAgentIdResources was.
                severity: Severity = "error" if GUID.fullmatch(reference.text) else "warning"
                yield _of_nothing(pair.desired, _written_path(path), reference.text, severity=severity)


def _of_nothing(desired: Desired, path: Path, object_id: str, *, severity: Severity) -> Finding:
    return Finding(
        rule="id-of-nothing",
        severity=severity,
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
