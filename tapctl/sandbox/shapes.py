"""The shapes that Graph v1.0 accepts in request bodies, in a notation that check.py reads.

`-x` is read-only, `x[]` a list, `x!` refuses null, `int(1..5)` has a range. A name stands for a scalar, an
enum, a set of flags (one comma-separated text) or another shape; `name(reference)` is `name` by its id alone.
"""

from __future__ import annotations

from collections.abc import Mapping

ENUMS: Mapping[str, tuple[str, ...]] = {
    name: tuple(members.split())
    for name, members in {
        "policyState": "enabled disabled enabledForReportingButNotEnforced",
        "clientApp": "all browser mobileAppsAndDesktopClients exchangeActiveSync easSupported other",
        "platform": "android iOS windows windowsPhone macOS all linux",
        "riskLevel": "low medium high hidden none",
        "grantControl": "block mfa compliantDevice domainJoinedDevice approvedApplication"
        " compliantApplication passwordChange riskRemediation",
        "operator": "AND OR",
        "filterMode": "include exclude",
        "allTenants": "all",
        "enumeratedTenants": "enumerated",
        "cloudAppSecurityType": "mcasConfigured monitorOnly blockDownloads",
        "browserMode": "always never",
        "frequencyType": "days hours",
        "frequencyAuthentication": "primaryAndSecondaryAuthentication secondaryAuthentication",
        "frequencyInterval": "timeBased everyTime",
        "countryLookup": "clientIpAddress authenticatorAppGps",
        "strengthType": "custom",
        "methodState": "enabled disabled",
        "targetType": "user group",
        "advancedState": "default enabled disabled",
        "featureTargetType": "group administrativeUnit role",
        "migrationState": "preMigration migrationInProgress migrationComplete",
        "keyEnforcement": "allow block",
        "attestation": "disabled registrationOnly",
        "authenticatorMode": "deviceBasedPush push any",
        "certificateMode": "x509CertificateSingleFactor x509CertificateMultiFactor",
        "affinity": "low high",
        "certificateRule": "issuerSubject policyOID issuerSubjectAndPolicyOID",
        "processingState": "On Paused",
    }.items()
}

# In Graph's own order, which is the order of its answers.
FLAGS: Mapping[str, tuple[str, ...]] = {
    name: tuple(members.split())
    for name, members in {
        "guestTypes": "none internalGuest b2bCollaborationGuest b2bCollaborationMember b2bDirectConnectUser"
        " otherExternalUser serviceProvider",
        "insiderRisk": "minor moderate elevated",
        "transferMethods": "none deviceCodeFlow authenticationTransfer",
        "requirements": "none mfa",
        "passkeyTypes": "deviceBound synced",
        "methodModes": "password voice hardwareOath softwareOath sms fido2 windowsHelloForBusiness"
        " microsoftAuthenticatorPush deviceBasedPush temporaryAccessPassOneTime temporaryAccessPassMultiUse"
        " email x509CertificateSingleFactor x509CertificateMultiFactor federatedSingleFactor"
        " federatedMultiFactor qrCodePin",
    }.items()
}

# Abstract types: `@odata.type` has to say which of these is meant.
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "ipRange": ("iPv4CidrRange", "iPv6CidrRange"),
    "conditionalAccessExternalTenants": (
        "conditionalAccessAllExternalTenants",
        "conditionalAccessEnumeratedExternalTenants",
    ),
    "namedLocation": ("ipNamedLocation", "countryNamedLocation"),
    "authenticationCombinationConfiguration": (
        "fido2CombinationConfiguration",
        "x509CertificateCombinationConfiguration",
    ),
}

_DELETABLE = {
    "id": "-text",
    "createdDateTime": "-time",
    "modifiedDateTime": "-time",
    "deletedDateTime": "-time",
}
_METHOD = {"id": "text", "state": "methodState", "excludeTargets": "excludeTarget[]"}
_TARGET = {"id": "text!", "targetType": "targetType!", "isRegistrationRequired": "bool!"}
_ENABLED = {"isEnabled": "bool"}

SHAPES: Mapping[str, Mapping[str, str]] = {
    "conditionalAccessPolicy": _DELETABLE
    | {
        "displayName": "text!",
        "description": "text",
        "state": "policyState!",
        "templateId": "-text",
        "conditions": "conditionalAccessConditionSet!",
        "grantControls": "conditionalAccessGrantControls",
        "sessionControls": "conditionalAccessSessionControls",
    },
    "conditionalAccessConditionSet": {
        "clientAppTypes": "clientApp[]!",
        "users": "conditionalAccessUsers",
        "applications": "conditionalAccessApplications",
        "platforms": "conditionalAccessPlatforms",
        "locations": "conditionalAccessLocations",
        "devices": "conditionalAccessDevices",
        "signInRiskLevels": "riskLevel[]!",
        "userRiskLevels": "riskLevel[]!",
        "servicePrincipalRiskLevels": "riskLevel[]!",
        # These two are nullable in the schema, and have been refused as null (seen 2025).
        "insiderRiskLevels": "insiderRisk!",
        "clientApplications": "conditionalAccessClientApplications!",
        "authenticationFlows": "conditionalAccessAuthenticationFlows",
    },
    "conditionalAccessUsers": {
        "includeUsers": "text[]!",
        "excludeUsers": "text[]!",
        "includeGroups": "text[]!",
        "excludeGroups": "text[]!",
        "includeRoles": "text[]!",
        "excludeRoles": "text[]!",
        "includeGuestsOrExternalUsers": "conditionalAccessGuestsOrExternalUsers",
        "excludeGuestsOrExternalUsers": "conditionalAccessGuestsOrExternalUsers",
    },
    "conditionalAccessGuestsOrExternalUsers": {
        "guestOrExternalUserTypes": "guestTypes!",
        "externalTenants": "conditionalAccessExternalTenants",
    },
    "conditionalAccessAllExternalTenants": {"membershipKind": "allTenants"},
    "conditionalAccessEnumeratedExternalTenants": {
        "membershipKind": "enumeratedTenants",
        "members": "guid[]!",
    },
    "conditionalAccessApplications": {
        "includeApplications": "text[]!",
        "excludeApplications": "text[]!",
        "includeUserActions": "text[]!",
        "includeAuthenticationContextClassReferences": "text[]!",
        "applicationFilter": "conditionalAccessFilter",
    },
    "conditionalAccessFilter": {"mode": "filterMode!", "rule": "text!"},
    "conditionalAccessPlatforms": {"includePlatforms": "platform[]!", "excludePlatforms": "platform[]!"},
    "conditionalAccessLocations": {"includeLocations": "text[]!", "excludeLocations": "text[]!"},
    "conditionalAccessDevices": {"deviceFilter": "conditionalAccessFilter"},
    "conditionalAccessClientApplications": {
        "includeServicePrincipals": "text[]!",
        "excludeServicePrincipals": "text[]!",
        "servicePrincipalFilter": "conditionalAccessFilter",
    },
    "conditionalAccessAuthenticationFlows": {"transferMethods": "transferMethods!"},
    "conditionalAccessGrantControls": {
        "operator": "operator",
        "builtInControls": "grantControl[]!",
        "customAuthenticationFactors": "text[]!",
        "termsOfUse": "text[]!",
        "authenticationStrength": "authenticationStrengthPolicy(reference)",
    },
    "authenticationStrengthPolicy(reference)": {"id": "text!"},
    "conditionalAccessSessionControls": {
        "applicationEnforcedRestrictions": "applicationEnforcedRestrictionsSessionControl",
        "cloudAppSecurity": "cloudAppSecuritySessionControl",
        "persistentBrowser": "persistentBrowserSessionControl",
        "signInFrequency": "signInFrequencySessionControl",
        "secureSignInSession": "secureSignInSessionControl",
        "disableResilienceDefaults": "bool",
    },
    "applicationEnforcedRestrictionsSessionControl": _ENABLED,
    "secureSignInSessionControl": _ENABLED,
    "cloudAppSecuritySessionControl": _ENABLED | {"cloudAppSecurityType": "cloudAppSecurityType"},
    "persistentBrowserSessionControl": _ENABLED | {"mode": "browserMode"},
    "signInFrequencySessionControl": _ENABLED
    | {
        "type": "frequencyType",
        "value": "int",
        "authenticationType": "frequencyAuthentication",
        "frequencyInterval": "frequencyInterval",
    },
    "ipNamedLocation": _DELETABLE | {"displayName": "text!", "isTrusted": "bool!", "ipRanges": "ipRange[]!"},
    "iPv4CidrRange": {"cidrAddress": "text!"},
    "iPv6CidrRange": {"cidrAddress": "text!"},
    "countryNamedLocation": _DELETABLE
    | {
        "displayName": "text!",
        "countriesAndRegions": "text[]!",
        "includeUnknownCountriesAndRegions": "bool!",
        "countryLookupMethod": "countryLookup",
    },
    "authenticationContextClassReference": {
        "id": "text",
        "displayName": "text",
        "description": "text",
        "isAvailable": "bool",
    },
    "authenticationStrengthPolicy": {
        "id": "-text",
        "createdDateTime": "-time",
        "modifiedDateTime": "-time",
        "displayName": "text!",
        "description": "text",
        "policyType": "strengthType!",
        "requirementsSatisfied": "requirements!",
        "allowedCombinations": "text[]!",
        "combinationConfigurations": "authenticationCombinationConfiguration[]!",
    },
    "fido2CombinationConfiguration": {
        "id": "-text",
        "appliesToCombinations": "methodModes[]!",
        "allowedAAGUIDs": "guid[]!",
    },
    "x509CertificateCombinationConfiguration": {
        "id": "-text",
        "appliesToCombinations": "methodModes[]!",
        "allowedIssuerSkis": "text[]!",
        "allowedPolicyOIDs": "text[]!",
    },
    "identitySecurityDefaultsEnforcementPolicy": {
        "id": "-text",
        "displayName": "-text",
        "description": "-text",
        "isEnabled": "bool!",
    },
    "authenticationMethodsPolicy": {
        "id": "-text",
        "displayName": "-text",
        "description": "-text",
        "policyVersion": "-text",
        "lastModifiedDateTime": "-time",
        "policyMigrationState": "migrationState",
        "reconfirmationInDays": "int",
        "registrationEnforcement": "registrationEnforcement",
    },
    "registrationEnforcement": {
        "authenticationMethodsRegistrationCampaign": "authenticationMethodsRegistrationCampaign"
    },
    "authenticationMethodsRegistrationCampaign": {
        "state": "advancedState!",
        "snoozeDurationInDays": "int(0..14)!",
        "includeTargets": "authenticationMethodsRegistrationCampaignIncludeTarget[]!",
        "excludeTargets": "excludeTarget[]!",
    },
    "authenticationMethodsRegistrationCampaignIncludeTarget": {
        "id": "text!",
        "targetType": "targetType!",
        "targetedAuthenticationMethod": "text",
    },
    "excludeTarget": {"id": "text!", "targetType": "targetType!"},
    "authenticationMethodTarget": _TARGET,
    "passkeyAuthenticationMethodTarget": _TARGET | {"allowedPasskeyProfiles": "guid[]"},
    "microsoftAuthenticatorAuthenticationMethodTarget": _TARGET
    | {"authenticationMode": "authenticatorMode!"},
    "smsAuthenticationMethodTarget": _TARGET | {"isUsableForSignIn": "bool!"},
    "verifiableCredentialAuthenticationMethodTarget": _TARGET | {"verifiedIdProfiles": "guid[]!"},
    "temporaryAccessPassAuthenticationMethodConfiguration": _METHOD
    | {
        "defaultLength": "int(8..48)",
        "minimumLifetimeInMinutes": "int(10..43200)",
        "maximumLifetimeInMinutes": "int(10..43200)",
        "defaultLifetimeInMinutes": "int(10..43200)",
        "isUsableOnce": "bool",
        "includeTargets": "authenticationMethodTarget[]",
    },
    "fido2AuthenticationMethodConfiguration": _METHOD
    | {
        "isSelfServiceRegistrationAllowed": "bool",
        "isAttestationEnforced": "bool",
        "keyRestrictions": "fido2KeyRestrictions",
        "defaultPasskeyProfile": "text",
        "passkeyProfiles": "passkeyProfile[]",
        "includeTargets": "passkeyAuthenticationMethodTarget[]",
    },
    "fido2KeyRestrictions": {"isEnforced": "bool", "enforcementType": "keyEnforcement", "aaGuids": "guid[]"},
    "passkeyProfile": {
        "id": "guid",
        "name": "text",
        "passkeyTypes": "passkeyTypes",
        "attestationEnforcement": "attestation!",
        "keyRestrictions": "fido2KeyRestrictions",
    },
    "microsoftAuthenticatorAuthenticationMethodConfiguration": _METHOD
    | {
        "isSoftwareOathEnabled": "bool",
        "featureSettings": "microsoftAuthenticatorFeatureSettings",
        "includeTargets": "microsoftAuthenticatorAuthenticationMethodTarget[]",
    },
    "microsoftAuthenticatorFeatureSettings": {
        "displayAppInformationRequiredState": "authenticationMethodFeatureConfiguration",
        "displayLocationInformationRequiredState": "authenticationMethodFeatureConfiguration",
    },
    "authenticationMethodFeatureConfiguration": {
        "state": "advancedState",
        "includeTarget": "featureTarget",
        "excludeTarget": "featureTarget",
    },
    "featureTarget": {"id": "text", "targetType": "featureTargetType"},
    "smsAuthenticationMethodConfiguration": _METHOD | {"includeTargets": "smsAuthenticationMethodTarget[]"},
    "voiceAuthenticationMethodConfiguration": _METHOD
    | {"isOfficePhoneAllowed": "bool", "includeTargets": "authenticationMethodTarget[]"},
    "emailAuthenticationMethodConfiguration": _METHOD
    | {"allowExternalIdToUseEmailOtp": "advancedState", "includeTargets": "authenticationMethodTarget[]"},
    "softwareOathAuthenticationMethodConfiguration": _METHOD
    | {"includeTargets": "authenticationMethodTarget[]"},
    "x509CertificateAuthenticationMethodConfiguration": _METHOD
    | {
        "certificateUserBindings": "x509CertificateUserBinding[]",
        "authenticationModeConfiguration": "x509CertificateAuthenticationModeConfiguration",
        "issuerHintsConfiguration": "x509CertificateIssuerHintsConfiguration",
        "crlValidationConfiguration": "x509CertificateCRLValidationConfiguration!",
        "certificateAuthorityScopes": "x509CertificateAuthorityScope[]",
        "includeTargets": "authenticationMethodTarget[]",
    },
    "x509CertificateUserBinding": {
        "x509CertificateField": "text",
        "userProperty": "text",
        "priority": "int",
        "trustAffinityLevel": "affinity",
    },
    "x509CertificateAuthenticationModeConfiguration": {
        "x509CertificateAuthenticationDefaultMode": "certificateMode",
        "x509CertificateDefaultRequiredAffinityLevel": "affinity",
        "rules": "x509CertificateRule[]",
    },
    "x509CertificateRule": {
        "identifier": "text",
        "issuerSubjectIdentifier": "text",
        "policyOidIdentifier": "text",
        "x509CertificateAuthenticationMode": "certificateMode",
        "x509CertificateRequiredAffinityLevel": "affinity",
        "x509CertificateRuleType": "certificateRule",
    },
    "x509CertificateIssuerHintsConfiguration": {"state": "methodState"},
    "x509CertificateCRLValidationConfiguration": {
        "state": "methodState",
        "exemptedCertificateAuthoritiesSubjectKeyIdentifiers": "text[]",
    },
    "x509CertificateAuthorityScope": {
        "includeTargets": "excludeTarget[]",
        "publicKeyInfrastructureIdentifier": "text",
        "subjectKeyIdentifier": "text",
    },
    "qrCodePinAuthenticationMethodConfiguration": _METHOD
    | {
        "pinLength": "int(8..20)",
        "standardQRCodeLifetimeInDays": "int(1..395)",
        "includeTargets": "authenticationMethodTarget[]",
    },
    "verifiableCredentialsAuthenticationMethodConfiguration": _METHOD
    | {"includeTargets": "verifiableCredentialAuthenticationMethodTarget[]"},
    "externalAuthenticationMethodConfiguration": _METHOD
    | {
        "appId": "guid!",
        "displayName": "text!",
        "openIdConnectSetting": "openIdConnectSetting!",
        "includeTargets": "authenticationMethodTarget[]",
    },
    "openIdConnectSetting": {"clientId": "text!", "discoveryUrl": "text!"},
    "temporaryAccessPassAuthenticationMethod": {
        "id": "-text",
        "temporaryAccessPass": "-text",
        "createdDateTime": "-time",
        "isUsable": "-bool",
        "methodUsabilityReason": "-text",
        "startDateTime": "time",
        "lifetimeInMinutes": "int(10..43200)",
        "isUsableOnce": "bool",
    },
    "group": {
        "id": "-text",
        "createdDateTime": "-time",
        "deletedDateTime": "-time",
        "mail": "-text",
        "proxyAddresses": "-text[]",
        "renewedDateTime": "-time",
        "securityIdentifier": "-text",
        "displayName": "text!",
        "description": "text",
        "groupTypes": "text[]!",
        "isAssignableToRole": "bool",
        "mailEnabled": "bool!",
        "mailNickname": "text!",
        "membershipRule": "text",
        "membershipRuleProcessingState": "processingState",
        "securityEnabled": "bool!",
        "uniqueName": "text",
        "visibility": "text",
        "classification": "text",
        "preferredLanguage": "text",
        "theme": "text",
        "members@odata.bind": "text[]!",
        "owners@odata.bind": "text[]!",
    },
}
