"""The authentication methods policy of a tenant that nobody has touched. Pure data."""

from __future__ import annotations

from collections.abc import Mapping

from tapctl.sandbox.values import Json, JsonObject

EVERYONE: JsonObject = {"targetType": "group", "id": "all_users", "isRegistrationRequired": False}
UNUSED_TARGET = "00000000-0000-0000-0000-000000000000"


def _feature() -> JsonObject:
    return {
        "state": "default",
        "includeTarget": {"targetType": "group", "id": "all_users"},
        "excludeTarget": {"targetType": "group", "id": UNUSED_TARGET},
    }


def _configuration(identifier: str, kind: str, target: JsonObject, **properties: Json) -> JsonObject:
    return {
        "@odata.type": f"#microsoft.graph.{kind}AuthenticationMethodConfiguration",
        "id": identifier,
        "state": "disabled",
        "excludeTargets": [],
        **properties,
        "includeTargets": [EVERYONE | target],
    }


CONFIGURATIONS: Mapping[str, JsonObject] = {
    item["id"].lower(): item
    for item in (
        _configuration(
            "Fido2",
            "fido2",
            {"allowedPasskeyProfiles": []},
            isSelfServiceRegistrationAllowed=True,
            isAttestationEnforced=False,
            keyRestrictions={"isEnforced": False, "enforcementType": "block", "aaGuids": []},
            defaultPasskeyProfile=None,
            passkeyProfiles=[],
        ),
        _configuration(
            "MicrosoftAuthenticator",
            "microsoftAuthenticator",
            {"authenticationMode": "any"},
            isSoftwareOathEnabled=False,
            featureSettings={
                "displayAppInformationRequiredState": _feature(),
                "displayLocationInformationRequiredState": _feature(),
            },
        ),
        _configuration("Sms", "sms", {"isUsableForSignIn": True}),
        _configuration(
            "TemporaryAccessPass",
            "temporaryAccessPass",
            {},
            defaultLifetimeInMinutes=60,
            defaultLength=8,
            minimumLifetimeInMinutes=60,
            maximumLifetimeInMinutes=480,
            isUsableOnce=False,
        ),
        _configuration("SoftwareOath", "softwareOath", {}),
        _configuration("Voice", "voice", {}, isOfficePhoneAllowed=False),
        _configuration("Email", "email", {}, allowExternalIdToUseEmailOtp="default"),
        _configuration(
            "X509Certificate",
            "x509Certificate",
            {},
            certificateUserBindings=[
                {
                    "x509CertificateField": "PrincipalName",
                    "userProperty": "userPrincipalName",
                    "priority": 1,
                    "trustAffinityLevel": "low",
                }
            ],
            authenticationModeConfiguration={
                "x509CertificateAuthenticationDefaultMode": "x509CertificateSingleFactor",
                "x509CertificateDefaultRequiredAffinityLevel": "low",
                "rules": [],
            },
            issuerHintsConfiguration={"state": "disabled"},
            crlValidationConfiguration={
                "state": "disabled",
                "exemptedCertificateAuthoritiesSubjectKeyIdentifiers": [],
            },
            certificateAuthorityScopes=[],
        ),
        _configuration("QRCodePin", "qrCodePin", {}, pinLength=8, standardQRCodeLifetimeInDays=365),
        _configuration("VerifiableCredentials", "verifiableCredentials", {"verifiedIdProfiles": []}),
    )
}

POLICY: JsonObject = {
    "id": "authenticationMethodsPolicy",
    "displayName": "Authentication Methods Policy",
    "description": "Which methods the tenant's people may use, and which of them they have to register.",
    "lastModifiedDateTime": "2024-01-01T00:00:00Z",
    "policyVersion": "1.5",
    "policyMigrationState": "migrationComplete",
    "reconfirmationInDays": None,
    "registrationEnforcement": {
        "authenticationMethodsRegistrationCampaign": {
            "snoozeDurationInDays": 1,
            "state": "default",
            "excludeTargets": [],
            "includeTargets": [
                {
                    "id": "all_users",
                    "targetType": "group",
                    "targetedAuthenticationMethod": "microsoftAuthenticator",
                }
            ],
        }
    },
}
