from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given, settings
from reading import github_would_link, nasty, seen_in_markdown
from report_cases import HOSTILE, POLICY, REAL, findings, full, hostile, planning, real

from tapctl.model import Address, Finding, Json, JsonObject
from tapctl.render.markdown import render, render_error
from tapctl.render.room import LIMIT
from tapctl.report import Entry, FieldLine, Planning, Report
from tapctl.report.making import account
from tapctl.text.escape import is_hidden
from tapctl.text.words import size

FREE = {"code", "br"}  # words may take any number of lines, and stand in code


def shape(markdown: str) -> list[str]:
    return [tag for tag in seen_in_markdown(markdown).tags if tag not in FREE]


def large(changes: int, name: str = "Policy", *, link: str = "") -> Report:
    entries = tuple(
        Entry(
            address=Address("ConditionalAccessPolicy", f"{name} {number:05}"),
            action="update",
            reason="the tenant differs",
            fields=(FieldLine(path="state", before="disabled", after="enabled"),) * 3,
        )
        for number in range(changes)
    )
    found = tuple(replace(findings()[1], message=f"{entry.address} would be enforced") for entry in entries)
    unmanaged = tuple(Address("NamedLocation", f"{name} {number}") for number in range(changes))
    return Report(
        command="plan",
        headline=REAL,
        findings=(*found, *(replace(item, severity="note") for item in found)),
        planning=Planning(entries=entries, unmanaged=unmanaged, checksum="c" * 64),
        link=link,
    )


def test_one_of_everything(golden: Callable[[str, str], None]) -> None:
    golden("report.md", render(replace(full(), link="https://ci.example/runs/1")))


@settings(max_examples=60, deadline=None)
@given(nasty)
def test_a_name_makes_no_element_link_mention_or_image(words: str) -> None:
    seen, plain = seen_in_markdown(render(hostile(words))), seen_in_markdown(render(hostile("plain")))

    assert [tag for tag in seen.tags if tag not in FREE] == [tag for tag in plain.tags if tag not in FREE]
    assert [*github_would_link(seen)] == []
    assert [values["href"] for tag, values in seen.elements if tag == "a"] == ["https://ci.example/1"]


def test_nothing_hidden_is_left() -> None:
    assert not any(is_hidden(char) for char in render(hostile()).replace("\n", ""))


@pytest.mark.parametrize(("changes", "name"), [(150, "Policy"), (3000, "Policy"), (2000, HOSTILE)])
def test_any_plan_fits_a_comment(changes: int, name: str) -> None:
    markdown = render(large(changes, name))

    assert size(markdown) < 65_000
    assert size(markdown) > LIMIT / 2
    assert f"{changes} to update" in markdown


LONG = "Zugriffsrichtlinie für äußere Mitarbeiterinnen und Mitarbeiter 日本語の長い名前 🚀"


@pytest.mark.parametrize(("changes", "name"), [(150, "Policy"), (400, LONG), (2000, "Policy")])
def test_every_change_is_named_where_the_details_do_not_fit(changes: int, name: str) -> None:
    markdown = render(large(changes, name, link="https://ci.example/runs/1"))

    assert [number for number in range(changes) if f" {number:05}`" not in markdown] == []
    assert "[The whole output](https://ci.example/runs/1) shows everything" in markdown


@pytest.mark.parametrize(("changes", "name"), [(2000, LONG), (10_000, LONG), (10_000, "Policy")])
def test_what_does_not_even_have_a_name_there_is_counted(changes: int, name: str) -> None:
    markdown = render(large(changes, name))
    rows = markdown.count("\n| update |")
    (line,) = (line for line in markdown.splitlines() if line.startswith("- update ConditionalAccess"))
    unnamed = int(line.rpartition("and ")[2].removesuffix(" more").replace(",", ""))

    assert size(markdown) < 65_000
    assert rows + line.count("`") // 2 + unnamed == changes
    assert f"{changes - rows:,} more changes, by name" in markdown.replace(
        f"{changes - rows}", f"{changes - rows:,}"
    )
    assert "`--format json` shows everything" in markdown


def test_one_long_change_does_not_keep_out_the_others() -> None:
    long = replace(planning().entries[0], fields=(FieldLine(path="x", before=None, after="y" * 900),) * 99)
    report = Report(command="plan", headline=REAL, planning=Planning(entries=(long, *planning().entries[1:])))

    assert "Details of 1 change have no room here. `--format json` shows everything." in render(report)
    assert "<summary>create" in render(report)


def test_the_headline_says_how_much_and_what_stops_it() -> None:
    first = render(replace(full(), outcomes=())).splitlines()[0]

    assert first.startswith("## Apply to `sandbox`: 1 to create, 1 to update, 1 to delete; ")
    assert first.endswith(
        "; 1 error and 2 brakes stop apply (`bad`, `enforces`, `no-break-glass`); 1 warning"
    )


def test_the_headline_of_an_apply_says_what_became_of_it() -> None:
    assert render(full()).splitlines()[0] == "## Apply to `sandbox`: 1 applied, 1 failed, 1 skipped"


def test_a_brake_of_what_was_applied_asks_for_nothing() -> None:
    done = render(full())

    assert "### Brakes that were let through (2)" in done
    assert "Allow it with" not in done
    assert "Allow it with `--allow-enforces`" in render(replace(full(), outcomes=()))


def test_one_brake_stops() -> None:
    found = (Finding(rule="enforces", severity="brake", message="that"),)

    assert "1 brake stops apply" in render(replace(full(), findings=found, outcomes=())).splitlines()[0]


def test_what_is_stopped_comes_first() -> None:
    stopped = replace(findings()[1], address=Address("Group", "Old Pilots"))
    rows = [
        line for line in render(replace(full(), findings=(stopped,))).splitlines() if line.startswith("| ")
    ]

    assert rows[2].startswith(
        "| delete | `Old Pilots`<br>Group | ensure: absent; until now<br>`members` `all`"
    )


def test_the_object_of_a_finding_stands_in_code() -> None:
    found = replace(findings()[1], message=f"{POLICY} would be", address=POLICY)

    assert "- `ConditionalAccessPolicy/NH-10 Registration` would be (" in render(
        replace(full(), findings=(found,))
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("NH-10 Registration asks for nothing", "- `NH-10 Registration` asks for nothing ("),
        ("NH-10 Registrations ask", "- NH-10 Registrations ask ("),
        ("passes work for NH-10 Registration", "- passes work for NH-10 Registration ("),
    ],
)
def test_a_name_that_begins_a_finding_stands_in_code(message: str, shown: str) -> None:
    found = replace(findings()[1], message=message, address=POLICY)

    assert shown in render(replace(full(), findings=(found,)))


@pytest.mark.parametrize(("action", "said"), [("create", ""), ("delete", "ensure: absent; until now<br>")])
def test_a_row_says_what_comes_or_goes_does(action: Literal["create", "delete"], said: str) -> None:
    lines = [
        FieldLine(path="conditions.clientAppTypes", before=None, after=["all"], is_set=True),
        FieldLine(path="conditions.users.includeGroups", before=None, after=["A", "B"], is_set=True),
        FieldLine(path="grantControls.authenticationStrength", before=None, after="Strong"),
        FieldLine(path="state", before=None, after="enabled"),
        FieldLine(path="x", before=None, after=1),
        FieldLine(path="y", before=None, after=2),
    ]
    if action == "delete":
        lines = [replace(line, before=line.after, after=None) for line in lines]
    entry = Entry(address=POLICY, action=action, reason="ensure: absent", fields=tuple(lines))
    report = Report(command="plan", headline=REAL, planning=Planning(entries=(entry,)))

    what = "`state` `enabled`<br>`grantControls.authenticationStrength` `Strong`"
    assert f"| {said}{what}<br>`conditions.users.includeGroups` `A`, `B`<br>" in render(report)
    assert "<br>and 2 more |" in render(report)


def row_of(before: Json, after: Json, *, is_set: bool = True) -> str:
    field = FieldLine(path="p", before=before, after=after, is_set=is_set)
    entry = Entry(address=POLICY, action="update", reason="it differs", fields=(field,))
    markdown = render(Report(command="plan", headline=REAL, planning=Planning(entries=(entry,))))
    (line,) = [line for line in markdown.splitlines() if line.startswith("| update")]
    return line.split(" | ")[2]


def target(name: str, **more: Json) -> JsonObject:
    return {"id": name, "isRegistrationRequired": False, **more, "targetType": "group"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            [target("all_users", signIn=True)],
            [target("all_users", signIn=False)],
            "adds `id: all_users, signIn: false` and removes `id: all_users, signIn: true`",
        ),
        ([target("all_users")], [target("Pilots")], "adds `id: Pilots` and removes `id: all_users`"),
        (
            [target("a", x=1), target("c", x=1)],
            [target("b", x=2), target("c", x=2)],
            "adds `id: b, x: 2`, `id: c, x: 2` and removes `id: a, x: 1`, `id: c, x: 1`",
        ),
        ([], [{"id": "a", "on": True}], "adds `id: a, on: true`"),
        ([{"x": 1, "y": 1}], [{"x": 2, "y": 1}], "adds `x: 2` and removes `x: 1`"),
        (["a"], [{"x": 1}], "adds `x: 1` and removes `a`"),
    ],
)
def test_an_entry_of_a_list_is_shown_by_what_differs(before: Json, after: Json, said: str) -> None:
    assert row_of(before, after) == f"`p` {said}"


def test_long_values_are_not_cut_before_they_differ() -> None:
    rule = 'user.department -eq "Sales" and user.country -eq "NO" and user.title -eq'

    assert (
        row_of(f"{rule} A", f"{rule} B", is_set=False)
        == "`p` `… and user.title -eq A` → `… and user.title -eq B`"
    )


def test_long_values_that_differ_from_the_start_are_cut_at_the_end() -> None:
    assert row_of("a" * 99, "b" * 99, is_set=False) == f"`p` `{'a' * 59}…` → `{'b' * 59}…`"


def test_many_warnings_are_folded() -> None:
    assert "<details><summary>Warnings (11)</summary>" in render(
        replace(full(), findings=(findings()[3],) * 11)
    )


def test_an_error_is_shown_as_code() -> None:
    assert shape(render_error(ValueError(HOSTILE), None)) == ["p", "strong", "pre"]


def test_a_report_without_a_plan_counts_documents() -> None:
    markdown = render(replace(account(full()), findings=findings()[:1], outcomes=()))

    assert "3 documents." in markdown
    assert markdown.splitlines()[0] == "## Apply to `sandbox`: 1 error"


def test_a_good_folder_is_said_to_be_one() -> None:
    assert ": nothing wrong\n" in render(replace(real(), planning=None, command="validate"))


def test_a_plan_of_nothing_has_nothing_to_do() -> None:
    markdown = render(replace(real(), planning=Planning(entries=())))

    assert markdown.splitlines()[0] == "## Plan for `production`: nothing to do"
    assert "###" not in markdown.replace("##", "", 1)


def test_a_real_tenant_is_no_sandbox() -> None:
    assert "production" in render(real())
    assert "SANDBOX" not in render(real())


def lint(news: Literal["", "introduced", "removed"], name: str = "tap-multi-use") -> Finding:
    said = f"a pass works twice ({news})"
    return Finding(rule="TAP001", name=name, severity="warning", message=said, address=POLICY, news=news)


def test_news_are_in_the_headline_and_stand_apart() -> None:
    report = replace(full(), outcomes=(), findings=(lint("introduced"), lint("removed"), lint("")))
    markdown = render(report)

    assert "; 1 warning; 1 new finding (`tap-multi-use`); 1 finding ended" in markdown.splitlines()[0]
    assert "### New with this change (1)" in markdown
    assert "### Ended by this change (1)" in markdown
    assert "### Warnings (1)" in markdown


def test_many_news_are_counted_in_the_headline() -> None:
    found = tuple(lint("introduced", f"rule-{number}") for number in range(9))

    assert "9 new findings (`rule-0`, `rule-1`, `rule-2`, and 6 more)" in render(
        replace(full(), outcomes=(), findings=found)
    )


def test_what_is_enforced_no_more_is_in_the_headline_and_the_table() -> None:
    found = Finding(
        rule="stops-enforcing", severity="warning", message="x", address=POLICY, news="introduced"
    )
    markdown = render(replace(full(), outcomes=(), findings=(found,)))

    assert "to delete; 1 enforced policy stops being enforced; " in markdown.splitlines()[0]
    assert "| warning `stops-enforcing` |" in markdown


def test_what_a_change_ends_is_nothing_to_look_at() -> None:
    lines = render(replace(full(), findings=(lint("removed"),))).splitlines()

    assert next(line for line in lines if line.startswith("| update")).endswith("|  |")


def test_a_new_error_is_said_once() -> None:
    found = replace(lint("introduced"), severity="error")
    markdown = render(replace(full(), outcomes=(), findings=(found,)))

    assert markdown.count("a pass works twice") == 1
    assert (
        "1 error stops apply (`tap-multi-use`); 1 new finding (`tap-multi-use`)" in markdown.splitlines()[0]
    )


def test_long_names_lose_their_middle() -> None:
    entry = replace(planning().entries[0], address=Address("Group", "n" * 200 + " the end"))
    markdown = render(Report(command="plan", headline=REAL, planning=Planning(entries=(entry,))))

    assert f"| `{'n' * 111}… the end`<br>Group |" in markdown


def test_what_to_do_stands_below_what_failed() -> None:
    (first, *_) = full().outcomes
    failed = replace(first, status="failed", why="refused\n  Ask again.")

    markdown = render(replace(full(), outcomes=(failed,)))

    assert "<br>Ask again." in markdown
