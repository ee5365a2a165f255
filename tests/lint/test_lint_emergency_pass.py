"""Passes for the emergency accounts: by the groups that are known to hold them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import facts, group, messages

from tapctl.lint.example import tap

ACCOUNT = "bg@example.com"
ONLY_ACCOUNTS = f"settings: {{breakGlass: {{accounts: [{ACCOUNT}]}}}}\n"
BOTH = f"settings: {{breakGlass: {{accounts: [{ACCOUNT}], groups: [Break glass]}}}}\n"


@pytest.mark.parametrize(
    ("settings", "targets", "others"),
    [
        (ONLY_ACCOUNTS, {"includeTargets": "[all_users]"}, []),
        (ONLY_ACCOUNTS, {"includeTargets": "[Vault]"}, [group("Vault", "BG@example.com")]),
        (BOTH, {"includeTargets": "[Vault]"}, [group("Vault", "Safe"), group("Safe", ACCOUNT)]),
        (BOTH, {"includeTargets": "[Vault]"}, [facts(Vault="Safe", Safe=ACCOUNT)]),
        (
            BOTH,
            {"includeTargets": "[all_users]", "excludeTargets": "[Break glass]"},
            [group("Break glass", "other@example.com")],
        ),
    ],
)
def test_a_pass_works_for_an_emergency_account(
    tmp_path: Path, settings: str, targets: dict[str, str], others: list[str]
) -> None:
    assert messages(tmp_path, "TAP008", settings, tap(**targets), *others) == [f"a pass works for {ACCOUNT}"]


@pytest.mark.parametrize(
    ("settings", "targets", "others"),
    [
        (ONLY_ACCOUNTS, {"state": "disabled", "includeTargets": "[all_users]"}, []),
        (ONLY_ACCOUNTS, {"includeTargets": "[all_users]", "excludeTargets": "[Unheard of]"}, []),
        (BOTH, {"includeTargets": "[all_users]", "excludeTargets": "[Break glass]"}, []),
        (ONLY_ACCOUNTS, {"includeTargets": "[Unheard of]"}, []),
        (ONLY_ACCOUNTS, {"includeTargets": "[Vault]"}, [group("Vault", "ada@example.com")]),
        (
            ONLY_ACCOUNTS,
            {"includeTargets": "[Vault]", "excludeTargets": "[Safe]"},
            [group("Vault", ACCOUNT), facts(Safe=ACCOUNT)],
        ),
    ],
)
def test_no_pass_works_for_an_emergency_account_for_certain(
    tmp_path: Path, settings: str, targets: dict[str, str], others: list[str]
) -> None:
    assert messages(tmp_path, "TAP008", settings, tap(**targets), *others) == []


def test_an_account_is_not_named_beside_the_group_that_may_hold_it(tmp_path: Path) -> None:
    said = messages(tmp_path, "TAP008", BOTH, tap(includeTargets="[all_users]"))
    assert said == ["a pass works for members of Break glass"]
