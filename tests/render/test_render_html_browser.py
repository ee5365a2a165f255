"""The page in a real browser: Debian's chromium, driven by playwright. CI installs both (.ci/run)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_cases import HOSTILE, full, hostile

from tapctl.render.html import render
from tapctl.text.escape import visible

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
    with driver.sync_playwright() as started:
        sandboxed = [] if os.geteuid() else ["--no-sandbox"]
        running = started.chromium.launch(executable_path=found, args=sandboxed)
        yield running
        running.close()


class Shown:
    """One page, opened from a file, with everything it asked for and complained about."""

    def __init__(self, browser: Any, file: Path, **context: Any) -> None:
        self.page = browser.new_context(**context).new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(file.as_uri())

    def style(self, selector: str, name: str) -> str:
        return str(self.page.eval_on_selector(selector, f"element => getComputedStyle(element)[{name!r}]"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.html"
    path.write_text(render(hostile()), encoding="utf-8")
    return path


def test_it_asks_for_nothing_and_runs_nothing(browser: Any, file: Path) -> None:
    shown = Shown(browser, file)

    assert shown.asked == [file.as_uri()]
    assert shown.said == []
    assert visible(HOSTILE) in shown.page.inner_text("main")


def test_a_name_is_text_to_a_browser(browser: Any, file: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.html"
    plain.write_text(render(hostile("plain")), encoding="utf-8")
    count = "[...document.querySelectorAll('*')].filter(each => each.tagName != 'BR').length"

    assert Shown(browser, file).page.evaluate(count) == Shown(browser, plain).page.evaluate(count)


def test_it_works_with_scripts_off(browser: Any, file: Path) -> None:
    shown = Shown(browser, file, java_script_enabled=False)
    first = shown.page.locator("details[id]").first
    was_open = first.locator("dl").is_visible()
    first.locator("summary").click()

    assert was_open
    assert not first.locator("dl").is_visible()


def test_it_is_light_or_dark_as_the_reader_likes(browser: Any, file: Path) -> None:
    light, dark = (Shown(browser, file, color_scheme=scheme) for scheme in ("light", "dark"))

    assert light.style("body", "backgroundColor") == "rgb(255, 255, 255)"
    assert dark.style("body", "backgroundColor") == "rgb(13, 17, 23)"
    assert light.style("body", "color") != dark.style("body", "color")


def test_paper_shows_what_is_folded_and_is_white(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    file.write_text(render(full()), encoding="utf-8")
    shown = Shown(browser, file, color_scheme="dark")
    height = "document.querySelector('details:not([open])').getBoundingClientRect().height"
    folded = shown.page.evaluate(height)
    shown.page.emulate_media(media="print")

    assert shown.style("body", "backgroundColor") == "rgb(255, 255, 255)"
    assert shown.page.evaluate(height) > folded + 15 * 10  # fifteen objects are listed in it


def test_a_narrow_screen_scrolls_only_downwards(browser: Any, file: Path) -> None:
    shown = Shown(browser, file, viewport={"width": 360, "height": 640})

    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 360
