"""What settings stopped and stop no more is said, setting by setting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tapctl import schema
from tapctl.loosened import ELSEWHERE, ENVIRONMENT, SETTINGS, loosened
from tapctl.model import (
    Address,
    BreakGlass,
    Environment,
    Finding,
    Former,
    Limits,
    Place,
    Settings,
    Source,
    Workspace,
)

REAL = Environment(name="production", production=True)
PINNED = Address("Group", "New hires")
POLICY = "ConditionalAccessPolicy"
REPORT_ONLY = "enabledForReportingButNotEnforced"


def found(
    before: Settings | Environment, after: Settings | Environment, used: Collection[Address] = (PINNED,)
) -> tuple[Finding, ...]:
    """Only one of the two files differs."""
    is_settings = isinstance(after, Settings)
    workspace = Workspace(
        root="policies",
        settings=after if isinstance(after, Settings) else Settings(),
        environment=REAL if isinstance(after, Settings) else after,
        resources=(),
        findings=(),
    )
    former = Former(
        revision="HEAD^1",
        settings=before if isinstance(before, Settings) else None,
        environment=None if is_settings or isinstance(before, Settings) else before,
    )
    return loosened(workspace, former, used)


def owning(*patterns: str) -> Settings:
    return Settings(ownership={POLICY: patterns})


def weighing(**severities: str) -> Settings:
    return Settings(severities={name.replace("_", "-"): severity for name, severity in severities.items()})


LOOSER: Mapping[str, list[tuple[Settings | Environment, Settings | Environment, str]]] = {
    "limits.deletions": [
        (
            Settings(limits=Limits(deletions=2)),
            Settings(limits=Limits(deletions=500)),
            (
                "limits.deletions goes from 2 to 500: apply asks for a word from 501 deletions on, not from "
                "3 (many-deletions)"
            ),
        )
    ],
    "limits.updates": [
        (
            Settings(),
            Settings(limits=Limits(updates=21)),
            (
                "limits.updates goes from 20 to 21: apply asks for a word from 22 updates on, not from 21 "
                "(many-updates)"
            ),
        )
    ],
    "ownership": [
        (
            Settings(),
            owning("NH-*"),
            (
                f'ownership.{POLICY} goes from nothing to ["NH-*"]: whatever is called like "NH-*" and not '
                "declared is deleted"
            ),
        ),
        (
            owning("NH-*"),
            owning("NH-*", "NH-1*", "CA-*"),
            (
                f'ownership.{POLICY} goes from ["NH-*"] to ["NH-*", "NH-1*", "CA-*"]: whatever is called '
                'like "CA-*" and '
                "not declared is deleted"
            ),
        ),
        (
            owning("A?"),
            owning("A*"),
            (
                f'ownership.{POLICY} goes from ["A?"] to ["A*"]: whatever is called like "A*" and not '
                "declared is deleted"
            ),
        ),
    ],
    "breakGlass.policies": [
        (
            Settings(),
            Settings(break_glass=BreakGlass(policies=("Everybody",))),
            (
                'breakGlass.policies goes from nothing to ["Everybody"]: "Everybody" may reach break-glass '
                "accounts, and no brake asks"
            ),
        )
    ],
    "lint.severities": [
        (
            Settings(),
            weighing(tap_multi_use="off"),
            (
                'lint.severities.tap-multi-use goes from "error" to "off": what TAP001 finds is told no more '
                "and "
                "neither fails a check nor stops an apply"
            ),
        ),
        (
            weighing(tap_multi_use="error"),
            weighing(TAP001="warning"),
            (
                'lint.severities.TAP001 goes from "error" to "warning": what TAP001 finds is a warning and '
                "neither fails a check nor stops an apply"
            ),
        ),
        (
            weighing(tap_multi_use="warning"),
            weighing(tap_multi_use="note"),
            'lint.severities.tap-multi-use goes from "warning" to "note": what TAP001 finds is a note',
        ),
    ],
    "maxState": [
        (
            replace(REAL, max_state=REPORT_ONLY),
            REAL,
            f'maxState goes from "{REPORT_ONLY}" to nothing: policies may be enforced here',
        ),
        (
            replace(REAL, max_state="disabled"),
            replace(REAL, max_state=REPORT_ONLY),
            f'maxState goes from "disabled" to "{REPORT_ONLY}": policies may be reported on here',
        ),
    ],
    "production": [
        (
            REAL,
            replace(REAL, production=False),
            (
                "production goes from true to false: rules of lint that are stricter in production are that "
                "no more"
            ),
        )
    ],
    "pins": [
        (
            replace(REAL, pins={PINNED: "0f"}),
            REAL,
            'pins.Group/New hires goes from "0f" to nothing: whatever has the name is taken for it',
        )
    ],
}


@pytest.mark.parametrize(("before", "after", "said"), [case for cases in LOOSER.values() for case in cases])
def test_a_looser_setting_is_one_warning(
    before: Settings | Environment, after: Settings | Environment, said: str
) -> None:
    (finding,) = found(before, after)

    assert (finding.rule, finding.severity, finding.news) == ("settings-loosened", "warning", "introduced")
    assert finding.message == said
    assert finding.help.endswith('Before is "HEAD^1".')


@pytest.mark.parametrize(
    ("looser", "stricter"), [case[:2][::-1] for cases in LOOSER.values() for case in cases]
)
def test_a_tighter_one_says_nothing(looser: Settings | Environment, stricter: Settings | Environment) -> None:
    assert found(looser, stricter) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (replace(REAL, production=None), replace(REAL, production=None, max_state=REPORT_ONLY)),
        (replace(REAL, pins={Address("User", "a@b"): "0f"}), REAL),
        (replace(REAL, pins={Address("Group", "Gone"): "0f"}), REAL),
        (replace(REAL, pins={PINNED: "0f"}), replace(REAL, pins={PINNED: "1f"})),
        (weighing(no_such_rule="error"), Settings()),
    ],
)
def test_what_loosens_nothing_or_is_said_elsewhere(
    before: Settings | Environment, after: Settings | Environment
) -> None:
    assert found(before, after) == ()


def test_it_stands_where_the_setting_is_written() -> None:
    place = Place("policies/tapctl.yaml", 3, 4)
    after = Settings(limits=Limits(deletions=9), source=Source(places={("limits",): place}))

    assert [finding.place for finding in found(Settings(), after)] == [place]


def settings_of(kind: str) -> set[str]:
    """By the schema, with those inside of a mapping by themselves; kinds are no settings."""
    names = set()
    properties: Any = schema.read(kind)["properties"]
    for name, field in properties.items():
        inner = {} if name == "ownership" else field.get("properties", {})
        names |= {f"{name}.{key}" for key in inner} or {name}
    return names


def test_of_every_setting_somebody_has_decided_whether_it_can_be_loosened() -> None:
    decided = [*SETTINGS, *ENVIRONMENT, *ELSEWHERE]

    assert sorted(decided) == sorted({*settings_of("Settings"), *settings_of("Environment")})
    assert LOOSER.keys() == {*SETTINGS, *ENVIRONMENT}
