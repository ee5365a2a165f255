from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pass_values import MADE, USED

from tapctl.errors import WorkspaceError
from tapctl.passes.list import Holder
from tapctl.passes.people import Person
from tapctl.passes.seen import FILE, first_seen, noted, seen_by_now

HIRE = Holder(person=Person(id="A", name="hire@contoso.example"), held=USED)
OTHER = replace(HIRE, held=replace(USED, id="q"))
LATER = MADE + timedelta(hours=1)


def test_what_was_seen_before_keeps_its_time_and_what_is_new_is_seen_now(tmp_path: Path) -> None:
    first = first_seen(tmp_path / "passes", "t", [HIRE], MADE)
    second = first_seen(tmp_path / "passes", "t", [HIRE, OTHER], LATER)

    assert (first, second) == ({"p": MADE}, {"p": MADE, "q": LATER})
    assert len((tmp_path / "passes" / FILE).read_text().splitlines()) == 2


def test_a_pass_of_another_tenant_is_another_pass(tmp_path: Path) -> None:
    first_seen(tmp_path, "t", [HIRE], MADE)

    assert first_seen(tmp_path, "u", [HIRE], LATER) == {"p": LATER}


@pytest.mark.parametrize("torn", ['{"event": "used", "at": "2026-1', '"text"', "{}"])
def test_a_line_that_tells_nothing_makes_its_pass_seen_anew(tmp_path: Path, torn: str) -> None:
    (tmp_path / FILE).write_text(torn)

    assert first_seen(tmp_path, "t", [HIRE], MADE) == {"p": MADE}
    assert first_seen(tmp_path, "t", [HIRE], LATER) == {"p": MADE}


def test_nothing_is_kept_where_nothing_was_used(tmp_path: Path) -> None:
    assert first_seen(tmp_path / "passes", "t", [], MADE) == {}
    assert not (tmp_path / "passes").exists()


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(WorkspaceError, match="seen used cannot be kept"):
        first_seen(tmp_path, "t", [HIRE], MADE)


def test_what_a_sweep_noted_can_be_read_without_noting_anything(tmp_path: Path) -> None:
    first_seen(tmp_path, "t", [HIRE], MADE)

    assert noted(tmp_path, "t", ["p", "q"]) == {"p": MADE}
    assert noted(tmp_path, "u", ["p"]) == {}
    assert noted(tmp_path / "elsewhere", "t", ["p"]) == {}
    assert seen_by_now(tmp_path, "t", [HIRE, OTHER], LATER) == {"p": MADE, "q": LATER}
    assert noted(tmp_path, "t", ["q"]) == {}


def test_what_cannot_be_read_is_an_error_where_something_was_used(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    assert noted(tmp_path, "t", []) == {}
    with pytest.raises(WorkspaceError, match="seen used cannot be read"):
        noted(tmp_path, "t", ["p"])
