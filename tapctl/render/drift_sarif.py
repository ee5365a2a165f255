"""News → SARIF: each difference on the line that says otherwise, and what the drift means."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.drift.drifted import Drifted, DriftedField
from tapctl.drift.news import News
from tapctl.model import Finding, Json
from tapctl.render import drift_words as words
from tapctl.render.sarif import render_findings
from tapctl.render.values import shortened, shown

_ADVICE = "Adopt it with `tapctl drift --adopt`, or undo it with `tapctl apply`."

_UNCLEAR = "Say which is meant, as the error about it says: until then nothing is adopted or applied."


def render(news: News) -> str:
    """The document. Objects that no document means are on no line, and are left out."""
    differences = [found for item in news.drifted for found in _differences(item)]
    return render_findings(news.headline, [*news.findings, *differences])


def _differences(item: Drifted) -> Iterator[Finding]:
    """One for the object if it is not there as it should be, and one for each field."""
    if item.what != "changed" or not item.fields:
        why = "; ".join(["", *words.causes(item.attribution)] if item.attribution else [])
        advice = _UNCLEAR if item.what == "unclear" else _ADVICE
        remedy = f"It {item.restore}." if item.restore else advice
        yield Finding(
            rule=f"drift-{item.what}",
            severity="warning",
            message=f"{item.address.name}: {words.said(item)}{why}",
            help=remedy,
            place=item.place,
            address=item.address,
        )
    for found in item.fields:
        yield Finding(
            rule="drift-changed",
            severity="warning",
            message="; ".join([_field(item, found), *words.causes(found.attribution)]),
            help=_ADVICE,
            place=found.place or item.place,
            address=item.address,
        )


def _field(item: Drifted, found: DriftedField) -> str:
    line = found.line
    if line.is_set:
        sides = [("gains", line.added), ("loses", line.removed)]
        said = [f"{verb} {', '.join(_few(items))}" for verb, items in sides if items]
        return f"{line.path} of {item.address.name} {' and '.join(said)} in the tenant"
    return (
        f"{line.path} of {item.address.name} is {shown(line.after)} in the tenant, not {shown(line.before)}"
    )


def _few(items: tuple[Json, ...]) -> list[str]:
    first, more = shortened([shown(item) for item in items], 5)
    return [*first, *more]
