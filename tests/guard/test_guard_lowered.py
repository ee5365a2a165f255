"""What a plan says of the protection it takes away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    SECOND,
    SETTINGS,
    Document,
    Tenant,
    absent,
    folder,
    location,
    plan,
    policy,
    rules,
    settle,
    strength,
)

from tapctl.model import Finding
from tapctl.pipeline import Planned
from tapctl.sandbox.seed import BREAK_GLASS

REPORT = "enabledForReportingButNotEnforced"
RULES = ("stops-enforcing", "weakens-enforced")
GLASS = {**SETTINGS, "breakGlass": {"accounts": [FIRST, SECOND], "groups": ["Break glass"]}}
PINNED = {"Group/Break glass": BREAK_GLASS}
EVERYBODY = {"includeUsers": ["All"], "excludeGroups": ["Break glass"]}


def asks(*controls: str, operator: str = "OR", accepting: str = "", **more: Any) -> Document:
    """An enforced policy for everybody, with these controls."""
    asked: dict[str, Any] = {"authenticationStrength": accepting} if accepting else {}
    grant = {"operator": operator, "builtInControls": [*controls], **asked} if controls or asked else None
    return policy("P", **EVERYBODY, only={"grantControls": grant, **more})


def after(root: Path, tenant: Tenant, had: list[Document], has: list[Document]) -> Planned:
    """A plan for what was applied before."""
    settle(folder(root, had, settings=GLASS, pins=PINNED), tenant)
    return plan(folder(root, has, settings=GLASS, pins=PINNED), tenant)


def said(planned: Planned) -> list[Finding]:
    return [item for item in planned.plan.findings if item.rule in RULES]


@pytest.mark.parametrize(
    ("has", "how"),
    [
        (policy("P", "disabled"), "go from enabled to disabled"),
        (policy("P", REPORT), f"go from enabled to {REPORT}"),
        (absent("ConditionalAccessPolicy", "P"), "be deleted"),
    ],
)
def test_a_policy_that_is_enforced_no_more(tenant: Tenant, tmp_path: Path, has: Document, how: str) -> None:
    planned = after(tmp_path, tenant, [policy("P")], [has])
    (found,) = said(planned)

    assert (found.rule, found.severity, found.news) == ("stops-enforcing", "warning", "introduced")
    assert found.message.startswith(f"ConditionalAccessPolicy/P, which is enforced, would {how}: nobody is")
    assert (found.address is not None and found.address.name, found.place is not None) == ("P", True)
    assert rules(planned) == []


def test_an_owned_policy_that_no_document_declares_any_more(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P"), policy("Q")], settings=GLASS, pins=PINNED), tenant)
    owning = {**GLASS, "ownership": {"ConditionalAccessPolicy": ["P*"]}}
    (found,) = said(plan(folder(tmp_path, [policy("Q")], settings=owning, pins=PINNED), tenant))

    assert found.message.startswith("ConditionalAccessPolicy/P, which is enforced, would be deleted")
    assert found.place is None


@pytest.mark.parametrize("had", ["disabled", REPORT])
def test_what_was_not_enforced_may_go(tenant: Tenant, tmp_path: Path, had: str) -> None:
    assert said(after(tmp_path, tenant, [policy("P", had)], [absent("ConditionalAccessPolicy", "P")])) == []


MINE, FEWER = strength("Mine", "fido2", "password,sms"), strength("Fewer", "fido2")
RESISTANT = "Phishing-resistant MFA"
HOURLY = {"signInFrequency": {"isEnabled": True, "value": 1, "type": "hours"}}
EVERY_QUARTER = {"signInFrequency": {"isEnabled": True, "value": 90, "type": "days"}}
ONCE = {"persistentBrowser": {"isEnabled": True, "mode": "never"}}


@pytest.mark.parametrize(
    ("had", "has", "less"),
    [
        (asks("block"), asks("mfa"), "asks for mfa where it blocks"),
        (asks("mfa"), asks(sessionControls=HOURLY), "asks for nothing where it asks for mfa"),
        (
            asks("mfa"),
            asks("mfa", "compliantDevice"),
            "asks for compliantDevice or mfa where it asks for mfa",
        ),
        (
            asks("mfa", "compliantDevice", operator="AND"),
            asks("mfa", "compliantDevice"),
            "asks for compliantDevice or mfa where it asks for compliantDevice and mfa",
        ),
        (
            asks("mfa", "compliantDevice", operator="AND"),
            asks("mfa", operator="AND"),
            "asks for mfa where it asks for compliantDevice and mfa",
        ),
        (
            asks(accepting="Fewer"),
            asks("mfa"),
            "asks for mfa where it asks for the strength 'Fewer'",
        ),
        (
            asks(accepting=RESISTANT),
            asks(accepting="Mine"),
            f"asks for the strength 'Mine' where it asks for the strength '{RESISTANT}'",
        ),
        (
            asks("mfa", sessionControls={**HOURLY, **ONCE}),
            asks("mfa", sessionControls=HOURLY),
            "no longer limits sessions by persistentBrowser",
        ),
        (
            asks("mfa", sessionControls=HOURLY),
            asks("mfa", sessionControls=EVERY_QUARTER),
            "asks to sign in again after 90 days where it did after 1 hour",
        ),
    ],
)
def test_a_policy_that_asks_for_less(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document, less: str
) -> None:
    (found,) = said(after(tmp_path, tenant, [MINE, FEWER, had], [MINE, FEWER, has]))

    assert (found.rule, found.severity) == ("weakens-enforced", "warning")
    assert found.message == f"ConditionalAccessPolicy/P, which is enforced, would let more through: {less}"


@pytest.mark.parametrize(
    ("had", "has"),
    [
        (asks("mfa"), asks("block")),
        (asks("mfa", "compliantDevice"), asks("mfa")),
        (asks("mfa"), asks("mfa", "compliantDevice", operator="AND")),
        (asks("mfa"), asks(accepting="Fewer")),
        (asks(accepting="Mine"), asks(accepting="Fewer")),
        (asks(accepting=RESISTANT), asks(accepting="Fewer")),
        (asks("mfa", sessionControls=HOURLY), asks("block")),
        (asks("mfa"), asks("mfa", sessionControls=HOURLY)),
    ],
)
def test_asking_for_as_much_or_more_is_not_said(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document
) -> None:
    assert said(after(tmp_path, tenant, [MINE, FEWER, had], [MINE, FEWER, has])) == []


@pytest.mark.parametrize(
    ("users", "less"),
    [
        ({**EVERYBODY, "excludeGroups": ["Break glass", "Pilots"]}, "users.excludeGroups gains Pilots"),
        ({"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}, "users.includeUsers loses All"),
    ],
)
def test_a_policy_that_reaches_less(tenant: Tenant, tmp_path: Path, users: dict[str, Any], less: str) -> None:
    pilots: Document = {"kind": "Group", "name": "Pilots", "spec": {}}
    (found,) = said(after(tmp_path, tenant, [pilots, policy("P")], [pilots, policy("P", **users)]))

    assert found.message.endswith(f"would let more through: {less}")


def test_leaving_break_glass_out_is_as_it_should_be(tenant: Tenant, tmp_path: Path) -> None:
    had = policy("P", includeUsers=["All"])

    assert said(after(tmp_path, tenant, [had], [policy("P", **EVERYBODY)])) == []


def test_a_strength_that_accepts_more(tenant: Tenant, tmp_path: Path) -> None:
    has = strength("Fewer", "fido2", "password,sms")
    (found,) = said(after(tmp_path, tenant, [FEWER, asks(accepting="Fewer")], [has, asks(accepting="Fewer")]))

    assert found.message == (
        "AuthenticationStrength/Fewer would accept password,sms as well; enforced policies ask for it: 'P'"
    )


@pytest.mark.parametrize("has", [asks("mfa"), policy("P", "disabled")])
def test_a_strength_that_nobody_asks_for_may_accept_more(
    tenant: Tenant, tmp_path: Path, has: Document
) -> None:
    wider = strength("Fewer", "fido2", "password,sms")

    assert said(after(tmp_path, tenant, [FEWER, has], [wider, has])) == []


def test_a_strength_that_accepts_less_weakens_nothing(tenant: Tenant, tmp_path: Path) -> None:
    asked = asks(accepting="Mine")

    assert said(after(tmp_path, tenant, [MINE, asked], [strength("Mine", "fido2"), asked])) == []


def at_places(**locations: list[str]) -> Document:
    """An enforced policy for everybody at these places."""
    only = {"includeLocations": ["All"], **locations}
    found = policy("P", **EVERYBODY)
    return {
        **found,
        "spec": {**found["spec"], "conditions": {**found["spec"]["conditions"], "locations": only}},
    }


OFFICE, WIDER = location("Office", "192.0.2.0/24"), location("Office", "192.0.2.0/24", "198.51.100.0/24")
NO_PLACE = location("Office", "192.0.2.0/24", "198.51.100.0/24", isTrusted=False)
TRUSTED = location("Office", "192.0.2.0/24", "198.51.100.0/24", isTrusted=True)
BUT_OFFICE = at_places(excludeLocations=["Office"])
BUT_TRUSTED = at_places(excludeLocations=["AllTrusted"])
AT_OFFICE, AT_TRUSTED = at_places(includeLocations=["Office"]), at_places(includeLocations=["AllTrusted"])
GAINED = "NamedLocation/Office would gain 198.51.100.0/24; enforced policies exclude it: 'P'"
LOST = "NamedLocation/Office would lose 198.51.100.0/24; enforced policies include it: 'P'"
BOTH = "192.0.2.0/24, 198.51.100.0/24; enforced policies"


@pytest.mark.parametrize(
    ("had", "has", "asked", "expected"),
    [
        (OFFICE, WIDER, BUT_OFFICE, GAINED),
        (WIDER, OFFICE, AT_OFFICE, LOST),
        (
            NO_PLACE,
            TRUSTED,
            BUT_TRUSTED,
            f"NamedLocation/Office would gain {BOTH} exclude all trusted locations: 'P'",
        ),
        (
            TRUSTED,
            NO_PLACE,
            AT_TRUSTED,
            f"NamedLocation/Office would lose {BOTH} include all trusted locations: 'P'",
        ),
    ],
)
def test_a_location_that_takes_places_from_a_policy(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document, asked: Document, expected: str
) -> None:
    (found,) = said(after(tmp_path, tenant, [had, asked], [has, asked]))

    assert (found.rule, found.message) == ("weakens-enforced", expected)


@pytest.mark.parametrize(
    ("had", "has", "asked"),
    [
        (WIDER, OFFICE, BUT_OFFICE),
        (OFFICE, WIDER, AT_OFFICE),
        (OFFICE, WIDER, policy("P")),
        (OFFICE, location("Office", "192.0.2.0/26"), BUT_OFFICE),
        (TRUSTED, NO_PLACE, BUT_TRUSTED),
    ],
)
def test_a_location_that_takes_nothing(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document, asked: Document
) -> None:
    assert said(after(tmp_path, tenant, [had, asked], [has, asked])) == []


def test_a_new_trusted_location_takes_places_from_whoever_excludes_them(
    tenant: Tenant, tmp_path: Path
) -> None:
    (found,) = said(after(tmp_path, tenant, [BUT_TRUSTED], [TRUSTED, BUT_TRUSTED]))

    assert found.message == f"NamedLocation/Office would gain {BOTH} exclude all trusted locations: 'P'"
