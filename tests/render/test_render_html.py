from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from reading import nasty, seen_in_html
from report_cases import HOSTILE, findings, full, hostile, planning, real

from tapctl.model import Address, Finding
from tapctl.render.html import render
from tapctl.report import Planning, Report
from tapctl.report.making import account
from tapctl.text.escape import is_hidden, visible

URLS = {"href", "src", "action", "style", "srcdoc", "data", "poster", "formaction", "background"}


def test_one_of_everything(golden: Callable[[str, str], None]) -> None:
    golden("report.html", render(full()))


@settings(max_examples=60, deadline=None)
@given(nasty)
def test_a_name_makes_no_element_and_no_attribute(words: str) -> None:
    strange = f"{words} of a stranger"  # no other value in the report is like it
    seen, plain = seen_in_html(render(hostile(strange))), seen_in_html(render(hostile("plain")))

    assert [item for item in seen.elements if item[0] != "br"] == [
        item for item in plain.elements if item[0] != "br"
    ]
    assert seen.errors == []


def test_the_words_are_all_there() -> None:
    assert visible(HOSTILE) in seen_in_html(render(hostile())).text


def test_nothing_hidden_is_left() -> None:
    assert not any(is_hidden(char) for char in render(hostile()).replace("\n", ""))


def test_a_page_loads_and_runs_nothing() -> None:
    seen = seen_in_html(render(full()))
    policy = [values["content"] for tag, values in seen.elements if "http-equiv" in values]

    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(seen.tags)
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    urls = [values[name] or "" for _, values in seen.elements for name in URLS & set(values)]
    assert [url for url in urls if not url.startswith("#")] == []
    assert "url(" not in render(full())
    assert "@import" not in render(full())


def test_links_lead_to_what_is_on_the_page() -> None:
    elements = seen_in_html(render(full())).elements
    targets = {f"#{values['id']}" for _, values in elements if "id" in values}

    assert {values["href"] for tag, values in elements if tag == "a"} == targets


def test_a_report_without_a_plan_counts_documents() -> None:
    assert "3 documents, 1 error" in render(replace(account(full()), findings=findings(), outcomes=()))


def test_an_empty_plan_is_a_page_too() -> None:
    page = render(replace(real(), planning=Planning(entries=())))

    assert "Nothing to do: 0 objects as declared" in page
    assert "<table>" not in page
    assert "SANDBOX" not in page


def test_a_singleton_is_named_once() -> None:
    entry = replace(full().planning.entries[0], address=Address("SmsPolicy", "SmsPolicy"))  # type: ignore[union-attr]
    report = Report(command="plan", headline=real().headline, planning=Planning(entries=(entry,)))

    assert "<code>SmsPolicy</code></summary>" in render(report)


def test_a_tenant_that_was_not_asked_is_not_named() -> None:
    report = full()

    assert "The tenant was not asked." in render(
        replace(report, headline=replace(report.headline, tenant_id="", caller=""))
    )


def test_a_change_without_fields_lists_none() -> None:
    entry = replace(planning().entries[0], fields=())
    report = Report(command="plan", headline=real().headline, planning=Planning(entries=(entry,)))

    assert "<dl>" not in render(report)
    assert "left as is: <code>members</code>" in render(report)


def test_a_brake_says_which_word_it_needs() -> None:
    assert "Allow it with <code>--allow-enforces</code>" in render(replace(full(), outcomes=()))
    assert "Allow it with" not in render(full())


def test_news_comes_first_and_is_counted() -> None:
    new = Finding(rule="T1", severity="warning", message="it opens", news="introduced")
    old = Finding(rule="T2", severity="warning", message="it was open", help="Run `tapctl apply`.")
    ended = Finding(rule="T3", severity="note", message="no longer: it was shut", news="removed")
    page = render(replace(full(), findings=(old, new, ended), outcomes=()))

    assert "; 1 new finding; 1 finding ended.</p>" in page
    assert page.index("New with this change (1)") < page.index("Warnings (1)")
    assert page.index("Warnings (1)") < page.index("Ended by this change (1)")
    assert "Notes" not in page
    assert "Run <code>tapctl apply</code>." in page


def test_what_stops_an_apply_is_named_once_each() -> None:
    page = render(replace(full(), findings=(*findings(), *findings()), outcomes=()))
    names = "<code>bad</code>, <code>enforces</code>, <code>no-break-glass</code>"

    assert f"What stops apply: 2 errors and 4 brakes ({names}).</p>" in page


def test_a_backtick_that_stands_alone_is_one() -> None:
    odd = Finding(rule="T2", severity="warning", message="it", help="Not ` a command.")

    assert "Not ` a command." in render(replace(full(), findings=(odd,), outcomes=()))
