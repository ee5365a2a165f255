"""The members of break-glass groups, as they were read → who is in one and is no declared emergency account.

Pure. Policies exclude the group: whoever is in it is asked for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tapctl.drift.rules import finding
from tapctl.model import Address, Finding, JsonObject, Place, Workspace

if TYPE_CHECKING:
    from tapctl.match import Matched

_MOST: Final = 3
_OUT: Final = (
    "Take them out of the group. An emergency account belongs under breakGlass.accounts in tapctl.yaml."
)
_READ: Final = "Let whoever reads have GroupMember.Read.All, or declare the group's members."


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Whom a break-glass group holds beside the emergency accounts: names by id. `unread` says why that is
    not known, if so."""

    group: Address
    id: str
    place: Place | None
    people: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""


def watched(matched: Matched, workspace: Workspace) -> tuple[Joined, ...]:
    """The break-glass groups whose members no document says; nobody has looked who is in them."""
    glass = workspace.settings.break_glass
    found = []
    for index, name in enumerate(glass.groups if glass.accounts else ()):
        address = Address("Group", name)
        pair, object_id = matched.pair(address), matched.directory.id_of(address)
        is_owned = pair is not None and pair.desired is not None and "members" in pair.desired.spec
        if object_id and not is_owned:
            place = workspace.settings.source.place("breakGlass", "groups", index)
            found.append(Joined(group=address, id=object_id, place=place))
    return tuple(found)


def strangers_among(
    members: Iterable[JsonObject], matched: Matched, workspace: Workspace
) -> Mapping[str, str]:
    """Everybody in a group, through others too, who is no emergency account: names by id."""
    accounts = workspace.settings.break_glass.accounts
    known = {found for name in accounts for found in matched.directory.all_ids(Address("User", name))}
    people = [item for item in members if not str(item.get("@odata.type")).lower().endswith(".group")]
    found = {str(item["id"]).lower(): item for item in people}
    return {object_id: _name(item) for object_id, item in sorted(found.items()) if object_id not in known}


def _name(item: JsonObject) -> str:
    return str(item.get("userPrincipalName") or item.get("displayName") or f"id:{item['id']}")


def of_joined(found: Iterable[Joined], who: Callable[[str, str], str]) -> Iterator[Finding]:
    """A finding for each group. `who` says in words who put an id into a group."""
    for item in found:
        if item.unread:
            said = f"who else is in {item.group} is unknown: {item.unread}"
            yield finding("drift-break-glass-unread", said, _READ, address=item.group, place=item.place)
        elif item.people:
            people = [*item.people.items()]
            count = len(people)
            whom = (
                "one who is no emergency account" if count == 1 else f"{count} who are none of the accounts"
            )
            told = [f"{name}, {who(item.id, object_id)}" for object_id, name in people[:_MOST]]
            more = [f"{count - _MOST} more"] if count > _MOST else []
            said = f"{item.group}, which policies exclude, holds {whom}: {'; '.join([*told, *more])}"
            yield finding("drift-break-glass-joined", said, _OUT, address=item.group, place=item.place)
