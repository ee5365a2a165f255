"""How a comparison is shown: what differs first, and nothing of strangers' acts."""

from __future__ import annotations

from tapctl.facts.compare import Compared, Comparison
from tapctl.render.comparison import comparison_json, comparison_markdown, comparison_text

HOSTILE = "P\x1b[31m | @everybody"


def compared(policy: str, finding: str, here: bool | None, there: bool, why: str = "") -> Compared:
    return Compared(
        policy=policy,
        id="1",
        state="enabled",
        here=here,
        there=there,
        reasons_here=("users",) if here is not True else (),
        reasons_there=("location",) if not there else (),
        finding=finding,  # type: ignore[arg-type]
        why=why,
    )


FOUND = Comparison(
    policies=(
        compared("Same", "same", here=True, there=True),
        compared("Expected", "expected", here=None, there=False, why="nobody gave it"),
        compared(HOSTILE, "differs", here=True, there=False, why="one is wrong"),
    ),
    only_here=("NH-20 | x",),
    limits=("not sent: country",),
    request={"signInConditions": {}},
)
NOTHING = Comparison(policies=(), only_here=(), limits=(), request={})


def test_what_differs_comes_first() -> None:
    text = comparison_text(FOUND)

    assert "3 live policies: 1 the same, 1 different as expected, 1 different" in text
    assert text.index("one is wrong") < text.index("nobody gave it")
    assert "here:  unknown (users)" in text
    assert "Same" not in text
    assert "\x1b" not in text


def test_markdown_is_a_table_without_markup_of_strangers() -> None:
    text = comparison_markdown(FOUND)

    assert "\x1b" not in text
    assert "| @" not in text
    assert text.count("\n| ") == 3
    assert "not sent: country" in text


def test_a_tenant_without_policies_has_nothing_to_compare() -> None:
    assert comparison_text(NOTHING).count("\n") == 1
    assert "|" not in comparison_markdown(NOTHING)


def test_json_has_everything() -> None:
    found = comparison_json(FOUND)

    assert found["differences"] == 1
    assert found["onlyHere"] == ["NH-20 | x"]
    assert found["policies"][1]["here"] is None  # type: ignore[index,call-overload]
