from __future__ import annotations

import io
import sys

import pytest

from tapctl.cli.output import show_text, wants_colour
from tapctl.cli.progress import StderrProgress
from tapctl.model import Address
from tapctl.order.steps import Step
from tapctl.report import Headline, Report

STEP = Step(address=Address("Group", "x\x1b[31m"), phase="dependencies", action="create", before={}, after={})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    refused = 0

    def write(self, text: str) -> int:
        self.refused += 1
        raise BrokenPipeError


class Watch:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def test_what_is_quick_shows_nothing() -> None:
    stream = Terminal()
    progress = StderrProgress(stream, Watch())
    progress.request("GET", "groups")
    progress.waiting("Conditional Access", 0.2, 1)

    assert stream.getvalue() == ""


def test_what_takes_long_shows_on_one_line() -> None:
    stream, watch = Terminal(), Watch()
    progress = StderrProgress(stream, watch)
    watch.time = 2
    progress.request("GET", "groups")
    progress.waiting("Conditional Access", 4, 3)
    progress.step(STEP)
    progress.clear()

    assert "reading the tenant (1 requests)" in stream.getvalue()
    assert "Conditional Access: 3 waiting, about 4 s left" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    assert "\x1b[31m" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_how_much_was_read_shows_with_the_next_request() -> None:
    stream, watch = Terminal(), Watch()
    progress = StderrProgress(stream, watch)
    watch.time = 2
    progress.read(999)
    progress.read(240)
    progress.request("GET", "identity/conditionalAccess/policies")

    assert "reading the tenant (1 requests, 1,239 objects so far)" in stream.getvalue()


def test_a_log_has_steps_and_long_waits() -> None:
    stream = io.StringIO()
    progress = StderrProgress(stream, Watch())
    progress.waiting("Conditional Access", 2, 1)
    progress.waiting("Conditional Access", 9, 7)
    progress.step(STEP)
    progress.clear()

    assert stream.getvalue().splitlines() == [
        "Conditional Access: 7 waiting, about 9 s left",
        "dependencies: create Group/x\\x1b[31m",
    ]


def test_nobody_listening_stops_nothing() -> None:
    stream = Broken()
    progress = StderrProgress(stream, Watch())
    progress.step(STEP)
    progress.step(STEP)

    assert stream.refused == 2


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Terminal())


def test_a_terminal_is_wrapped_at_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    headline = Headline(environment="long " * 40, tenant_id="", is_sandbox=True)
    stream = Terminal()
    show_text(Report(command="plan", headline=headline), stream)

    assert max(map(len, stream.getvalue().splitlines())) <= 60
    assert sys.stdout is not stream


def test_waiting_for_the_tenant_is_told_in_a_log_too() -> None:
    stream = io.StringIO()

    StderrProgress(stream).settling(1, 119)
    StderrProgress(stream).settling(3, 60)

    lines = stream.getvalue().splitlines()
    assert lines[0] == "waiting until the tenant shows 1 change, at most 119 s more"
    assert "3 changes" in lines[1]


def test_handing_over_shows_its_rate_and_the_time_left() -> None:
    stream, watch = Terminal(), Watch()
    progress = StderrProgress(stream, watch)
    progress.checked(40)
    progress.issued(1, 40)
    watch.time = 4.0
    progress.issued(9, 40)

    assert "checking people (40 so far)" in stream.getvalue()
    assert "9 of 40 passes handed over, 2.0 a second, about 16 s left" in stream.getvalue()


def test_waiting_for_a_late_request_is_told() -> None:
    stream = Terminal()
    StderrProgress(stream, Watch()).doubting(2)

    assert "looking whether a lost request comes late (2 in doubt)" in stream.getvalue()


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_waiting_for_people_who_register_is_told(stream: io.StringIO) -> None:
    StderrProgress(stream, Watch()).registering(2, 900)

    assert "waiting 15 min: 2 may be registering with a pass that is used by now" in stream.getvalue()
    assert stream.getvalue().endswith("\n") != isinstance(stream, Terminal)


def test_handing_many_over_leaves_a_line_now_and_then() -> None:
    stream = io.StringIO()
    progress = StderrProgress(stream, Watch())
    for done in range(41):
        progress.issued(done, 40)

    assert len(stream.getvalue().splitlines()) == 10
