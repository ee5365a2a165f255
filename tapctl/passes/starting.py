"""A wished start by two clocks: this machine's, and Graph's, which is `ahead` of it. Pure.

A pass starts when it was wished to. It starts at once instead only where the wish is past by both clocks;
where it is past by one alone, nobody can tell what was meant, and nothing is made.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

# A start that is as near as this may be past when the request arrives: Graph takes none in the past.
SOON: Final = timedelta(minutes=1)


def start_of(wish: datetime | None, now: datetime, ahead: timedelta) -> datetime | None:
    """The start to ask for, in whole seconds; None for at once."""
    if wish is None or wish <= min(now, now + ahead) + SOON:
        return None
    return wish.astimezone(UTC).replace(microsecond=0)


def odds(wish: datetime | None, now: datetime, ahead: timedelta) -> str:
    """In words, that the clocks do not agree whether a start is past; empty if they do."""
    start, graph = start_of(wish, now, ahead), now + ahead
    if start is None or start > max(now, graph):
        return ""
    by_graph, here = f"Graph's clock ({_at(graph)})", f"this machine's ({_at(now)})"
    past, not_yet = (by_graph, here) if ahead > timedelta() else (here, by_graph)
    return f"the start, {_at(start)}, is past by {past}, and not by {not_yet}"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
