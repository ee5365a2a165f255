from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from reading import calm, nasty
from report_cases import planning

from tapctl.model import Address
from tapctl.render.mermaid import MOST_OBJECTS, picture
from tapctl.report import Entry, Planning
from tapctl.report.dependencies import Edge

NODE = re.compile(r'  n\d+\["[\w #;]+(<br/>[A-Za-z]+)?"\](:::(create|update|delete))?')
ARROW = re.compile(r"  n\d+ (-->|-\.->)\|[a-z ]+\| n\d+")
CLASS = re.compile(r"  classDef (create|update|delete) stroke:#[0-9a-f]{6},stroke-width:3px")


@calm
@given(nasty)
@example('"] --> x["')
@example("%%{init: {'securityLevel': 'loose'}}%%")
def test_a_name_is_nothing_but_a_label(words: str) -> None:
    lines, _ = picture(planning(words or "x", words))

    assert lines[0] == "flowchart LR"
    assert len([line for line in lines if NODE.fullmatch(line)]) == 3
    assert all(NODE.fullmatch(line) or ARROW.fullmatch(line) or CLASS.fullmatch(line) for line in lines[1:])


@pytest.mark.parametrize("words", ["fa:fa-car", "$$x$$", "a\nb", "ﬂ°°60¶ß"])
def test_what_mermaid_finds_after_decoding_is_taken_apart(words: str) -> None:
    chart = "\n".join(picture(planning(words))[0])
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), chart)

    assert not re.search(r"fa:fa|\$\$|\\n|°°", decoded)


def test_roles_are_said_together() -> None:
    lines, _ = picture(planning())

    assert "  n0 -->|excludes and includes| n1" in lines
    assert "  n2 -.->|excludes| n1" in lines


def test_nothing_connected_is_no_picture() -> None:
    assert picture(replace(planning(), edges=())) == ([], 0)


def test_a_picture_stays_readable() -> None:
    names = [Address("Group", str(number)) for number in range(3 * MOST_OBJECTS)]
    entries = tuple(Entry(address=name, action="create", reason="declared") for name in names)
    edges = tuple(Edge(name, Address("User", "ada"), "uses") for name in names)
    lines, left_out = picture(Planning(entries=entries, edges=edges))

    assert left_out == 2 * MOST_OBJECTS + 1  # Ada is one of them
    assert len([line for line in lines if NODE.fullmatch(line)]) == MOST_OBJECTS
