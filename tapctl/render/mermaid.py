"""Edges of changed objects → a Mermaid flowchart, small enough to be read.

A label is quoted, and everything in it but letters, digits and spaces is written as Mermaid's own entity code
(https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters"), so that no name is
Markdown, HTML, an icon, a directive or the end of the fence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tapctl.model import Action, Address
from tapctl.render.gfm import cut_name
from tapctl.report import Planning
from tapctl.text.escape import named

MOST_OBJECTS: Final = 40
_LONGEST_NAME: Final = 60
_MERMAIDS_OWN: Final = "ﬂ°¶ß"  # what it puts in an entity's place while it works
# What it finds once entities are decoded (icons, maths, line breaks, its own stand-ins) gets a space, which
# can be seen; seen with mermaid 11.17.
_DECODED: Final = re.compile(r":(?=\S)|\$(?=\$)|\\(?=n)|°(?=°)")
_COLOURS: Final[dict[Action, str]] = {
    "create": "#1a7f37",
    "update": "#9a6700",
    "delete": "#cf222e",
    "no-op": "",
}


def picture(planning: Planning) -> tuple[list[str], int]:
    """The chart, and how many objects it leaves out; no lines if nothing is connected."""
    changed = {entry.address: entry for entry in planning.pending}
    nodes, left_out = _chosen(planning)
    if not nodes:
        return [], 0
    number = {address: f"n{index}" for index, address in enumerate(nodes)}
    lines = ["flowchart LR"]
    for address, name in number.items():
        entry = changed.get(address)
        symbol, style = (entry.symbol, f":::{entry.action}") if entry else ("", "")
        lines.append(f'  {name}["{_label(address, symbol)}"]{style}')
    lines += [f"  {number[one]} {arrow} {number[other]}" for one, other, arrow in _arrows(planning, nodes)]
    used = sorted({entry.action for address, entry in changed.items() if address in number})
    lines += [f"  classDef {action} stroke:{_COLOURS[action]},stroke-width:3px" for action in used]
    return lines, left_out


def _chosen(planning: Planning) -> tuple[list[Address], int]:
    """The changed objects that are connected, and what surrounds them, as many as can be read."""
    around: defaultdict[Address, set[Address]] = defaultdict(set)
    for edge in planning.edges:
        around[edge.source].add(edge.target)
        around[edge.target].add(edge.source)
    changed = dict.fromkeys(entry.address for entry in planning.pending if around[entry.address])
    wanted = dict.fromkeys([*changed, *(near for address in changed for near in sorted(around[address]))])
    return list(wanted)[:MOST_OBJECTS], max(0, len(wanted) - MOST_OBJECTS)


def _arrows(planning: Planning, nodes: list[Address]) -> Iterator[tuple[Address, Address, str]]:
    roles: defaultdict[tuple[Address, Address], list[str]] = defaultdict(list)
    for edge in planning.edges:
        roles[edge.source, edge.target].append(edge.role)
    for (source, target), said in roles.items():
        if source in nodes and target in nodes:
            line = "-.->" if said == ["excludes"] else "-->"
            yield source, target, f"{line}|{' and '.join(said)}|"


def _label(address: Address, symbol: str) -> str:
    kind = "" if address.kind == address.name else f"<br/>{address.kind}"
    return _escaped(f"{symbol} {cut_name(named(address.name), _LONGEST_NAME)}".strip()) + kind


def _escaped(words: str) -> str:
    words = _DECODED.sub(lambda found: f"{found[0]} ", words)
    return "".join(
        char if (char.isalnum() and char not in _MERMAIDS_OWN) or char == " " else f"#{ord(char)};"
        for char in words
    )
