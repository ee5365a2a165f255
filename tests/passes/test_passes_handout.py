from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from delivery_tools import CODE, MADE, MIA

from tapctl.passes.handout import Setting, as_html, as_text, handout
from tapctl.passes.secret import Secret
from tapctl.text.times import Zones

ZONES = Zones(here=ZoneInfo("Europe/Oslo"))
IN_TOKYO = replace(MADE, recipient=replace(MIA, zone=ZoneInfo("Asia/Tokyo")))


@pytest.mark.parametrize("write", [as_text, as_html])
def test_a_handout_says_all_but_the_passcode(write: object) -> None:
    assert callable(write)
    text = write(
        handout(IN_TOKYO, ZONES, Setting(methods=("a passkey", "Windows Hello"), contact="the desk"))
    )

    for said in (
        "https://aka.ms/mysecurityinfo",
        "mia@x.example",
        "Tuesday 01 September 2026 17:00 JST (Asia/Tokyo), that is 2026-09-01 08:00 UTC",
        "register a passkey or Windows Hello",
        "within 10 minutes",
        "ask the desk",
        "you get it separately",
    ):
        assert said in text
    assert CODE not in text


def test_the_passcode_is_on_it_only_where_the_handout_is_handed_over() -> None:
    content = handout(MADE, ZONES, Setting(), Secret(CODE))

    assert CODE in as_text(content)
    assert CODE not in repr(content)


def test_a_pass_for_many_times_has_until_its_end() -> None:
    text = as_text(handout(replace(MADE, is_usable_once=False), Zones(here=ZoneInfo("UTC")), Setting()))

    assert "Finish before Tuesday 01 September 2026 08:00 UTC" in text
    assert "10 minutes" not in text


def test_the_sandbox_says_so() -> None:
    notice = Setting(notice="SANDBOX: nothing real was changed")

    assert as_text(handout(MADE, ZONES, notice)).startswith("SANDBOX")
    assert "SANDBOX" in as_html(handout(MADE, ZONES, notice))


def test_names_are_text_and_nothing_else() -> None:
    odd = replace(MADE, recipient=replace(MIA, display_name="<script>alert(1)</script>\x1b"))
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(as_html(handout(odd, ZONES, Setting(), Secret("<&>'\""))))

    assert "script" not in tags
    assert "\\x1b" in as_text(handout(odd, ZONES, Setting()))
