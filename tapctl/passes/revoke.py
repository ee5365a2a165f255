"""`pass revoke`: people → their passes, all of which are to go. No Graph call of its own."""

from __future__ import annotations

from tapctl.passes.deleting import Deletion
from tapctl.passes.list import Listing


def deletions_of(listing: Listing) -> tuple[Deletion, ...]:
    """Every pass that was found, whatever its state."""
    return tuple(
        Deletion(person=one.person, held=one.held, reason="revoked", why="it is taken back")
        for one in listing.holders
    )


def without_a_pass(listing: Listing) -> str:
    """A word about people who have none."""
    if not listing.without:
        return ""
    return "one person has no pass" if listing.without == 1 else f"{listing.without} people have no pass"
