from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from report_cases import SANDBOX, full, hostile, real
from rich.cells import cell_len

from tapctl.model import Finding
from tapctl.render.terminal import render
from tapctl.report import Planning, Report
from tapctl.report.making import account
from tapctl.text.escape import is_hidden


def test_one_of_everything(golden: Callable[[str, str], None]) -> None:
    golden("report.txt", render(full()))


def test_nothing_hostile_reaches_the_terminal() -> None:
    text = render(hostile())

    assert not any(is_hidden(char) for char in text.replace("\n", ""))
    assert "[bold red]x[/]" in render(hostile(), width=100_000)


def test_no_line_is_wider_than_the_terminal() -> None:
    for report in (full(), hostile()):
        assert max(cell_len(line) for line in render(report, width=80).splitlines()) <= 80


def test_colour_only_where_it_is_asked_for() -> None:
    assert "\x1b[" in render(full(), colour=True)
    assert "\x1b" not in render(full(), colour=False)


def test_the_sandbox_says_so_at_both_ends() -> None:
    lines = render(full()).splitlines()

    assert "SANDBOX: nothing real was changed" in (lines[2], lines[-1])
    assert lines[-1] == lines[2]


def test_a_real_tenant_is_no_sandbox() -> None:
    text = render(real())

    assert "production (tenant 1111)" in text
    assert "1 to create, 0 to update" in text
    assert "SANDBOX" not in text


def test_nothing_to_do_is_said() -> None:
    text = render(Report(command="plan", headline=SANDBOX, planning=Planning(entries=())))

    assert "Nothing to do: 0 objects as declared" in text


def test_what_is_less_protected_is_counted() -> None:
    ends, weakens = (
        Finding(rule=rule, severity="warning", message="x")
        for rule in ("stops-enforcing", "weakens-enforced")
    )
    text = render(replace(full(), outcomes=(), findings=(ends, ends, weakens)), width=200)

    assert "2 enforced policies stop being enforced; 1 change weakens what is enforced" in text


def test_a_plan_that_could_not_be_made_says_why() -> None:
    text = render(replace(account(full()), command="plan", outcomes=(), findings=full().findings))

    assert "3 documents, 1 error, 1 warning: the tenant was not asked" in text


def test_a_good_folder_is_said_to_be_one() -> None:
    text = render(Report(command="validate", headline=replace(SANDBOX, tenant_id=""), documents=1))

    assert "1 document, nothing wrong" in text
    assert "tenant not asked" in text


def test_an_interruption_is_said_first() -> None:
    assert "Interrupted: 1 applied, 1 failed, 1 skipped" in render(replace(full(), status="interrupted"))
