"""A method that is turned off, as the enforced policies feel it whose strength it meets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trial import (
    LOCATIONS,
    POLICIES,
    Document,
    Tenant,
    actions,
    finding,
    folder,
    group,
    plan,
    policy,
    rules,
    settle,
    strength,
)

RESISTANT = "Phishing-resistant MFA"
GLASS = {"excludeGroups": ["Break glass"]}


def method(kind: str, *groups: str, state: str = "enabled", exclude: tuple[str, ...] = ()) -> Document:
    names: list[Any] = [*(groups or ("all_users",))]
    includes = [{"id": name, "isUsableForSignIn": False} for name in names] if kind == "SmsPolicy" else names
    return {
        "kind": kind,
        "spec": {"state": state, "includeTargets": includes, "excludeTargets": [*exclude]},
    }


def keys(*groups: str, state: str = "enabled", exclude: tuple[str, ...] = ()) -> Document:
    found = method("Fido2Policy", *groups, state=state, exclude=exclude)
    return {**found, "spec": {**found["spec"], "isSelfServiceRegistrationAllowed": True}}


def asks(name: str = RESISTANT, state: str = "enabled", **users: Any) -> Document:
    grant = {"operator": "OR", "authenticationStrength": name}
    return policy("P", state, **(users or {"includeUsers": ["All"]}), **GLASS, only={"grantControls": grant})


def braked(root: Path, tenant: Tenant, had: list[Document], has: list[Document]) -> list[str]:
    settle(folder(root, had), tenant)
    return [rule for rule in rules(plan(folder(root, has), tenant)) if rule == "tightens-strength"]


BRAKE = ["tightens-strength"]
OURS = [group("Pilots", []), group("Outer", ["Group/Pilots"]), group("Others", [])]


def test_the_brake_says_what_goes_and_what_is_left(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [asks(), keys()]), tenant)
    found = finding(plan(folder(tmp_path, [asks(), keys(state="disabled")]), tenant), "tightens-strength")

    assert found.message == (
        f"ConditionalAccessPolicy/P, which is enforced, would ask for more: Fido2Policy, which '{RESISTANT}' "
        "accepts, is turned off; what is left is windowsHelloForBusiness; "
        "no document says whether x509CertificateMultiFactor can be used"
    )
    assert str(found.address) == "Fido2Policy"


def test_the_only_method_of_a_strength(tenant: Tenant, tmp_path: Path) -> None:
    documents = [strength("Keys", "fido2"), asks("Keys")]
    settle(folder(tmp_path, [*documents, keys()]), tenant)
    found = finding(plan(folder(tmp_path, [*documents, keys(state="disabled")]), tenant), "tightens-strength")

    assert found.message.endswith("is turned off; nothing is left")


PUSH = "MicrosoftAuthenticatorPolicy"


@pytest.mark.parametrize(
    ("also", "left"),
    [
        (method(PUSH), "what is left is deviceBasedPush"),
        (method(PUSH, state="disabled"), "nothing is left"),
        (method(PUSH, "Pilots"), "what is left is deviceBasedPush (not for everybody)"),
        (method(PUSH, exclude=("Pilots",)), "what is left is deviceBasedPush (not for everybody)"),
        (
            method("SmsPolicy"),
            "nothing is left for sure: no document says whether deviceBasedPush can be used",
        ),
    ],
)
def test_what_is_left_is_not_the_method_that_was_taken(
    tenant: Tenant, tmp_path: Path, also: Document, left: str
) -> None:
    documents = [*OURS, strength("Two", "fido2", "deviceBasedPush"), asks("Two"), also]
    settle(folder(tmp_path, [*documents, keys()]), tenant)
    planned = plan(folder(tmp_path, [*documents, keys(exclude=("Pilots",))]), tenant)

    said = f"Fido2Policy, which 'Two' accepts, is no longer for Pilots; {left}"
    assert finding(planned, "tightens-strength").message.endswith(said)


def test_every_method_that_goes_is_named(tenant: Tenant, tmp_path: Path) -> None:
    kinds = ("MicrosoftAuthenticatorPolicy", "X509CertificatePolicy")
    had = [asks("Passwordless MFA"), keys(), *map(method, kinds)]
    has = [had[0], keys(state="disabled"), *(method(kind, state="disabled") for kind in kinds)]

    assert braked(tmp_path, tenant, had, has) == BRAKE * 3


@pytest.mark.parametrize(
    ("had", "has", "said"),
    [
        (keys(), keys("Pilots"), "is no longer for all users"),
        (keys("Pilots", "Others"), keys("Others"), "is no longer for Pilots"),
        (keys(), keys(exclude=("Pilots",)), "is no longer for Pilots"),
    ],
)
def test_a_method_that_is_for_fewer(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document, said: str
) -> None:
    settle(folder(tmp_path, [*OURS, asks(), had]), tenant)
    planned = plan(folder(tmp_path, [*OURS, asks(), has]), tenant)

    assert said in finding(planned, "tightens-strength").message


@pytest.mark.parametrize(
    ("had", "has"),
    [
        (keys("Pilots"), keys()),
        (keys("Pilots"), keys("Pilots", "Others")),
        (keys(state="disabled"), keys("Pilots", state="disabled")),
        (keys(), keys()),
        (method("SmsPolicy"), method("SmsPolicy", state="disabled")),
    ],
)
def test_what_takes_nothing_from_the_strength(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document
) -> None:
    assert braked(tmp_path, tenant, [*OURS, asks(), had], [*OURS, asks(), has]) == []


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({"includeGroups": ["Pilots"]}, BRAKE),
        ({"includeGroups": ["Outer"]}, BRAKE),
        ({"includeGroups": ["Others"]}, []),
        ({"includeRoles": ["Global Administrator"]}, BRAKE),
    ],
)
def test_it_matters_to_whom_the_policy_may_reach(
    tenant: Tenant, tmp_path: Path, users: dict[str, Any], expected: list[str]
) -> None:
    documents = [*OURS, asks(**users)]

    assert braked(tmp_path, tenant, [*documents, keys("Pilots")], [*documents, keys(state="disabled")]) == (
        expected
    )


@pytest.mark.parametrize("reached", ["Pilots", "Outer"])
def test_whose_group_keeps_it_loses_nothing(tenant: Tenant, tmp_path: Path, reached: str) -> None:
    """From everybody to a group: enough for those whom the policy names by that group, or by one in it."""
    documents = [*OURS, asks(includeGroups=[reached])]

    assert braked(tmp_path, tenant, [*documents, keys()], [*documents, keys("Outer")]) == []
    assert braked(tmp_path, tenant, [*documents, keys()], [*documents, keys("Others")]) == BRAKE


def test_an_exclusion_goes_before_what_keeps_it(tenant: Tenant, tmp_path: Path) -> None:
    documents = [*OURS, asks(includeGroups=["Outer"])]

    assert braked(tmp_path, tenant, [*documents, keys()], [*documents, keys(exclude=("Pilots",))]) == BRAKE


def test_a_group_inside_of_the_one_that_loses_it(tenant: Tenant, tmp_path: Path) -> None:
    documents = [*OURS, asks(includeGroups=["Pilots"])]

    assert (
        braked(tmp_path, tenant, [*documents, keys("Outer")], [*documents, keys(state="disabled")]) == BRAKE
    )


TRUSTED_DEVICE = policy(
    "P", only={"grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]}}
)


@pytest.mark.parametrize("policies", [[TRUSTED_DEVICE], [asks(state="disabled")]])
def test_only_enforced_strengths_feel_it(tenant: Tenant, tmp_path: Path, policies: list[Document]) -> None:
    assert braked(tmp_path, tenant, [*policies, keys()], [*policies, keys(state="disabled")]) == []


@pytest.mark.parametrize(
    ("also", "expected"),
    [
        (group("Empty", []), BRAKE),
        (method(PUSH), []),
        (method(PUSH, state="disabled"), BRAKE),
        (method(PUSH, "Pilots"), BRAKE),
        (method(PUSH, exclude=("Pilots",)), BRAKE),
        (method("EmailPolicy"), BRAKE),
    ],
)
def test_mfa_needs_one_method_that_is_sure_to_be_on(
    tenant: Tenant, tmp_path: Path, also: Document, expected: list[str]
) -> None:
    documents = [*OURS, policy("P"), also]

    assert (braked(tmp_path, tenant, [*documents, keys()], [*documents, keys(state="disabled")])) == expected


def test_mfa_with_nothing_left_says_what_may_be(tenant: Tenant, tmp_path: Path) -> None:
    documents = [policy("P"), method(PUSH, state="disabled")]
    settle(folder(tmp_path, [*documents, keys()]), tenant)
    found = finding(plan(folder(tmp_path, [*documents, keys(state="disabled")]), tenant), "tightens-strength")

    assert found.message == (
        "ConditionalAccessPolicy/P, which is enforced, would ask for more: Fido2Policy, which 'mfa' accepts, "
        "is turned off; what is left is hardwareOath, windowsHelloForBusiness; no document says whether sms, "
        "softwareOath, voice, x509CertificateMultiFactor, x509CertificateSingleFactor can be used"
    )


def pushes(mode: str) -> Document:
    spec = {"state": "enabled", "includeTargets": [{"id": "all_users", "authenticationMode": mode}]}
    return {"kind": PUSH, "spec": spec}


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        ("any", "push", BRAKE),
        ("deviceBasedPush", "push", BRAKE),
        ("any", "deviceBasedPush", []),
        ("push", "any", []),
    ],
)
def test_the_authenticator_without_signing_in_by_it(
    tenant: Tenant, tmp_path: Path, had: str, has: str, expected: list[str]
) -> None:
    asked = asks("Passwordless MFA")

    assert braked(tmp_path, tenant, [asked, pushes(had)], [asked, pushes(has)]) == expected


def test_which_way_of_the_authenticator_goes_is_said(tenant: Tenant, tmp_path: Path) -> None:
    asked = asks("Passwordless MFA")
    settle(folder(tmp_path, [asked, pushes("any")]), tenant)
    found = finding(plan(folder(tmp_path, [asked, pushes("push")]), tenant), "tightens-strength")

    assert "accepts, is no longer for all users (deviceBasedPush); what is left is win" in found.message


MODEL = "90a3ccdf-635c-4729-a248-9b709135078f"


@pytest.mark.parametrize("groups", [(), ("Pilots",)])
def test_keys_that_are_admitted_no_more(tenant: Tenant, tmp_path: Path, groups: tuple[str, ...]) -> None:
    had = keys(*groups)
    only = {"isEnforced": True, "enforcementType": "allow", "aaGuids": [MODEL]}
    has = {**had, "spec": {**had["spec"], "keyRestrictions": only}}
    settle(folder(tmp_path, [*OURS, asks(includeGroups=["Pilots"]), had]), tenant)
    planned = plan(folder(tmp_path, [*OURS, asks(includeGroups=["Pilots"]), has]), tenant)

    said = f"accepts, admits no keys but those of {MODEL}; what is left is fido2"
    assert said in finding(planned, "tightens-strength").message


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (("temporaryAccessPassMultiUse",), BRAKE),
        (("temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"), []),
    ],
)
def test_passes_that_all_become_one_time(
    tenant: Tenant, tmp_path: Path, accepted: tuple[str, ...], expected: list[str]
) -> None:
    def passes(is_once: bool) -> Document:
        spec = {"state": "enabled", "isUsableOnce": is_once, "includeTargets": ["all_users"]}
        return {"kind": "TemporaryAccessPassPolicy", "spec": spec}

    others = [strength("Start", *accepted), asks("Start")]

    assert braked(tmp_path, tenant, [*others, passes(False)], [*others, passes(True)]) == expected
    assert braked(tmp_path / "back", tenant, [*others, passes(True)], [*others, passes(False)]) == []


def test_policies_that_no_document_declares_feel_it_too(tenant: Tenant, tmp_path: Path) -> None:
    assert braked(tmp_path, tenant, [asks(), keys()], [keys(state="disabled")]) == BRAKE


@pytest.mark.parametrize("place", [POLICIES, LOCATIONS])
def test_a_plan_goes_on_where_policies_may_not_be_read(tenant: Tenant, tmp_path: Path, place: str) -> None:
    settle(folder(tmp_path, [asks(), keys()]), tenant)
    tenant.misbehaviour = replace(tenant.misbehaviour, forbidden=(place,))

    planned = plan(folder(tmp_path, [keys(state="disabled")]), tenant)

    assert actions(planned) == {"Fido2Policy": "update"}
    assert ("policies-not-read" in rules(planned, "warning")) == (place == POLICIES)
    assert rules(planned) == ([] if place == POLICIES else BRAKE)
    assert rules(planned, "note").count("not-read") == (place == LOCATIONS)
