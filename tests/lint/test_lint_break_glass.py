"""What a change of methods leaves the emergency accounts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lint_tools import context, findings

from tapctl.lint.groups import Groups
from tapctl.lint.run import lint

GLASS = "settings: {breakGlass: {accounts: [one@x.onmicrosoft.com], groups: [Break glass]}}\n---\n"
BEFORE = "before: [{kind: Fido2Policy, spec: {state: enabled, includeTargets: [all_users]}}]\n---\n"
MEMBERS = "kind: Group\nname: Keys\nspec: {members: [one@x.onmicrosoft.com]}\n---\n"
CERTIFICATES = "kind: X509CertificatePolicy\nspec: {state: enabled, includeTargets: [all_users]}\n---\n"


def keys(spec: str) -> str:
    return f"kind: Fido2Policy\nspec: {{{spec}}}\n"


def found(root: Path, *documents: str) -> list[str]:
    linted = findings(root, "".join(documents))
    return [item.message for item in linted.findings if item.rule == "BG009"]


@pytest.mark.parametrize(
    "spec",
    [
        "state: disabled, includeTargets: [all_users]",
        "state: enabled, includeTargets: [Staff]",
        "state: enabled, includeTargets: [all_users], excludeTargets: [Break glass]",
    ],
)
def test_the_only_method_they_should_hold_goes(tmp_path: Path, spec: str) -> None:
    assert found(tmp_path, BEFORE, GLASS, keys(spec)) == ["the emergency accounts lose fido2"]


@pytest.mark.parametrize("group", ["Break glass", "Keys"])
def test_a_group_that_holds_them_is_enough(tmp_path: Path, group: str) -> None:
    spec = f"state: enabled, includeTargets: [{group}]"

    assert found(tmp_path, BEFORE, GLASS, MEMBERS, keys(spec)) == []


OFF = keys("state: disabled, includeTargets: [all_users]")


def test_certificates_may_take_the_place_of_keys(tmp_path: Path) -> None:
    assert found(tmp_path, BEFORE, GLASS, CERTIFICATES, OFF) == []


def test_what_was_off_before_does_not_go(tmp_path: Path) -> None:
    assert found(tmp_path, BEFORE.replace("enabled", "disabled"), GLASS, OFF) == []


def test_where_nobody_is_declared_nobody_loses_anything(tmp_path: Path) -> None:
    assert found(tmp_path, BEFORE, OFF) == []


@pytest.mark.parametrize(("held", "rules"), [("fido2", {"BG004"}), ("password", {"BG003"})])
def test_what_they_hold_counts_where_it_is_known(tmp_path: Path, held: str, rules: set[str]) -> None:
    facts = f"facts: {{users: {{one@x.onmicrosoft.com: {{registered: [{held}]}}}}}}\n---\n"
    linted = findings(tmp_path, "".join([BEFORE, GLASS, facts, OFF]))

    assert {item.rule for item in linted.findings} & {"BG003", "BG004", "BG009"} == rules


def test_who_else_is_in_their_group_is_unknown_while_some_members_are(tmp_path: Path) -> None:
    """As in a plan, which reads the groups of the accounts and not the accounts of the group."""
    given = context(tmp_path, GLASS + MEMBERS.replace("Keys", "Break glass"))
    partial = replace(given.groups.members["Break glass"], is_complete=False)
    one = replace(given, groups=Groups(members={"Break glass": partial}))
    stranger = replace(partial, users=frozenset({*partial.users, "eve@example.com"}))
    two = replace(given, groups=Groups(members={"Break glass": stranger}))

    assert (given.has("emergency"), one.has("emergency"), two.has("emergency")) == (True, False, True)
    assert "BG005" in next(item.message for item in lint(one).about if item.rule == "facts-missing")
    assert [item.rule for item in lint(two).findings if item.rule == "BG005"] == ["BG005"]
