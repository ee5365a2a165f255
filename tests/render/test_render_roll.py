from __future__ import annotations

import pytest

from tapctl.render.roll import roll
from tapctl.render.room import fitting, taken

NAMES = [f"A policy with a name that is long enough to be cut {number:03}" for number in range(50)]


def test_names_that_fit_stand_whole() -> None:
    assert roll({"create Group": ["A", "B|C"]}, 1000) == ["- create Group (2): `A`, <code>B&#124;C</code>"]


@pytest.mark.parametrize("most", [3000, 2000, 1500])
def test_names_are_cut_alike_until_all_fit(most: int) -> None:
    (line,) = roll({"create Group": NAMES}, most)

    assert taken([line]) <= most
    assert all(f"{number:03}`" in line for number in range(50))


def test_each_group_gets_its_share_and_says_how_many_are_left() -> None:
    first, second = roll({"create Group": NAMES, "delete Group": NAMES * 3}, 1000)

    assert taken([first, second]) <= 1000
    assert first.endswith("`, and 40 more")
    assert second.startswith("- delete Group (150): `")


def test_no_room_is_no_name() -> None:
    assert roll({"create Group": NAMES}, 10) == ["- create Group (50): and 50 more"]


def test_nothing_takes_nothing() -> None:
    assert roll({}, 10) == []


@pytest.mark.parametrize(("most", "count"), [(0, 0), (5, 1), (6, 2), (60, 3)])
def test_what_fits_is_counted_from_the_first_on(most: int, count: int) -> None:
    assert fitting(["a", "b", "a longer one"], most) == count
