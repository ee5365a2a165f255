"""The schemas against Graph's own: what Graph can store, a document can say, or the reason stands here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.model import JsonObject

EXCERPT = Path(__file__).parents[1].parent / "shared" / "schema-v1-excerpt.txt"

ROOTS = {
    "conditionalAccessPolicy": "ConditionalAccessPolicy",
    "ipNamedLocation": "NamedLocation",
    "countryNamedLocation": "NamedLocation",
    "authenticationStrengthPolicy": "AuthenticationStrength",
    "authenticationContextClassReference": "AuthenticationContext",
    "authenticationMethodsPolicy": "AuthenticationMethodsPolicy",
    "emailAuthenticationMethodConfiguration": "EmailPolicy",
    "externalAuthenticationMethodConfiguration": "ExternalAuthenticationMethod",
    "fido2AuthenticationMethodConfiguration": "Fido2Policy",
    "microsoftAuthenticatorAuthenticationMethodConfiguration": "MicrosoftAuthenticatorPolicy",
    "qrCodePinAuthenticationMethodConfiguration": "QRCodePinPolicy",
    "smsAuthenticationMethodConfiguration": "SmsPolicy",
    "softwareOathAuthenticationMethodConfiguration": "SoftwareOathPolicy",
    "temporaryAccessPassAuthenticationMethodConfiguration": "TemporaryAccessPassPolicy",
    "verifiableCredentialsAuthenticationMethodConfiguration": "VerifiableCredentialsPolicy",
    "voiceAuthenticationMethodConfiguration": "VoicePolicy",
    "x509CertificateAuthenticationMethodConfiguration": "X509CertificatePolicy",
}

PLACEHOLDER = "stands for members the client did not ask to see; writing it back is refused (1007)"
EXCEPTIONS = {
    "authenticationCombinationConfiguration.appliesToCombinations=unknownFutureValue": PLACEHOLDER,
    "authenticationMethodFeatureConfiguration.state=unknownFutureValue": PLACEHOLDER,
    "authenticationMethodTarget.targetType=unknownFutureValue": PLACEHOLDER,
    "authenticationMethodsPolicy.policyMigrationState=unknownFutureValue": PLACEHOLDER,
    "authenticationMethodsRegistrationCampaign.state=unknownFutureValue": PLACEHOLDER,
    "authenticationMethodsRegistrationCampaignIncludeTarget.targetType=unknownFutureValue": PLACEHOLDER,
    "authenticationStrengthPolicy.allowedCombinations=unknownFutureValue": PLACEHOLDER,
    "cloudAppSecuritySessionControl.cloudAppSecurityType=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessAuthenticationFlows.transferMethods=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessConditionSet.clientAppTypes=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessConditionSet.insiderRiskLevels=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessConditionSet.servicePrincipalRiskLevels=hidden": "workloads have no hidden risk",
    "conditionalAccessConditionSet.servicePrincipalRiskLevels=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessConditionSet.signInRiskLevels=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessConditionSet.userRiskLevels=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessExternalTenants.membershipKind=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessGrantControls.builtInControls=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessGuestsOrExternalUsers.guestOrExternalUserTypes=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessPlatforms.excludePlatforms=unknownFutureValue": PLACEHOLDER,
    "conditionalAccessPlatforms.includePlatforms=unknownFutureValue": PLACEHOLDER,
    "countryNamedLocation.countryLookupMethod=unknownFutureValue": PLACEHOLDER,
    "emailAuthenticationMethodConfiguration.allowExternalIdToUseEmailOtp=unknownFutureValue": PLACEHOLDER,
    "excludeTarget.targetType=unknownFutureValue": PLACEHOLDER,
    "featureTarget.targetType=unknownFutureValue": PLACEHOLDER,
    "fido2KeyRestrictions.enforcementType=unknownFutureValue": PLACEHOLDER,
    "passkeyProfile.attestationEnforcement=unknownFutureValue": PLACEHOLDER,
    "passkeyProfile.passkeyTypes=unknownFutureValue": PLACEHOLDER,
    "signInFrequencySessionControl.authenticationType=unknownFutureValue": PLACEHOLDER,
    "signInFrequencySessionControl.frequencyInterval=unknownFutureValue": PLACEHOLDER,
}


@dataclass(frozen=True, slots=True)
class GraphType:
    """An entity, complex or enum type: properties with their types, or members."""

    base: str = ""
    is_abstract: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def types() -> dict[str, GraphType]:
    if not EXCERPT.is_file():
        pytest.skip("the excerpt of Graph's schema is not beside this checkout")
    return parse(EXCERPT.read_text(encoding="utf-8"))


def test_every_property_and_member_can_be_written(types: dict[str, GraphType]) -> None:
    missing = {gap for root, kind in ROOTS.items() for gap in gaps(types, root, schema.read(kind))}

    assert missing - EXCEPTIONS.keys() == set()


def test_no_exception_is_stale(types: dict[str, GraphType]) -> None:
    missing = {gap for root, kind in ROOTS.items() for gap in gaps(types, root, schema.read(kind))}

    assert EXCEPTIONS.keys() - missing == set()


def test_a_property_that_is_taken_away_is_noticed(types: dict[str, GraphType]) -> None:
    kind = schema.read("NamedLocation")
    properties = cast(JsonObject, kind["properties"])
    poorer: JsonObject = {
        **kind,
        "properties": {key: properties[key] for key in properties if key != "isTrusted"},
    }

    assert list(gaps(types, "ipNamedLocation", poorer)) == ["ipNamedLocation.isTrusted"]


def parse(text: str) -> dict[str, GraphType]:
    """The types of the excerpt, by name without namespace."""
    types: dict[str, GraphType] = {}
    header = re.compile(r"## \w+Type microsoft\.graph\.(\w+)(?:.* base=graph\.(\w+))?")
    current = GraphType()
    for line in text.splitlines():
        if line.startswith("##"):
            found = header.match(line)
            current = GraphType(found[2] or "", "abstract=true" in line) if found else GraphType()
            if found:
                types[found[1]] = current
        elif member := re.match(r"\s+(\w+) = \d+$", line):
            current.members.append(member[1])
        elif entry := re.match(r"\s+(?:nav\s+)?(\w+) : (\S+)", line):
            current.properties[entry[1]] = entry[2]
    return types


def gaps(types: dict[str, GraphType], name: str, node: JsonObject) -> Iterator[str]:
    """What `name` has and `node` cannot say, as type.property or type.property=member."""
    known = cast("dict[str, JsonObject]", node.get("properties", {}))
    if types[name].is_abstract:
        yield from without_annotation(types, name, known)
    for variant in family(types, name):
        for key, type_name in types[variant].properties.items():
            if key not in known:
                yield f"{variant}.{key}"
            elif known[key].get("readOnly") is not True:
                below = re.sub(r"^Collection\((.*)\)$", r"\1", type_name).removeprefix("graph.")
                yield from below_property(types, f"{variant}.{key}", below, known[key])


def below_property(types: dict[str, GraphType], path: str, name: str, node: JsonObject) -> Iterator[str]:
    if name not in types:
        return
    if types[name].members:
        in_list = "items" in node
        accepts = Draft202012Validator(node).is_valid
        yield from (f"{path}={m}" for m in types[name].members if not accepts([m] if in_list else m))
    else:
        items = node.get("items")
        yield from gaps(types, name, items if isinstance(items, dict) else node)


def family(types: dict[str, GraphType], name: str) -> Iterator[str]:
    """The type, what it inherits from, and, if it is abstract, what it can be."""
    yield name
    if types[name].is_abstract:
        yield from (other for other, derived in types.items() if derived.base == name)
    base = types[name].base
    while base in types:
        yield base
        base = types[base].base


def without_annotation(types: dict[str, GraphType], name: str, known: dict[str, JsonObject]) -> Iterator[str]:
    accepts = Draft202012Validator(known.get("@odata.type", {"enum": []})).is_valid
    for other, derived in types.items():
        if derived.base == name and not accepts(f"#microsoft.graph.{other}"):
            yield f"{name}=#microsoft.graph.{other}"
