from __future__ import annotations

from tapctl.render.sheet import render_markdown, render_text
from tapctl.report import Headline
from tapctl.report.sheet import Item, Section, Sheet

REAL = Headline(environment="production", tenant_id="1111", is_sandbox=False)
SANDBOX = Headline(environment="sandbox", tenant_id="", is_sandbox=True, caller="ada@contoso.example")
PEOPLE = Section(
    title="Usable (1)", items=(Item(name="bob@contoso.example", lines=("usable", "until noon"), tone="good"),)
)
SHEET = Sheet(
    title="Passes",
    headline=SANDBOX,
    facts=("two people",),
    sections=(PEOPLE, Section(title="Nobody (0)", items=())),
    problems=("eve: GET x: 403\n  ask for more",),
    notes=("the log was not read",),
    summary=("1 pass",),
)


def test_a_sheet_in_a_terminal() -> None:
    assert render_text(SHEET) == (
        "Passes: sandbox (tenant not asked)\n"
        "as ada@contoso.example\n"
        "two people\n"
        "\n"
        "Usable (1)\n"
        "  bob@contoso.example\n"
        "      usable\n"
        "      until noon\n"
        "\n"
        "Problems (1)\n"
        "x eve: GET x: 403\n"
        "    ask for more\n"
        "\n"
        "Notes (1)\n"
        "i the log was not read\n"
        "\n"
        "1 pass\n"
        "SANDBOX: nothing real was changed\n"
    )


def test_a_sheet_of_a_real_tenant_has_no_notice() -> None:
    assert render_text(Sheet(title="Passes", headline=REAL)) == "Passes: production (tenant 1111)\n"
    assert render_markdown(Sheet(title="Passes", headline=REAL)) == "## Passes: `production`, tenant `1111`\n"


def test_colour_is_only_where_it_is_asked_for() -> None:
    assert "\x1b[" in render_text(SHEET, colour=True)
    assert "\x1b[" not in render_text(SHEET)


def test_a_sheet_in_markdown() -> None:
    blocks = render_markdown(SHEET).split("\n\n")

    assert blocks[:2] == ["## Passes: `sandbox`, tenant not asked", "**SANDBOX: nothing real was changed**"]
    assert "- `bob@contoso.example`\n  - usable\n  - until noon" in blocks
    assert blocks[-4:-2] == ["### Problems (1)", "- eve: GET x: 403<br>ask for more"]


def test_a_comment_does_not_grow_without_end() -> None:
    many = Section(title="Many", items=tuple(Item(name=str(number)) for number in range(203)))

    text = render_markdown(Sheet(title="Passes", headline=REAL, sections=(many,)))

    assert text.endswith("- `199`\n- and 3 more: `--format json` has them all\n")


def test_names_are_only_names() -> None:
    nasty = Section(title="Who", items=(Item(name="\x1b[2J`|<b>", lines=("@octocat *now*",)),))
    sheet = Sheet(title="Passes", headline=REAL, sections=(nasty,))

    assert "\x1b" not in render_text(sheet)
    assert "<b>" not in render_markdown(sheet)
    assert "*now*" not in render_markdown(sheet)
