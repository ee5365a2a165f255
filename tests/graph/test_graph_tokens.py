from __future__ import annotations

from dataclasses import replace

import pytest
from graph_servers import TENANT, jwt

from tapctl.errors import CredentialsError
from tapctl.graph.clouds import CLOUDS
from tapctl.graph.tokens import Expectation, caller_of

NOW = 1_800_000_000.0
EXPECTED = Expectation(
    source="TAPCTL_ACCESS_TOKEN", environment="production", tenant_id=TENANT, cloud=CLOUDS["global"], now=NOW
)


def test_a_person_goes_by_the_principal_name_and_has_scopes() -> None:
    caller = caller_of(jwt(upn="ada@contoso.example", scp="Policy.Read.All User.Read"), EXPECTED)

    assert (caller.kind, caller.id, caller.name) == ("person", "7", "ada@contoso.example")
    assert caller.scopes == {"Policy.Read.All", "User.Read"}
    assert caller.tenant_id == TENANT


def test_an_application_goes_by_its_name_and_has_roles() -> None:
    caller = caller_of(jwt(idtyp="app", app_displayname="Pipeline", roles=["Policy.Read.All", 7]), EXPECTED)

    assert (caller.kind, caller.name) == ("application", "Pipeline")
    assert caller.roles == {"Policy.Read.All"}


def test_a_token_without_type_is_an_application_s_if_it_has_no_scopes() -> None:
    assert caller_of(jwt(appid="a"), EXPECTED).kind == "application"
    assert caller_of(jwt(idtyp="user"), EXPECTED).kind == "person"


def test_a_token_of_another_tenant_names_both() -> None:
    with pytest.raises(CredentialsError, match=rf'"other".*production.*"{TENANT}"'):
        caller_of(jwt(tid="other"), EXPECTED)


def test_the_tenant_is_compared_without_regard_to_case() -> None:
    assert caller_of(jwt(tid=TENANT.upper()), EXPECTED).id == "7"


@pytest.mark.parametrize("token", ["", "opaque", "a.b", "a.b.c", "a.W10.c", "EwBwA8l6BAAU.x.y.z.w"])
def test_an_opaque_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(CredentialsError, match="not a JWT") as caught:
        caller_of(token, EXPECTED)
    assert not token or token not in str(caught.value)


def test_an_expired_token_says_since_when_and_hints_at_the_clock() -> None:
    with pytest.raises(CredentialsError, match=r"expired at 2027-01-15 07:59:59 UTC.*clock"):
        caller_of(jwt(exp=NOW - 1), EXPECTED)


def test_a_token_from_the_future_hints_at_the_clock() -> None:
    assert caller_of(jwt(nbf=NOW + 60, exp=NOW + 3600), EXPECTED).id == "7"
    with pytest.raises(CredentialsError, match="clock"):
        caller_of(jwt(nbf=NOW + 600), EXPECTED)


@pytest.mark.parametrize("audience", ["https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"])
def test_a_token_for_graph_is_accepted(audience: str) -> None:
    assert caller_of(jwt(aud=audience), EXPECTED).id == "7"


def test_a_token_for_something_else_says_how_to_get_the_right_one() -> None:
    with pytest.raises(CredentialsError, match=r"--resource https://graph\.microsoft\.com"):
        caller_of(jwt(aud="https://management.azure.com/"), EXPECTED)


def test_a_server_of_ones_own_may_be_the_audience() -> None:
    own = replace(EXPECTED, endpoint="http://localhost:8443")

    assert caller_of(jwt(oid="o", aud="http://localhost:8443"), own).id == "o"
