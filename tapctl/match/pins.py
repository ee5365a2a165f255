"""The pins of an environment, held against the tenant → Findings: they must name what is meant. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tapctl.kind import BUILT_IN
from tapctl.kinds import lookups
from tapctl.match.pair import Pair
from tapctl.match.strays import what_follows
from tapctl.model import Address, Finding, Snapshot, Workspace

DEAD_PIN = "pin-to-nothing"

MISMATCH = "pin-mismatch"

_NEW_PIN = "Write its id as the pin, or let `tapctl apply --write-pins` do it."


def pin_findings(workspace: Workspace, snapshot: Snapshot, pairs: Sequence[Pair]) -> Iterator[Finding]:
    """A pin must name an object that is there and goes by that name, or one that its document makes again or
    has done with."""
    gone = {pair.address: pair for pair in pairs if pair.before is None and pair.desired is not None}
    met = {pair.address: pair.id for pair in pairs if pair.before is not None and pair.desired is not None}
    for address, pin in workspace.environment.pins.items():
        lookup = lookups().get(address.kind)
        if lookup is None or address.kind not in snapshot.entries:
            continue
        names = {
            str(entry.get(lookup.key) or "")
            for entry in snapshot.entries[address.kind]
            if str(entry.get(lookup.id)).lower() == pin.lower()
        }
        if not names and address in gone and not is_break_glass(address, workspace):
            yield from _of_nothing(gone[address], pin, workspace, snapshot)
        elif not names and address in met:
            said = (
                f"is pinned to {pin}, which the tenant does not have; {met[address]} has its name and is all"
            )
            finding = _pin_finding(workspace, address, f"{said} that it says, and is taken for it")
            yield replace(finding, rule=DEAD_PIN, severity="warning", help=_NEW_PIN)
        elif not names:
            yield _pin_finding(workspace, address, f"is pinned to {pin}, which the tenant does not have")
        elif not _is_called(address, names) and not _was(address, names, workspace):
            said = f"is pinned to {pin}, which the tenant calls {', '.join(sorted(names))!r}"
            finding = _pin_finding(workspace, address, said)
            absent = [one for one in workspace.resources if one.address == address and one.ensure == "absent"]
            shown = json.dumps(min(names), ensure_ascii=False)
            remedy = f"If it is what is to go, write `spec: {{displayName: {shown}}}` in its document."
            yield replace(finding, help=f"{remedy} Else correct the pin.") if absent else finding


def is_break_glass(address: Address, workspace: Workspace) -> bool:
    """Who it is then, a person says."""
    return address.kind == "Group" and address.name in workspace.settings.break_glass.groups


def _of_nothing(pair: Pair, pin: str, workspace: Workspace, snapshot: Snapshot) -> Iterator[Finding]:
    """Nothing has the pinned id. The document makes it anew, or nothing is left that it wants away, unless it
    may be there under another id."""
    gone = f"is pinned to {pin}, which the tenant does not have"
    if pair.candidates:
        has = "has its name" if len(pair.candidates) == 1 else "have its name"
        finding = _pin_finding(workspace, pair.address, f"{gone}; {', '.join(pair.candidates)} {has}")
        meant = [item for item in snapshot.entries[pair.kind.name] if str(item["id"]) in pair.candidates]
        others = what_follows(pair.kind, meant, workspace) if len(meant) > 1 else ""
        yield replace(finding, help=f"{finding.help}{others}")
    elif pair.after is None:
        finding = _pin_finding(workspace, pair.address, f"{gone}: nothing is left to delete")
        help_text = "Remove its document and its pin, once no other environment needs the document."
        yield replace(finding, rule=DEAD_PIN, severity="warning", help=help_text)
    elif why := snapshot.unread.get(f"deleted items of {pair.kind.name}"):
        said, _, advice = why.partition("\n")
        text = f"{gone}; whether it was deleted cannot be read: {said}"
        finding = _pin_finding(workspace, pair.address, text)
        yield replace(finding, help=f"{advice.strip()} {finding.help}".strip())
    elif pair.restores is None:
        finding = _pin_finding(workspace, pair.address, f"{gone}: it is created with another id")
        help_text = "Apply says the new id; write it as the pin, or let apply --write-pins do it."
        yield replace(finding, rule=DEAD_PIN, severity="warning", help=help_text)


def namesakes(pair: Pair, workspace: Workspace, snapshot: Snapshot, pairs: Iterable[Pair]) -> Iterator[str]:
    """The ids of what has a name of the document and may be what it made: no document is pinned to it, or
    has made it although its pin names nothing."""
    desired = pair.desired
    assert desired is not None  # noqa: S101  # for mypy: only a document makes something
    names = {desired.display_name, *desired.resource.former_names}
    pins = workspace.environment.pins
    pinned = {(one.kind, other.lower()) for one, other in pins.items()}
    pinned |= {(one.kind.name, str(one.id).lower()) for one in pairs if one.desired and one.address in pins}
    for item in snapshot.entries[pair.kind.name]:
        is_free = (pair.kind.name, str(item["id"]).lower()) not in pinned
        is_ours = pair.kind.service_managed(item) != BUILT_IN
        if item.get("displayName") in names and is_free and is_ours:
            yield str(item["id"])


def _is_called(address: Address, names: set[str]) -> bool:
    """A userPrincipalName is the same in any letter case; display names are not."""
    if address.kind == "User":
        return address.name.casefold() in {name.casefold() for name in names}
    return address.name in names


def _was(address: Address, names: set[str], workspace: Workspace) -> bool:
    """Whether the pinned object goes by a former name of its document, or by the one it gives Graph."""
    return any(
        resource.address == address
        and names & {*resource.former_names, str(resource.spec.get("displayName"))}
        for resource in workspace.resources
    )


def _pin_finding(workspace: Workspace, address: Address, said: str) -> Finding:
    return Finding(
        rule=MISMATCH,
        severity="error",
        message=f"{address} {said}",
        help="Look the object up in the tenant and correct the pin: a pin decides who is meant.",
        place=workspace.environment.source.place("pins", str(address)),
        address=address,
    )
