"""Who made a difference, in words: the same for a terminal and for Markdown, which escape them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from tapctl.drift.causes import Attribution, Cause, by, shown_time
from tapctl.drift.drifted import Drifted
from tapctl.drift.news import News
from tapctl.drift.rules import RULES
from tapctl.drift.undeclared import Undeclared
from tapctl.render.values import shortened, shown
from tapctl.text.words import counted

SYMBOLS: Final = {"changed": "~", "renamed": "~", "missing": "-", "unwanted": "+", "unclear": "?"}
_WHATS: Final = {
    "changed": "changed in the tenant",
    "renamed": "goes by another name in the tenant",
    "missing": "missing in the tenant",
    "unwanted": "in the tenant, where it should not be",
    "unclear": "not known to be what the document says",
}
_MOST_NAMES: Final = 5
_MOST_RECORDS: Final = 3


def headline(news: News) -> str:
    """What was found, in one sentence."""
    if not news.drifted:
        return f"The tenant is what the files say{_but(news)}"
    parts = []
    for what, words in (
        ("changed", "changed"),
        ("missing", "missing"),
        ("unwanted", "too many"),
        ("unclear", "unclear"),
    ):
        count = sum(
            item.what == what or (what == "changed" and item.what == "renamed") for item in news.drifted
        )
        parts += [f"{count} {words}"] if count else []
    verb = "is" if len(news.drifted) == 1 else "are"
    return f"{counted(len(news.drifted), 'object')} {verb} not what the files say: {', '.join(parts)}"


def _but(news: News) -> str:
    """What is wrong although no declared object differs: the worst of it."""
    errors = [finding.rule for finding in news.findings if finding.severity == "error"]
    if not errors:
        return ""
    return f", but {RULES[errors[0]][1]}" if errors[0] in RULES else ", but see below"


def since(news: News) -> str:
    """From when on things count as new."""
    moment = news.since.moment
    lately = [item for item in news.undeclared if item.lately]
    strays = sum(item.is_newer is True for item in lately)
    more = _before(news.since.night, len(lately) - strays)
    if moment is None:
        return f"What is new is unknown: {news.since.said}.{more}"
    newer = sum(item.is_newer is True for item in news.drifted)
    also = f", and {strays} that no document declares" if strays else ""
    return f"{newer} shown to be newer than {shown_time(moment)} ({news.since.said}){also}.{more}"


def _before(night: datetime | None, count: int) -> str:
    """What no document declares is told of the last night in any case."""
    return f" Since {shown_time(night)} {count} that no document declares." if night and count else ""


def log(news: News) -> str:
    """What of the audit log there was."""
    if news.log.unread:
        why = "; ".join(line.strip() for line in news.log.unread.split("\n"))
        return f"The audit log could not be read, so who did it is unknown: {why}"
    if not news.drifted and not news.records:
        return ""
    reach = f", the oldest of {shown_time(news.log.oldest)}" if news.log.oldest else ""
    return f"Audit log: {counted(news.records, 'record')}{reach}; Entra keeps {news.log.days_kept}."


def said(item: Drifted) -> str:
    """What became of an object."""
    return f"{_WHATS[item.what]}: {item.said}" if item.said else _WHATS[item.what]


def age(is_newer: bool | None) -> str:
    """A mark for what is newer than the moment asked about."""
    return "new" if is_newer else ""


def lately(item: Undeclared) -> str:
    """A mark for what came or was changed since the moment asked about."""
    return {"made": "new", "changed": "changed", None: ""}[item.lately]


def dated(item: Undeclared) -> str:
    """A policy's state, and when an undeclared object was made and changed, as far as it says."""
    made = f"made {shown_time(item.created)}" if item.created else ""
    changed = f"changed {shown_time(item.modified)}" if item.modified else ""
    return ", ".join(filter(None, (item.state, made, changed)))


def doers(item: Undeclared) -> list[str]:
    """Who made an undeclared object, or did what became of it lately, newest first."""
    found = item.attribution or Attribution()
    said = [f"{_entries(cause)}{by(cause.event)}" for cause in found.causes]
    first, more = shortened(said, _MOST_RECORDS)
    return [*first, *more, *([f"by whom is unknown: {found.unknown}"] if found.unknown else [])]


def actors(item: Drifted) -> dict[str, str]:
    """Whoever is known to have made a difference in an object, and when that was last, newest first."""
    attributions = [item.attribution, *(found.attribution for found in item.fields)]
    events = [cause.event for found in attributions if found for cause in found.causes]
    last: dict[str, str] = {}
    for event in sorted(events, key=lambda event: event.moment, reverse=True):
        last.setdefault(event.actor.name or "unknown", shown_time(event.moment))
    return last


def newest_first(undeclared: Iterable[Undeclared]) -> list[Undeclared]:
    """What is new or changed, then by name."""
    return sorted(undeclared, key=lambda item: (item.lately is None, item.address))


def causes(attribution: Attribution) -> Iterator[str]:
    """Each known cause, then what might be one, then why the rest is unknown."""
    several = len(attribution.causes) > 1 or bool(attribution.unknown and attribution.causes)
    for cause in attribution.causes:
        yield f"{_entries(cause) if several else ''}{by(cause.event)}"
    for event in attribution.suspects:
        yield f"maybe {by(event)}"
    if attribution.unknown:
        yield f"{'the rest' if attribution.causes else 'by whom is'} unknown: {attribution.unknown}"


def _entries(cause: Cause) -> str:
    first, more = shortened([shown(item) for item in cause.entries], _MOST_NAMES)
    return f"{', '.join([*first, *more])}: " if cause.entries else ""
