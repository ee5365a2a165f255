"""The emergency accounts, as they were read → which are disabled: nobody gets in with one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tapctl.drift.rules import finding
from tapctl.model import Address, Finding, Place, Workspace

if TYPE_CHECKING:
    from tapctl.match import Matched

_WHERE: Final = ("breakGlass", "accounts")
_ENABLE: Final = "Enable it first, and sign in with it: nobody may be left to repair the rest."
_READ: Final = "Let whoever reads have User.Read.All."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An emergency account. `is_enabled` is None where Graph does not say it, and `unread` why, if known."""

    address: Address
    id: str
    place: Place | None
    is_enabled: bool | None = None
    unread: str = ""


def accounts(matched: Matched, workspace: Workspace) -> tuple[Account, ...]:
    """Those that have an id in the tenant; nobody has looked whether they are enabled."""
    found = [Address("User", name) for name in workspace.settings.break_glass.accounts]
    return tuple(
        Account(address=address, id=object_id, place=workspace.settings.source.place(*_WHERE, index))
        for index, address in enumerate(found)
        if (object_id := matched.directory.id_of(address))
    )


def of_turned_off(found: Iterable[Account], who: Callable[[str], str]) -> Iterator[Finding]:
    """A finding for each that is disabled, or may be. `who` says in words who disabled an id."""
    for item in found:
        if item.is_enabled is False:
            said = f"{item.address}, an emergency account, is disabled: nobody can sign in with it; "
            yield finding(
                "drift-break-glass-disabled",
                said + who(item.id),
                _ENABLE,
                address=item.address,
                place=item.place,
            )
        elif item.is_enabled is None:
            why = item.unread or "Graph does not say"
            said = f"whether {item.address} is enabled is unknown: {why}"
            yield finding("drift-break-glass-unread", said, _READ, address=item.address, place=item.place)
