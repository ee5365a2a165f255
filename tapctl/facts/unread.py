"""What the tenant did not show of the facts → one finding for `validate` and `plan`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tapctl.facts.snapshot import FactsSnapshot, Unread
from tapctl.model import Finding


def not_read(snapshot: FactsSnapshot | None) -> tuple[Finding, ...]:
    """One note for all that was not read, each with the permission that it takes; nothing without facts."""
    if snapshot is None or not snapshot.unread:
        return ()
    said = "; ".join(f"{item.what} ({item.why})" for item in grouped(snapshot.unread))
    return (
        Finding(
            rule="facts-not-read",
            severity="note",
            message=f"the facts lack what the tenant did not show: {said}",
            help="What hangs on it is not known here. Whoever has the permission can bring it: tapctl facts.",
        ),
    )


def grouped(unread: Iterable[Unread]) -> Iterator[Unread]:
    """What many groups have in common is said once."""
    by_why: dict[str, list[str]] = {}
    for item in unread:
        by_why.setdefault(item.why.partition(": ")[2] or item.why, []).append(item.what)
    for why, things in by_why.items():
        more = f" and {len(things) - 3} more" if len(things) > 3 else ""
        yield Unread(what=f"{', '.join(things[:3])}{more}", why=why)
