from __future__ import annotations

from pathlib import Path

import pytest

from tapctl.checked import Checked
from tapctl.explain import explain
from tapctl.kinds import kinds
from tapctl.needed import COVERS, Need, Purpose, covered_by, excess, is_met, least, needs
from tapctl.pipeline import check

PASS_POLICY = """\
kind: TemporaryAccessPassPolicy
spec: {state: enabled, isUsableOnce: true, includeTargets: [New hires]}
"""
POLICY = """\
kind: ConditionalAccessPolicy
name: NH-10
spec:
  state: disabled
  conditions:
    users: {includeGroups: [New hires]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
  grantControls: {operator: OR, %s}
"""
STRENGTH = """\
kind: AuthenticationStrength
name: Strong
spec: {allowedCombinations: [fido2]}
"""
GROUP = "kind: Group\nname: New hires\nspec: {%s}\n"


def workspace(root: Path, *documents: str, settings: str = "") -> Checked:
    (root / "all.yaml").write_text("---\n".join(documents), encoding="utf-8")
    (root / "tapctl.yaml").write_text(settings, encoding="utf-8")
    checked = check(root, "sandbox")
    assert not checked.has_errors or "breakGlass" in settings
    return checked


def required(checked: Checked, purpose: Purpose) -> list[str]:
    return [need.permission for need in needs(checked, purpose) if not need.is_optional]


def test_the_pass_policy_alone_takes_two_permissions_to_read_and_one_more_to_write(tmp_path: Path) -> None:
    checked = workspace(tmp_path, PASS_POLICY)

    assert required(checked, "plan") == ["GroupMember.Read.All", "Policy.Read.AuthenticationMethod"]
    assert required(checked, "apply") == ["GroupMember.Read.All", "Policy.ReadWrite.AuthenticationMethod"]


def test_policies_take_their_three_permissions_together(tmp_path: Path) -> None:
    checked = workspace(tmp_path, POLICY % "builtInControls: [mfa]")

    reading = ["Application.Read.All", "GroupMember.Read.All", "Policy.Read.All"]
    assert required(checked, "plan") == reading
    assert required(checked, "apply") == [*reading, "Policy.ReadWrite.ConditionalAccess"]


def test_strengths_are_written_with_what_policies_take_anyway(tmp_path: Path) -> None:
    checked = workspace(tmp_path, STRENGTH, POLICY % "authenticationStrength: Strong")

    assert "Policy.ReadWrite.AuthenticationMethod" not in required(checked, "apply")


def test_a_group_s_document_takes_the_right_to_write_groups(tmp_path: Path) -> None:
    checked = workspace(tmp_path, GROUP % "description: x")

    policies = ["Application.Read.All", "Policy.Read.All"]  # which may refer to the group
    assert required(checked, "plan") == sorted(["Group.Read.All", *policies])
    assert required(checked, "apply") == sorted(["Group.ReadWrite.All", *policies])


def test_a_group_that_can_hold_roles_takes_what_makes_administrators(tmp_path: Path) -> None:
    checked = workspace(tmp_path, GROUP % "description: x, isAssignableToRole: true")

    assert "RoleManagement.ReadWrite.Directory" in required(checked, "apply")
    assert "RoleManagement.ReadWrite.Directory" not in required(checked, "plan")


def test_roles_terms_of_use_and_break_glass_take_their_own(tmp_path: Path) -> None:
    policy = (POLICY % "termsOfUse: [Terms]").replace(
        "{includeGroups", "{includeRoles: [Global Reader], includeGroups"
    )
    checked = workspace(tmp_path, policy, settings="breakGlass: {accounts: [a@x.example]}\n")
    found = {need.permission: need for need in needs(checked, "plan")}

    assert found["Agreement.Read.All"].delegated_only
    assert found["RoleManagement.Read.Directory"].why == "find Role by name"
    assert "break-glass" in found["User.Read.All"].why


@pytest.mark.parametrize(
    ("glass", "expected"),
    [("accounts: [a@x.example]", []), ("groups: [Break glass]", ["Group.Read.All"])],
)
def test_drift_reads_what_was_deleted_of_break_glass(tmp_path: Path, glass: str, expected: list[str]) -> None:
    """User.Read.All is needed anyway, to see who is in which group."""
    checked = workspace(tmp_path, POLICY % "builtInControls: [mfa]", settings=f"breakGlass: {{{glass}}}\n")
    found = {need.permission: need.is_optional for need in needs(checked, "plan") if "restored" in need.why}

    assert "User.Read.All" in required(checked, "plan")
    assert [name for name, is_optional in found.items() if is_optional] == expected
    assert "Group.Read.All" not in {need.permission for need in needs(checked, "apply")}


def test_an_account_s_deletion_is_read_also_where_no_policy_is(tmp_path: Path) -> None:
    checked = workspace(
        tmp_path,
        "kind: SmsPolicy\nspec: {state: disabled}\n",
        settings="breakGlass: {accounts: [a@x.example]}\n",
    )
    found = {need.permission: need for need in needs(checked, "plan")}

    assert found["User.Read.All"].is_optional


def test_ownership_is_enough_to_need_a_kind(tmp_path: Path) -> None:
    checked = workspace(tmp_path, PASS_POLICY, settings='ownership: {NamedLocation: ["NH-*"]}\n')

    assert "Policy.ReadWrite.ConditionalAccess" in required(checked, "apply")


@pytest.mark.parametrize("purpose", ["plan", "apply"])
def test_neither_planning_nor_applying_touches_passes(tmp_path: Path, purpose: Purpose) -> None:
    checked = workspace(tmp_path, PASS_POLICY, STRENGTH, POLICY % "authenticationStrength: Strong")

    assert not [name for name in required(checked, purpose) if name.startswith("UserAuth")]
    assert "UserAuthMethod-TAP.ReadWrite.All" in required(checked, "passes")


def test_what_is_optional_and_needed_is_needed() -> None:
    both = least([Need(permission="A", why="x", is_optional=True), Need(permission="A", why="y")])

    assert both == (Need(permission="A", why="x; y"),)


@pytest.mark.parametrize("name", sorted(COVERS))
def test_what_is_covered_is_never_more_than_what_covers_it(name: str) -> None:
    assert name in covered_by([name])
    assert not [other for other in COVERS[name] if name in covered_by([other])]


def test_a_need_is_met_by_what_covers_it_or_does_as_well() -> None:
    read = Need(permission="GroupMember.Read.All", why="x")
    strength = Need(permission="Policy.ReadWrite.AuthenticationMethod", why="x", instead=("B",))

    assert is_met(read, {"Directory.Read.All"})
    assert not is_met(read, {"User.Read.All"})
    assert is_met(strength, {"B"})


@pytest.mark.parametrize(
    ("held", "purpose", "is_serious"),
    [
        ("UserAuthenticationMethod.ReadWrite.All", "plan", True),
        ("UserAuthMethod-TAP.ReadWrite.All", "apply", True),
        ("AppRoleAssignment.ReadWrite.All", "apply", True),
        ("Policy.ReadWrite.ConditionalAccess", "plan", True),
        ("Mail.ReadWrite", "apply", True),
        ("Mail.Read", "plan", False),
    ],
)
def test_too_much_is_told_by_what_it_could_do(held: str, purpose: Purpose, is_serious: bool) -> None:
    needed = [Need(permission="Policy.Read.All", why="x")]

    (found,) = excess([held, "Policy.Read.All", "openid"], needed, purpose)

    assert (found.permission, found.is_serious) == (held, is_serious)


def test_what_adds_nothing_to_what_is_needed_is_not_too_much() -> None:
    needed = [Need(permission="Group.ReadWrite.All", why="x"), Need(permission="Policy.Read.All", why="x")]

    assert excess(["Group.Read.All", "Policy.Read.AuthenticationMethod"], needed, "apply") == ()


@pytest.mark.parametrize("name", sorted(kinds()))
def test_explain_prints_what_each_kind_takes(name: str) -> None:
    links = dict(explain(name).links)

    assert links["to read"] == kinds()[name].read_permission
    assert links["to write"].startswith(kinds()[name].write_permissions[0])


def test_explain_says_what_does_as_well() -> None:
    assert dict(explain("AuthenticationStrength").links)["to write"].endswith(
        ", or Policy.ReadWrite.ConditionalAccess instead"
    )
