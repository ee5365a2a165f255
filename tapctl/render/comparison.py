"""A Comparison → lines for a terminal, Markdown, or the JSON of `comparison` in schemas/simulate-output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tapctl.model import JsonObject
from tapctl.render import gfm
from tapctl.text.escape import spelled

if TYPE_CHECKING:
    from tapctl.evaluate.truth import Truth
    from tapctl.facts.compare import Compared, Comparison

_WORDS = {True: "applies", False: "does not apply", None: "unknown"}


def comparison_json(found: Comparison) -> JsonObject:
    """Every property is there; an unknown is null."""
    return {
        "policies": [
            {
                "policy": item.policy,
                "id": item.id,
                "state": item.state,
                "here": item.here,
                "there": item.there,
                "reasonsHere": [*item.reasons_here],
                "reasonsThere": [*item.reasons_there],
                "finding": item.finding,
                "why": item.why or None,
            }
            for item in found.policies
        ],
        "differences": len(found.differences),
        "onlyHere": [*found.only_here],
        "limits": [*found.limits],
        "request": found.request,
    }


def comparison_text(found: Comparison) -> str:
    """What differs first, then what was to be expected; what is the same is counted."""
    lines = [_headline(found)]
    for item in _notable(found):
        lines.append(f"  {spelled(item.policy)} ({spelled(item.state)})")
        lines.append(f"    here:  {_side(item.here, item.reasons_here)}")
        lines.append(f"    there: {_side(item.there, item.reasons_there)}")
        lines.append(f"    {spelled(item.why)}")
    if found.only_here:
        lines.append(f"  Not in the tenant, and so not asked about: {spelled(', '.join(found.only_here))}")
    lines += [f"  Note: {spelled(limit)}" for limit in found.limits]
    return "\n".join(lines) + "\n"


def comparison_markdown(found: Comparison) -> str:
    """The same as a table."""
    lines = [f"#### {_headline(found)}", ""]
    if rows := [_row(item) for item in _notable(found)]:
        lines += ["| policy | here | there | |", "|---|---|---|---|", *rows, ""]
    if found.only_here:
        names = ", ".join(map(gfm.code, found.only_here))
        lines += [f"Not in the tenant, and so not asked about: {names}", ""]
    lines += [f"- {gfm.text(limit)}" for limit in found.limits]
    return "\n".join(lines) + "\n"


def _row(item: Compared) -> str:
    here, there = _side(item.here, item.reasons_here), _side(item.there, item.reasons_there)
    return f"| {gfm.code(item.policy)} | {gfm.text(here)} | {gfm.text(there)} | {gfm.text(item.why)} |"


def _headline(found: Comparison) -> str:
    same = sum(item.finding == "same" for item in found.policies)
    expected = sum(item.finding == "expected" for item in found.policies)
    return (
        f"Compared with the tenant's own What-If, {len(found.policies)} live policies: "
        f"{same} the same, {expected} different as expected, {len(found.differences)} different"
    )


def _notable(found: Comparison) -> Iterator[Compared]:
    yield from found.differences
    yield from (item for item in found.policies if item.finding == "expected")


def _side(applies: Truth, reasons: tuple[str, ...]) -> str:
    return _WORDS[applies] + (f" ({spelled(', '.join(reasons))})" if reasons else "")
