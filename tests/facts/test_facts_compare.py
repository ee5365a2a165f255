"""Our evaluator and a tenant's own What-If, asked about the same sign-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from facts_tools import Refusing
from hypothesis import given, settings
from hypothesis import strategies as st
from trial import POLICIES, Message, Receive, Send, Tenant

from tapctl.canonical import at
from tapctl.errors import GraphError, NotPermitted, UsageError
from tapctl.evaluate.facts import Facts, Location, Person
from tapctl.evaluate.situation import JOIN, REGISTER, UNREGISTERED, Device, SignIn
from tapctl.facts.compare import Compared, Comparison, compare
from tapctl.facts.places import address_at, country_at
from tapctl.graph.sandbox import AsgiApp
from tapctl.sandbox.seed import DOMAIN, GROUPS, GUEST, PEOPLE, numbered

EXCHANGE, TIMESHEETS = "00000002-0000-0ff1-ce00-000000000000", "39000000-0000-4000-8000-000000000001"
MIA, INGRID = f"mia.larsen@{DOMAIN}", f"ingrid.solberg@{DOMAIN}"
HEADQUARTERS, COUNTRIES = numbered(5, 1), numbered(5, 2)
EVERYTHING = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}
AS_OF = date(2026, 11, 1)
PLAIN = SignIn(
    user=MIA,
    apps=("Exchange Online",),
    client_app="browser",
    platform="windows",
    locations=(),
    country="DE",
    device=UNREGISTERED,
    sign_in_risk="none",
    user_risk="none",
    insider_risk="none",
    flow="none",
    as_of=AS_OF,
)


def live(tenant: Tenant, **conditions: Any) -> None:
    """The tenant has one policy, with these conditions."""
    tenant.clear(POLICIES)
    state = conditions.pop("state", "enabled")
    tenant.put(
        POLICIES,
        displayName="Live",
        state=state,
        conditions={"clientAppTypes": ["all"], **EVERYTHING, **conditions},
        grantControls={"operator": "OR", "builtInControls": ["mfa"]},
    )


def compared(tenant: Tenant, sign_in: SignIn = PLAIN, facts: Facts | None = None) -> Comparison:
    async def main() -> Comparison:
        async with tenant.connection() as gateway:
            return await compare(gateway, {"Live": {}, "Proposed": {}}, facts or Facts(), sign_in)

    return asyncio.run(main())


def the_one(tenant: Tenant, sign_in: SignIn = PLAIN) -> Compared:
    (found,) = compared(tenant, sign_in).policies
    return found


def test_the_seeded_company_s_policies_are_seen_alike() -> None:
    for sign_in in (PLAIN, replace(PLAIN, user=INGRID), replace(PLAIN, apps=(), action=REGISTER)):
        found = compared(Tenant(), sign_in)

        assert len(found.policies) == 3
        assert not found.differences
        assert {item.finding for item in found.policies} == {"same"}


def test_the_person_s_groups_and_roles_are_the_tenant_s() -> None:
    tenant = Tenant()
    live(tenant, users={"includeGroups": [GROUPS["New hires"]]})
    pretends = replace(PLAIN, user=INGRID, person=Person(groups=frozenset({"New hires"})))

    found = compared(tenant, pretends)

    assert found.policies[0].here is found.policies[0].there is False
    assert found.policies[0].reasons_here == found.policies[0].reasons_there == ("users",)
    assert any("not those given" in limit for limit in found.limits)


def test_a_user_may_be_named_by_id() -> None:
    tenant = Tenant()
    live(tenant, users={"includeUsers": [PEOPLE["mia.larsen"]]})

    assert the_one(tenant, replace(PLAIN, user=f"id:{PEOPLE['mia.larsen']}")).here is True


def test_what_nobody_gave_is_unknown_here_and_not_applied_there() -> None:
    tenant = Tenant()
    live(tenant, signInRiskLevels=["high"], clientAppTypes=["other"])

    found = compared(tenant, replace(PLAIN, sign_in_risk=None, client_app=None))

    (policy,) = found.policies
    assert (policy.here, policy.there, policy.finding) == (None, False, "expected")
    assert set(policy.reasons_here) == {"signInRisk", "clientApps"}
    assert "signInRisk" in policy.why
    assert any("signInRiskLevel" in limit for limit in found.limits)
    assert compared(tenant, replace(PLAIN, flow=None, device=None)).policies[0].there is False
    assert at(found.request, "signInConditions", "signInRiskLevel") is None


def test_a_disabled_policy_is_so_on_both_sides() -> None:
    tenant = Tenant()
    live(tenant, state="disabled")

    found = the_one(tenant)

    assert (found.here, found.there, found.finding) == (False, False, "same")
    assert found.reasons_here == ("policyNotEnabled",)


def test_report_only_policies_are_matched_on_user_actions_too() -> None:
    tenant = Tenant()
    action = {"includeUserActions": ["urn:user:registersecurityinfo"]}
    live(tenant, state="enabledForReportingButNotEnforced", applications=action)

    found = the_one(tenant, replace(PLAIN, apps=(), action=REGISTER))

    assert found.here is found.there is True


def test_policies_that_are_only_proposed_cannot_be_asked_about() -> None:
    tenant = Tenant()
    live(tenant)

    assert compared(tenant).only_here == ("Proposed",)


def test_locations_are_asked_about_by_an_address_and_a_country_in_them() -> None:
    tenant = Tenant()
    live(tenant, locations={"includeLocations": [HEADQUARTERS]})

    inside = compared(
        tenant, replace(PLAIN, locations=("Headquarters", "Countries we hire in"), country=None)
    )
    outside = compared(tenant, replace(PLAIN, locations=(), country=None))

    assert at(inside.request, "signInConditions", "ipAddress") in ("203.0.113.1", "2001:db8:4e57::1")
    assert at(inside.request, "signInConditions", "country") == "DE"
    assert inside.policies[0].here is inside.policies[0].there is True
    assert outside.policies[0].here is outside.policies[0].there is False


def test_an_address_that_is_written_as_an_ipv6_one_lies_where_the_ipv4_one_does() -> None:
    tenant = Tenant()
    live(tenant, locations={"includeLocations": [HEADQUARTERS]})
    found = the_one(tenant, replace(PLAIN, locations=None, ip="::ffff:203.0.113.7"))
    plain, written = (
        Location(kind="ip", ranges=(text,)) for text in ("203.0.113.0/24", "::ffff:203.0.113.0/120")
    )

    assert found.here is found.there is True
    assert address_at({"plain": plain, "written": written}, frozenset({"written"})) is None


def test_a_location_that_the_tenant_does_not_have_is_a_limit() -> None:
    found = compared(Tenant(), replace(PLAIN, locations=("Atlantis",)))

    assert any("Atlantis" in limit for limit in found.limits)


def test_no_address_lies_in_one_location_and_not_in_its_whole() -> None:
    whole, part = (Location(kind="ip", ranges=(text,)) for text in ("203.0.113.0/24", "203.0.113.0/25"))
    lands = {"a": Location(kind="country", countries=frozenset({"SE"}))}

    assert address_at({"whole": whole, "part": part}, frozenset({"part"})) is None
    assert address_at({"whole": whole, "part": part}, frozenset({"whole", "part"})) == "203.0.113.1"
    assert address_at({"odd": Location(kind="ip", ranges=("x",))}, frozenset({"odd"})) is None
    assert country_at({**lands, "b": lands["a"]}, frozenset({"a"})) is None
    assert country_at(lands, frozenset()) == "AQ"


def test_without_an_address_the_comparison_says_so() -> None:
    tenant = Tenant()
    twin = tenant.one("identity/conditionalAccess/namedLocations", "Headquarters")
    tenant.store.put(
        "identity/conditionalAccess/namedLocations", {**twin, "id": "twin", "displayName": "Twin"}
    )

    found = compared(tenant, replace(PLAIN, locations=("Twin",), country=None))

    assert any("no address" in limit for limit in found.limits)


@pytest.mark.parametrize(
    ("sign_in", "says"),
    [
        (replace(PLAIN, user="mi:x"), "managed identity"),
        (replace(PLAIN, user=f"nobody@{DOMAIN}"), "has no user"),
        (replace(PLAIN, apps=("Office365",)), "one of its applications, such as Office 365 Exchange Online"),
        (replace(PLAIN, apps=("MicrosoftAdminPortals",)), "one of its applications, such as Azure Portal"),
        (replace(PLAIN, apps=("Payroll",)), 'single applications, and not "Payroll": give its appId'),
        (replace(PLAIN, apps=(), action="urn:user:dance"), "does not know the user action"),
    ],
)
def test_some_sign_ins_cannot_be_asked_about(sign_in: SignIn, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        compared(Tenant(), sign_in)


def test_workloads_are_asked_about_as_such() -> None:
    tenant = Tenant()
    clients = {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}
    live(tenant, users={"includeUsers": ["None"]}, clientApplications=clients)

    found = compared(tenant, replace(PLAIN, user=f"sp:{numbered(3, 10)}", service_principal_risk="none"))

    assert found.policies[0].here is found.policies[0].there is True
    kind = at(found.request, "signInIdentity", "@odata.type")
    assert kind == "#microsoft.graph.servicePrincipalSignIn"


def test_guests_devices_and_contexts_go_along() -> None:
    tenant = Tenant()
    live(
        tenant, devices={"deviceFilter": {"mode": "include", "rule": 'device.deviceOwnership -eq "Company"'}}
    )
    device = Device(attributes={"deviceOwnership": "Company", "physicalIds": ("x",), "model": None})
    guest = f"anna.kovacs_partner.example#EXT#@{DOMAIN}"
    person = Person(type="b2bCollaborationGuest", home_tenant="T1")

    at_home = compared(tenant, replace(PLAIN, device=device))
    visiting = compared(tenant, replace(PLAIN, user=guest, person=person, apps=(), context="c1"))

    assert at_home.policies[0].here is at_home.policies[0].there is True
    sent = at(at_home.request, "signInConditions", "deviceInfo")
    assert sent == {"ownership": "Company", "physicalIds": ["x"]}
    assert visiting.request["signInIdentity"] == {
        "@odata.type": "#microsoft.graph.userSignIn",
        "userId": GUEST,
        "externalUserType": "b2bCollaborationGuest",
        "externalTenantId": "T1",
    }


def test_what_may_not_be_asked_is_an_error_with_its_permission() -> None:
    tenant = Tenant()
    tenant.between.append(Refusing("identity/conditionalAccess/evaluate"))

    with pytest.raises(NotPermitted, match=r"Policy\.Read\.ConditionalAccess"):
        compared(tenant)


def test_groups_that_may_not_be_read_are_unknown() -> None:
    tenant = Tenant()
    live(tenant, users={"includeGroups": [GROUPS["New hires"]]})
    tenant.between.append(Refusing(f"users/{PEOPLE['mia.larsen']}/transitiveMemberOf"))

    found = compared(tenant)

    assert (found.policies[0].here, found.policies[0].there, found.policies[0].finding) == (
        None,
        True,
        "expected",
    )
    assert any("GroupMember.Read.All" in limit for limit in found.limits)


def test_a_location_newer_than_tapctl_holds_nothing_that_is_known() -> None:
    tenant = Tenant()
    kind = {"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation"}
    identifier = tenant.put("identity/conditionalAccess/namedLocations", displayName="Newer", **kind)
    live(tenant, locations={"includeLocations": [identifier]})

    assert the_one(tenant, replace(PLAIN, locations=None, ip="198.51.100.9")).here is None


def test_locations_that_may_not_be_read_are_a_limit() -> None:
    tenant = Tenant()
    tenant.between.append(Refusing("identity/conditionalAccess/namedLocations"))

    assert any("named locations were not read" in limit for limit in compared(tenant).limits)


class Saying:
    """Stands before a tenant and answers What-If in its place."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer

    def __call__(self, app: AsgiApp) -> AsgiApp:
        async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
            if not scope["path"].endswith("/evaluate"):
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(self.answer).encode()})

        return wrapped


def says(**result: Any) -> Tenant:
    tenant = Tenant()
    everything = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}
    policy = {
        "id": "p",
        "displayName": "P",
        "state": "enabled",
        "conditions": everything,
        "grantControls": None,
    }
    tenant.between.append(Saying({"value": [{**policy, **result}]}))
    return tenant


def test_a_tenant_that_disagrees_is_shown() -> None:
    found = compared(says(policyApplies=False, analysisReasons="users, location"))

    (policy,) = found.differences
    assert (policy.here, policy.there) == (True, False)
    assert policy.reasons_there == ("users", "location")


def test_different_reasons_are_a_difference_too() -> None:
    conditions = {**EVERYTHING, "users": {"includeUsers": ["None"]}}

    differs = the_one(says(policyApplies=False, analysisReasons="location", conditions=conditions))
    vague = the_one(says(policyApplies=False, analysisReasons="notEnoughInformation", conditions=conditions))

    assert differs.finding == "differs"
    assert vague.finding == "same"


@pytest.mark.parametrize(("reasons", "expected"), [("application", "expected"), ("users", "differs")])
def test_what_if_knows_of_no_application_that_another_needs(reasons: str, expected: str) -> None:
    exchange = {
        **EVERYTHING,
        "applications": {"includeApplications": ["00000002-0000-0ff1-ce00-000000000000"]},
    }
    tenant = says(policyApplies=False, analysisReasons=reasons, conditions=exchange)

    found = the_one(tenant, replace(PLAIN, apps=("Microsoft Teams Services",)))

    assert (found.here, found.there, found.finding) == (True, False, expected)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ("application, devicePlatform", "expected"),
        ("devicePlatform", "same"),
        ("application, users", "differs"),
    ],
)
def test_an_application_s_need_may_come_on_top_of_another_reason(reasons: str, expected: str) -> None:
    of_exchange = {"includeApplications": ["00000002-0000-0ff1-ce00-000000000000"]}
    on_phones = {**EVERYTHING, "applications": of_exchange, "platforms": {"includePlatforms": ["iOS"]}}
    tenant = says(policyApplies=False, analysisReasons=reasons, conditions=on_phones)

    found = the_one(tenant, replace(PLAIN, apps=("Microsoft Teams Services",)))

    assert (found.here, found.reasons_here, found.finding) == (False, ("devicePlatform",), expected)


def test_an_unknown_country_is_not_sent_and_its_reason_is_expected() -> None:
    tenant = Tenant()
    live(tenant, locations={"includeLocations": ["All"], "excludeLocations": [COUNTRIES]})
    found = compared(tenant, replace(PLAIN, locations=None, country=""))

    (policy,) = found.policies
    assert (policy.here, policy.there, policy.finding) == (True, False, "expected")
    assert "was not sent" in policy.why
    assert any("takes no unknown country" in limit for limit in found.limits)
    assert not any("not sent: " in limit and "country" in limit for limit in found.limits)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"country": ""}, "expected"),
        ({"country": None}, "expected"),
        ({"country": None, "ip": "198.51.100.9"}, "expected"),
        ({"country": "US", "ip": "198.51.100.9"}, "differs"),
    ],
)
def test_a_place_that_was_not_sent_whole_is_one_more_reason_there(place: Any, expected: str) -> None:
    conditions = {**EVERYTHING, "users": {"includeUsers": ["None"]}}
    tenant = says(policyApplies=False, analysisReasons="users, location", conditions=conditions)

    assert the_one(tenant, replace(PLAIN, locations=None, **place)).finding == expected


@pytest.mark.parametrize(
    ("place", "excluded", "is_said"),
    [
        ({"ip": "198.51.100.9"}, "AllTrusted", True),
        ({"ip": "198.51.100.9"}, COUNTRIES, False),
        ({}, "AllTrusted", False),
    ],
)
def test_trusted_addresses_that_nobody_lists_are_said_to_be_what_is_missing(
    place: Any, excluded: str, is_said: bool
) -> None:
    tenant = Tenant()
    live(tenant, locations={"includeLocations": ["All"], "excludeLocations": [excluded]})
    found = the_one(tenant, replace(PLAIN, locations=None, country=None, **place))

    assert found.here is None
    assert ("MFA service" in found.why) is is_said


def test_a_missing_fact_is_one_more_reason_there() -> None:
    conditions = {**EVERYTHING, "users": {"includeUsers": ["None"]}}
    tenant = says(policyApplies=False, analysisReasons="users, clientApps", conditions=conditions)

    given = replace(PLAIN, client_app="browser")
    assert the_one(tenant, replace(PLAIN, client_app=None)).finding == "expected"
    assert the_one(tenant, given).finding == "differs"


def test_without_a_place_its_reason_is_expected() -> None:
    conditions = {**EVERYTHING, "users": {"includeUsers": ["None"]}}
    tenant = says(policyApplies=False, analysisReasons="users, location", conditions=conditions)

    assert the_one(tenant, replace(PLAIN, ip=None, country=None, locations=None)).finding == "expected"
    assert the_one(tenant, replace(PLAIN, country="DE")).finding == "differs"


@pytest.mark.parametrize("result", [{"policyApplies": "yes"}, {"id": 1, "policyApplies": True}])
def test_an_answer_that_is_none_stops_it(result: dict[str, Any]) -> None:
    with pytest.raises(GraphError, match="no list of What-If results"):
        compared(says(**result))


USERS = st.sampled_from(
    [
        {"includeUsers": ["All"]},
        {"includeUsers": ["All"], "excludeGroups": [GROUPS["New hires"]]},
        {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]},
        {"includeUsers": ["GuestsOrExternalUsers"]},
        {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}},
        {"includeGroups": [GROUPS["All staff"]], "excludeUsers": [PEOPLE["mia.larsen"]]},
    ]
)
TARGETS = st.sampled_from(
    [
        {"includeApplications": ["All"]},
        {"includeApplications": ["All"], "excludeApplications": [EXCHANGE]},
        {"includeApplications": ["Office365"]},
        {"includeApplications": [TIMESHEETS]},
        {"includeUserActions": [REGISTER]},
        {"includeUserActions": [JOIN]},
        {"includeAuthenticationContextClassReferences": ["c1"]},
    ]
)
CONDITIONS = st.fixed_dictionaries(
    {"users": USERS, "applications": TARGETS},
    optional={
        "clientAppTypes": st.sampled_from([["all"], ["browser"], ["exchangeActiveSync", "other"]]),
        "platforms": st.sampled_from(
            [{"includePlatforms": ["iOS"]}, {"includePlatforms": ["all"], "excludePlatforms": ["windows"]}]
        ),
        "locations": st.sampled_from(
            [
                {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
                {"includeLocations": [HEADQUARTERS]},
                {"includeLocations": ["All"], "excludeLocations": [COUNTRIES]},
            ]
        ),
        "signInRiskLevels": st.just(["high", "medium"]),
        "userRiskLevels": st.just(["high"]),
        "insiderRiskLevels": st.just("elevated"),
        "authenticationFlows": st.just({"transferMethods": "deviceCodeFlow"}),
        "devices": st.sampled_from(
            [
                {"deviceFilter": {"mode": mode, "rule": rule}}
                for mode in ("include", "exclude")
                for rule in ('device.trustType -eq "ServerAD"', "device.isCompliant -ne True")
            ]
        ),
    },
)
SITUATIONS = st.builds(
    replace,
    st.just(PLAIN),
    user=st.sampled_from([MIA, INGRID, f"anna.kovacs_partner.example#EXT#@{DOMAIN}"]),
    client_app=st.sampled_from(["browser", "other"]),
    platform=st.sampled_from(["windows", "iOS"]),
    ip=st.sampled_from(["203.0.113.9", "198.51.100.9"]),
    country=st.sampled_from(["DE", "US"]),
    locations=st.none(),
    sign_in_risk=st.sampled_from(["none", "high"]),
    user_risk=st.sampled_from(["none", "high"]),
    insider_risk=st.sampled_from(["none", "elevated"]),
    flow=st.sampled_from(["none", "deviceCodeFlow"]),
    device=st.sampled_from([UNREGISTERED, Device(attributes={"trustType": "ServerAD", "isCompliant": True})]),
)
DOINGS = st.sampled_from(
    [
        {"apps": ("Exchange Online",)},
        {"apps": (TIMESHEETS,)},
        {"apps": (), "action": REGISTER},
        {"apps": (), "action": JOIN},
        {"apps": (), "context": "c1"},
    ]
)


@settings(max_examples=40, deadline=None)
@given(CONDITIONS, SITUATIONS, DOINGS)
def test_two_matchers_written_apart_agree(
    conditions: dict[str, Any], situation: SignIn, doing: dict[str, Any]
) -> None:
    tenant = Tenant()
    live(tenant, **conditions)

    found = the_one(tenant, replace(situation, **doing))

    trusts_mfa_service = found.here is None and found.reasons_here == (
        "location",
    )  # nobody lists its addresses
    assert found.finding == "same" or trusts_mfa_service, found
