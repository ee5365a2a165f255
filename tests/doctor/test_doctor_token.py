from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapctl.doctor.check import Check
from tapctl.doctor.permissions import AZURE_CLI, against, held_by, permission_checks
from tapctl.doctor.token import token_checks
from tapctl.graph.clouds import CLOUDS
from tapctl.graph.tokens import GRAPH_APP_ID, Expectation, caller_in
from tapctl.model import Json, JsonObject
from tapctl.needed import Need, Purpose, excess

TENANT = "11111111-2222-3333-4444-555555555555"
NOW = 1_800_000_000.0
APP: JsonObject = {
    "tid": TENANT,
    "aud": GRAPH_APP_ID,
    "exp": NOW + 3600,
    "idtyp": "app",
    "appid": "a1",
    "oid": "o1",
    "roles": ["Policy.Read.All"],
}
EXPECTED = Expectation(
    source="GitHub OIDC", environment="production", tenant_id=TENANT, cloud=CLOUDS["global"], now=NOW
)
NEEDS = (
    Need(permission="Group.Read.All", why="read declared groups"),
    Need(permission="AuditLog.Read.All", why="say who caused drift", is_optional=True),
    Need(permission="Agreement.Read.All", why="find TermsOfUse by name", delegated_only=True),
    Need(permission="Policy.Read.AuthenticationMethod", why="read Fido2Policy"),
)


def checks(**claims: Json) -> dict[str, Check]:
    found = token_checks({**APP, **claims}, EXPECTED)
    return {check.name.partition(" ")[0]: check for check in found}


def judged(purpose: Purpose = "plan", **claims: Json) -> dict[str, Check]:
    mine = {**APP, **claims}
    caller = caller_in(mine)
    held = held_by(caller)
    found = permission_checks(against(NEEDS, held), excess(held, NEEDS, purpose), caller, mine, purpose)
    return {check.name: check for check in found}


def test_a_good_token_is_described() -> None:
    found = checks()

    assert {check.status for check in found.values()} == {"ok"}
    assert found["identity"].message == "application a1 (object o1); idtyp is app"
    assert found["lifetime"].message == "ends in 60 minutes"


@pytest.mark.parametrize(
    ("claims", "name", "status", "said"),
    [
        ({"tid": "other"}, "tenant", "failed", 'for tenant "other"'),
        ({"tid": None}, "tenant", "failed", "no tid"),
        ({"aud": "https://management.azure.com"}, "audience", "failed", "not for Microsoft Graph"),
        ({"aud": ""}, "audience", "warning", "does not say"),
        ({"exp": NOW - 1}, "lifetime", "failed", "expired at"),
        ({"nbf": NOW + 900}, "lifetime", "failed", "valid from"),
        ({"exp": None}, "lifetime", "warning", "does not say when"),
        ({"exp": NOW + 61}, "lifetime", "warning", "ends in 1 minute"),
        ({"exp": NOW + 5}, "lifetime", "warning", "less than a minute"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(claims: JsonObject, name: str, status: str, said: str) -> None:
    found = checks(**claims)[name]

    assert found.status == status
    assert said in found.message


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from([*APP, "scp", "nbf", "azp", "upn"]), ANYTHING))
def test_whatever_a_token_claims_it_is_described(claims: JsonObject) -> None:
    assert len(token_checks(claims, EXPECTED)) == 4


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = checks(tid="other", aud="x", exp=0)

    assert [check.status for check in found.values()] == ["ok", "failed", "failed", "failed"]
    assert all(check.todo for check in found.values() if check.status == "failed")


def test_a_person_is_known_by_scopes_and_by_the_application_used() -> None:
    found = checks(idtyp=None, scp="User.Read", upn="ada@x.example", roles=None)

    assert "person ada@x.example" in checks(idtyp="user", upn="ada@x.example")["identity"].message
    assert "through application a1" in checks(idtyp="user", upn="ada@x.example")["identity"].message
    assert "no idtyp" in found["identity"].message


def test_nobody_s_token_names_nobody() -> None:
    assert "nobody it names (object not said)" in checks(appid=None, oid=None)["identity"].message


def test_missing_permissions_fail_unless_the_command_works_without() -> None:
    found = judged()

    assert found["Group.Read.All"].status == "failed"
    assert "application permission (app role) Group.Read.All" in found["Group.Read.All"].todo
    assert found["AuditLog.Read.All"].status == "skipped"
    assert "gives this to people only" in found["Agreement.Read.All"].todo


def test_what_covers_a_permission_is_as_good() -> None:
    assert "Policy.Read.AuthenticationMethod" in judged()["held"].message
    assert "held" not in judged(roles=[])


@pytest.mark.parametrize("purpose", ["plan", "apply"])
def test_an_identity_that_can_make_passes_is_a_warning(purpose: Purpose) -> None:
    found = judged(purpose, roles=["UserAuthenticationMethod.ReadWrite.All"])

    assert found["UserAuthenticationMethod.ReadWrite.All"].status == "warning"
    assert "make passes" in found["UserAuthenticationMethod.ReadWrite.All"].message
    assert found["UserAuthenticationMethod.ReadWrite.All"].todo.startswith("take ")


def test_more_reading_than_needed_is_a_word_and_no_task() -> None:
    assert judged(roles=["Mail.Read"])["Mail.Read"].todo == ""


def test_a_person_needs_scopes_and_a_role() -> None:
    found = judged("apply", idtyp="user", scp="Group.Read.All", roles=[])

    assert "delegated permission (scope)" in found["Policy.Read.AuthenticationMethod"].todo
    assert "Conditional Access Administrator" in found["directory role"].message
    assert found["held"].message == "Group.Read.All"


CA_ADMINISTRATOR = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"
METHODS_ADMINISTRATOR = "0526716b-113d-4c15-b2c8-68e3c22b9f80"
AUTHENTICATION_ADMINISTRATOR = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


@pytest.mark.parametrize(
    ("wids", "status", "said"),
    [
        ([CA_ADMINISTRATOR, METHODS_ADMINISTRATOR], "ok", "Authentication Policy Administrator, Conditional"),
        ([GLOBAL_ADMINISTRATOR], "ok", "Global Administrator"),
        ([CA_ADMINISTRATOR], "warning", "Conditional Access Administrator"),
        (["b79fbf4d-3ef9-4689-8143-76b194e85509", 7], "warning", "none that is known"),
    ],
)
def test_a_person_s_active_roles_are_in_the_token(wids: list[Json], status: str, said: str) -> None:
    found = judged("apply", idtyp="user", scp="x", roles=[], wids=wids)["directory role"]

    assert (found.status, bool(found.todo)) == (status, status == "warning")
    assert f"active for the whole tenant: {said}" in found.message


@pytest.mark.parametrize(
    ("wids", "is_said"),
    [
        ([AUTHENTICATION_ADMINISTRATOR], True),
        ([AUTHENTICATION_ADMINISTRATOR, GLOBAL_READER], False),
        ([GLOBAL_ADMINISTRATOR], False),
    ],
)
def test_a_person_who_issues_may_need_another_role_besides(wids: list[Json], is_said: bool) -> None:
    found = judged("passes", idtyp="user", scp="x", roles=[], wids=wids)

    assert found["directory role"].status == "ok"
    assert ("Global Reader" in found) == is_said
    assert not is_said or "role-assignable group" in found["Global Reader"].message


def test_the_azure_cli_s_own_token_cannot_be_given_more() -> None:
    found = judged(idtyp="user", appid=AZURE_CLI, scp="x", roles=[])

    assert "none can be added" in found["Group.Read.All"].todo


def test_another_permission_that_does_as_well_is_named() -> None:
    need = Need(permission="A", why="write Strength", instead=("B",))
    caller = caller_in(APP)

    (found,) = permission_checks(against([need], frozenset()), (), caller, APP, "apply")

    assert found.message == "missing (or B), to write Strength"
