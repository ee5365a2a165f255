"""The pairs of those documents → the same as far as undoing goes, and what stands in its way. Pure.

Only what the apply changed is changed back (taken_back.py); what others changed since is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tapctl.canonical import canonical, expand, to_wire, unknown, with_values
from tapctl.diff import field_changes
from tapctl.kind import Kind, Strange
from tapctl.match.pair import is_as_said, paired
from tapctl.model import Address, Finding, Json, JsonObject, Place, Severity, Snapshot, dotted
from tapctl.reference import parse
from tapctl.undo.documents import VERBS, Undo, is_named, name_made, name_was
from tapctl.undo.past import Deed
from tapctl.undo.taken_back import Sides, take_back

if TYPE_CHECKING:
    from tapctl.directory import Directory
    from tapctl.match import Matched, Pair
    from tapctl.schema import Field

OVERWRITES = "overwrites-later-changes"
_NAME = "displayName"


def settle(undo: Undo, matched: Matched, snapshot: Snapshot) -> tuple[Matched, tuple[Finding, ...]]:
    """The pairs as they are to become, where only what the apply changed is changed back and what is gone
    comes back with its id if Graph still has it; and what stands in the way."""
    pairs = {pair.desired.resource.place(): pair for pair in matched.pairs if pair.desired is not None}
    found: list[Finding] = []
    settled: dict[Place | None, Pair] = {}
    for deed in undo.past.deeds:
        if deed.action == "create" and deed.id is None:
            found.append(_unknown(deed))
            continue
        pair = pairs[deed.place]
        others = [] if not is_named(deed) else _namesakes(pair, [*pairs.values()], snapshot)
        if made := _made_already(pair, undo, others, matched.directory):
            settled[deed.place] = made
            continue
        settled[deed.place], findings = _settled(deed, pair, undo, matched.directory)
        found += [*(_another(deed, pair, str(item.get("id"))) for item in others), *findings]
    return replace(matched, pairs=tuple(_with(matched.pairs, settled))), tuple(found)


def _with(pairs: Iterable[Pair], settled: Mapping[Place | None, Pair]) -> Iterator[Pair]:
    """The pairs with what became of them; what an earlier undo made is no stray beside its own pair."""
    made = {(pair.kind.name, pair.id) for pair in settled.values() if pair.id is not None}
    for pair in pairs:
        if pair.desired is not None:
            yield settled.get(pair.desired.resource.place(), pair)
        elif (pair.kind.name, pair.id) not in made:
            yield pair


def _made_already(pair: Pair, undo: Undo, others: Sequence[JsonObject], directory: Directory) -> Pair | None:
    """What was gone for good and is there again under another id, as it was: an earlier undo made it."""
    desired, is_gone = pair.desired, pair.before is None and pair.after is not None
    if desired is None or not is_gone or pair.address in undo.restores or len(others) != 1:
        return None
    (other,) = others
    return paired(desired, other, None, directory) if is_as_said(desired, other, directory) else None


def _settled(deed: Deed, pair: Pair, undo: Undo, directory: Directory) -> tuple[Pair, list[Finding]]:
    if pair.before is None:
        return _brought_back(deed, pair, undo)
    if deed.action == "update":
        return _changed_back(deed, pair, undo, directory)
    if deed.action == "delete" and deed.is_open:
        return replace(pair, after=pair.before), []  # it is there: that apply did not delete it
    expected = _today(deed.after, pair, undo, directory) if deed.action == "create" else pair.after
    lost = [change.path for change in field_changes(expected or {}, _known(pair, expected))]
    if is_named(deed) and undo.name_now(deed) != deed.address.name:
        lost.insert(0, _NAME)
    return pair, [_overwrites(deed, pair, lost)] if lost else [*_doubt(deed, pair, "deletes it")]


def _brought_back(deed: Deed, pair: Pair, undo: Undo) -> tuple[Pair, list[Finding]]:
    """What is gone, with its id if Graph still has it; whoever deleted it may have meant to."""
    if pair.after is None:
        return pair, []
    restores = undo.restores.get(pair.address)
    findings = [] if restores is not None else [*_made_anew(deed, pair, undo)]
    if deed.action == "update":
        findings.append(_deleted_since(deed, pair))
    else:
        findings += _doubt(deed, pair, "brings it back")
    return replace(pair, restores=restores), findings


def _changed_back(deed: Deed, pair: Pair, undo: Undo, directory: Directory) -> tuple[Pair, list[Finding]]:
    """All that the apply may have changed becomes what it was. Of what it may not have changed, somebody else
    may have made what is there now."""
    name, spec, lost = _without(deed.after, deed.is_renamed, deed, pair, undo, directory)
    sure_name, sure_spec, _ = _without(deed.sure, deed.is_surely_renamed, deed, pair, undo, directory)
    doubtful = [] if name == sure_name else [_NAME]
    doubtful += [change.path for change in field_changes(sure_spec, spec)]
    kept = [] if name == name_was(deed) else [_NAME]
    kept += [change.path for change in field_changes(pair.after or {}, spec)]
    findings = [_overwrites(deed, pair, lost)] if lost else []
    if doubtful := [path for path in doubtful if path not in lost]:
        findings += _doubt(deed, pair, f"overwrites: {', '.join(doubtful)}")
    findings += [_keeps(deed, pair, kept)] if kept else []
    return replace(pair, after=spec), findings


def _without(
    made: JsonObject | None, is_renamed: bool, deed: Deed, pair: Pair, undo: Undo, directory: Directory
) -> tuple[Json, JsonObject, list[str]]:
    """The name and the spec without a change that led to `made`, and what of others is lost with it."""
    was, now = name_was(deed), undo.name_now(deed)
    called = name_made(deed, is_renamed=is_renamed)
    name = take_back(None, Sides(was=was, made=called, now=now, back=was), (_NAME,))
    sides = Sides(
        was=_today(deed.before, pair, undo, directory),
        made=_today(made, pair, undo, directory),
        now=pair.before,
        back=pair.after,
    )
    taken = take_back(pair.kind.field, sides)
    spec = _canonical(pair.kind, cast(JsonObject, taken.value or {}), directory)
    return name.value, spec, [dotted(path) for path in (*name.lost, *taken.lost)]


def _today(spec: JsonObject | None, pair: Pair, undo: Undo, directory: Directory) -> JsonObject:
    """A spec from the record, in which the objects of that apply go by what they are called now."""
    ids = {deed.address: deed.id for deed in undo.past.deeds if undo.name_now(deed) is not None}

    def named(spot: Field, text: str) -> str:
        reference = parse(text, spot.references, spot.words)
        object_id = ids.get(Address(reference.kind, reference.text)) if reference.form == "name" else None
        return text if object_id is None else object_id

    field = pair.kind.field
    return _canonical(
        pair.kind, cast(JsonObject, expand(field, to_wire(field, spec or {}, named))), directory
    )


def _canonical(kind: Kind, spec: JsonObject, directory: Directory) -> JsonObject:
    strange = dict(unknown(kind.field, spec))
    plain = canonical(kind.field, spec, directory.as_name)
    return with_values(kind.normalise(plain, Strange(said=strange)), strange)


def _namesakes(pair: Pair, pairs: Sequence[Pair], snapshot: Snapshot) -> list[JsonObject]:
    """The other objects that have the name that this one takes, and keep it."""
    stays = {one.id: one.address for one in pairs if one.id is not None}
    is_shared = sum(one.address == pair.address for one in pairs) > 1
    if not (is_shared or pair.before is None or pair.former_name is not None):
        return []
    return [
        item
        for item in snapshot.objects.get(pair.kind.name, ())
        if item.get(_NAME) == pair.address.name
        and (object_id := str(item.get("id"))) != pair.id
        and stays.get(object_id, pair.address) == pair.address
    ]


def _another(deed: Deed, pair: Pair, object_id: str) -> Finding:
    than = f"({object_id}) than the one that apply wrote ({deed.id})"
    said = f"{pair.address} is another object now {than}"
    help_text = (
        "Compare it with what that apply changed. If it is meant to be the same, make it so by hand and "
        "plan again; else rename it in the tenant first."
    )
    return _finding(deed, pair.address, "undo-another-object", "error", said, help_text)


def _made_anew(deed: Deed, pair: Pair, undo: Undo) -> Iterator[Finding]:
    kind = pair.kind
    if kind.key == "id" or kind.singleton:
        return  # it is called by its id
    if kind.deleted_items is None:
        why = "is of a kind that Graph keeps no deleted items of"
    elif kind.name in undo.unread:
        why = f"cannot be looked for among Graph's deleted items ({undo.unread[kind.name]})"
    else:
        why = f"is not in the tenant by its id ({deed.id}), nor among Graph's deleted items, kept for 30 days"
    help_text = "What refers to it by its old id, outside of what is undone here, does not find it."
    said = f"{pair.address} {why}: it is created with another id"
    yield _finding(deed, pair.address, "comes-back-as-new", "warning", said, help_text)


def _overwrites(deed: Deed, pair: Pair, paths: Sequence[str]) -> Finding:
    said = f"{pair.address} was changed after that apply, which undoing it overwrites: {', '.join(paths)}"
    return _word(deed, pair, said, "Compare what it is now with what it becomes.")


def _deleted_since(deed: Deed, pair: Pair) -> Finding:
    said = f"{pair.address} was deleted after that apply, and undoing that apply brings it back"
    return _word(deed, pair, said, "Ask whoever deleted it whether it is meant to be gone.")


def _doubt(deed: Deed, pair: Pair, undoing: str) -> Iterator[Finding]:
    """For what that apply has no proof of: then somebody else may have done it, and may have meant it."""
    if not deed.is_open:
        return
    did = f"whether that apply or somebody else {VERBS[deed.action]} {pair.address}"
    said = f"{did} is not known from its record, and undoing it {undoing}"
    yield _word(deed, pair, said, "The audit log may say who did it: `tapctl drift` shows that.")


def _word(deed: Deed, pair: Pair, said: str, help_text: str) -> Finding:
    found = _finding(deed, pair.address, OVERWRITES, "brake", said, help_text)
    return replace(found, flag=f"--allow-{OVERWRITES}")


def _keeps(deed: Deed, pair: Pair, paths: Sequence[str]) -> Finding:
    said = f"{pair.address} was changed after that apply, which undoing it keeps: {', '.join(paths)}"
    help_text = "Only what that apply changed is changed back."
    return _finding(deed, pair.address, "undo-keeps-later-changes", "note", said, help_text)


def _known(pair: Pair, spec: JsonObject | None) -> JsonObject:
    """What the object holds now, but for what that apply left as it was."""
    owned = {name for name, child in pair.kind.field.properties.items() if not child.is_unmanaged}
    return {key: item for key, item in (pair.before or {}).items() if key in (spec or {}) or key in owned}


def _unknown(deed: Deed) -> Finding:
    said = f"whether {deed.address} was created is not known: it is left alone"
    help_text = (
        "Look for it in the tenant. If it is there and nobody needs it, declare it with ensure: absent."
    )
    return _finding(deed, deed.address, "undo-unknown", "warning", said, help_text)


def _finding(
    deed: Deed, address: Address, rule: str, severity: Severity, message: str, help_text: str
) -> Finding:
    """Something about what that apply did, by the name that it has today."""
    return Finding(
        rule=rule, severity=severity, message=message, help=help_text, place=deed.place, address=address
    )
