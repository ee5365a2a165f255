from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tapctl.passes.starting import odds, start_of

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("ahead", [-1439, -25, 0, 25, 1439])
def test_a_start_that_is_to_come_by_both_clocks_is_asked_for_as_it_was_wished(ahead: int) -> None:
    wish, apart = NOW + timedelta(days=1, microseconds=5), timedelta(minutes=ahead)

    assert start_of(wish, NOW, apart) == NOW + timedelta(days=1)
    assert odds(wish, NOW, apart) == ""


@pytest.mark.parametrize("wish", [None, NOW - timedelta(days=1), NOW - timedelta(minutes=24, seconds=1)])
def test_a_start_that_is_past_by_both_clocks_is_at_once(wish: datetime | None) -> None:
    assert start_of(wish, NOW, timedelta(minutes=-25)) is None
    assert odds(wish, NOW, timedelta(minutes=-25)) == ""


@pytest.mark.parametrize(
    ("minutes", "ahead", "said"),
    [
        (10, 25, "past by Graph's clock (2026-09-01 08:25 UTC), and not by this machine's (2026-09-01 08:00"),
        (
            -10,
            -25,
            "past by this machine's (2026-09-01 08:00 UTC), and not by Graph's clock (2026-09-01 07:35",
        ),
    ],
)
def test_a_start_that_is_past_by_one_clock_alone_names_both(minutes: int, ahead: int, said: str) -> None:
    wish, apart = NOW + timedelta(minutes=minutes), timedelta(minutes=ahead)

    assert start_of(wish, NOW, apart) == wish
    assert said in odds(wish, NOW, apart)
