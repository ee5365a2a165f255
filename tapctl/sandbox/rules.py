"""What Graph refuses in a Conditional Access policy. Pure: bodies in, RefusedError or nothing out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tapctl.sandbox.check import MismatchError, check_body
from tapctl.sandbox.values import Json, JsonObject, RefusedError, bad_request, forbidden

POST_PAGE = (
    "https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies?view=graph-rest-1.0"
)
PATCH_PAGE = "https://docs.microsoft.com/en-us/graph/api/conditionalaccesspolicy-update?view=graph-rest-1.0"
SECURITY_DEFAULTS_ON = (
    "Security Defaults is enabled in the tenant. You must disable Security defaults before enabling"
    " a Conditional Access policy."
)
NOT_LICENSED = "Your tenant is not licensed for this feature. Please upgrade your subscription to access it."
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
MFA_TRUSTED_IPS = "00000000-0000-0000-0000-000000000000"  # a legacy location that no list shows
USER_ACTIONS = ("urn:user:registersecurityinfo", "urn:user:registerdevice")
SUITES = ("Office365", "MicrosoftAdminPortals")


@dataclass(frozen=True, slots=True)
class Place:
    """A list of ids in a policy: what they are the ids of, and Graph's own words that may stand there."""

    block: str
    name: str
    refers_to: str
    words: tuple[str, ...] = ()


PLACES = (
    Place("users", "includeUsers", "user", ("All", "None", "GuestsOrExternalUsers")),
    Place("users", "excludeUsers", "user", ("GuestsOrExternalUsers",)),
    Place("users", "includeGroups", "group"),
    Place("users", "excludeGroups", "group"),
    Place("users", "includeRoles", "role template"),
    Place("users", "excludeRoles", "role template"),
    Place("applications", "includeApplications", "application", ("All", "None", *SUITES)),
    Place("applications", "excludeApplications", "application", SUITES),
    Place("applications", "includeUserActions", "user action", USER_ACTIONS),
    Place("applications", "includeAuthenticationContextClassReferences", "authentication context"),
    Place("locations", "includeLocations", "named location", ("All", "AllTrusted", MFA_TRUSTED_IPS)),
    Place("locations", "excludeLocations", "named location", ("AllTrusted", MFA_TRUSTED_IPS)),
    Place(
        "clientApplications",
        "includeServicePrincipals",
        "service principal",
        ("ServicePrincipalsInMyTenant",),
    ),
    Place("clientApplications", "excludeServicePrincipals", "service principal"),
)
INCLUDES = ("includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers")
TARGETS = ("includeApplications", "includeUserActions", "includeAuthenticationContextClassReferences")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the tenant looks like around the policy."""

    known: Callable[[str], Collection[str]]  # kind of reference → lower-case ids there are
    is_word: Callable[[str, str], bool]  # kind of reference, text → whether this service takes it for a word
    is_licensed: bool
    has_security_defaults: bool


def check_policy_shape(
    body: Json, *, is_new: bool, learned: Callable[[], Collection[str]] = tuple
) -> JsonObject:
    """`learned` says what this service has beyond v1.0 (see newer.py)."""
    try:
        return check_body(body, "conditionalAccessPolicy", learned)
    except MismatchError as error:
        raise schema_mismatch(error, POST_PAGE if is_new else PATCH_PAGE) from error


def schema_mismatch(error: MismatchError, page: str) -> RefusedError:
    """Graph does not say where the body is wrong; the sandbox does, outside the documented text."""
    message = (
        "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of"
        f" ConditionalAccessPolicy type. For examples, please see API documentation at {page}."
    )
    return RefusedError(400, "BadRequest", message, inner={"sandbox": str(error)})


def check_policy(
    body: JsonObject, before: JsonObject | None, after: JsonObject, around: Circumstances
) -> None:
    """`body` is what was sent, `after` what the policy would be."""
    if not around.is_licensed:
        raise forbidden(NOT_LICENSED)
    if before is None:
        _check_is_whole(body)
    _check_sent_blocks(body.get("conditions") or {})
    if before is None or {"grantControls", "sessionControls"} & body.keys():
        _check_controls(after)
    if body.keys() & {"conditions", "grantControls"}:
        _check_device_registration(after)
    _check_session(body.get("sessionControls"))
    _check_guests(body.get("conditions") or {})
    _check_references(before, after, around)
    if body.get("state") == "enabled" and around.has_security_defaults:
        raise bad_request(SECURITY_DEFAULTS_ON)


def _check_is_whole(policy: JsonObject) -> None:
    for name in ("displayName", "state", "conditions"):
        if not policy.get(name):
            raise bad_request(f"A Conditional Access policy needs {name}.")
    conditions = policy["conditions"]
    if not _has_any(conditions.get("applications"), TARGETS):
        raise bad_request(
            "A Conditional Access policy needs an application rule; 'None' is the word for none."
        )
    if not _has_any(conditions.get("users"), INCLUDES) and not conditions.get("clientApplications"):
        raise bad_request("A Conditional Access policy needs a user rule; 'None' is the word for none.")


def _check_sent_blocks(conditions: JsonObject) -> None:
    """A part may be left out of an update, which wipes it; sent without content it is refused."""
    if conditions.get("clientAppTypes") == []:
        raise bad_request(
            "1064: 'clientAppTypes' condition does not support []. If you want to target all client apps, use"
            " ['All']. If you want to target modern authentication clients, use"
            " ['browser', 'mobileAppsAndDesktopClients']. For examples, please see API documentation at"
            f" {POST_PAGE}."
        )
    is_for_people = "users" in conditions and not conditions.get("clientApplications")
    if is_for_people and not _has_any(conditions["users"], INCLUDES):
        raise bad_request("The users condition includes nobody; 'None' is the word for that.")
    if "applications" in conditions and not _has_any(conditions["applications"], TARGETS):
        raise bad_request("The applications condition includes nothing; 'None' is the word for that.")


def _has_any(block: JsonObject | None, names: tuple[str, ...]) -> bool:
    return any((block or {}).get(name) for name in names)


def _check_controls(policy: JsonObject) -> None:
    grant = policy.get("grantControls") or {}
    built_in = grant.get("builtInControls") or []
    strength = grant.get("authenticationStrength")
    if not controls_of(grant) and not policy.get("sessionControls"):
        raise bad_request("A Conditional Access policy needs a grant control or a session control.")
    if grant and not controls_of(grant):
        raise bad_request("grantControls holds no control; send null to have none.")
    if "mfa" in built_in and strength:
        raise bad_request(
            "1108: The built-in control 'mfa' and an authentication strength cannot be used in one policy."
        )
    if "block" in built_in and len(controls_of(grant)) > 1:
        raise bad_request("The control 'block' cannot be combined with another grant control.")
    if "passwordChange" in built_in:
        _check_password_change(policy, grant)


def controls_of(grant: JsonObject) -> list[Json]:
    """Every single control that a grant block asks for."""
    lists = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
    found = [control for name in lists for control in grant.get(name) or []]
    return found + [strength for strength in [grant.get("authenticationStrength")] if strength]


def _check_password_change(policy: JsonObject, grant: JsonObject) -> None:
    conditions = policy.get("conditions") or {}
    applications = conditions.get("applications") or {}
    is_right = (
        len(controls_of(grant)) == 2
        and ("mfa" in grant["builtInControls"] or grant.get("authenticationStrength"))
        and grant.get("operator") == "AND"
        and conditions.get("userRiskLevels")
        and applications.get("includeApplications") == ["All"]
        and not applications.get("excludeApplications")
    )
    if not is_right:
        raise bad_request(
            "1032: InvalidPasswordResetControl: passwordChange needs mfa or an authentication strength with"
            " AND, a user risk condition, all applications and no other control."
        )


def _check_session(session: JsonObject | None) -> None:
    if session is None:
        return
    on = [name for name, value in session.items() if isinstance(value, dict) and value.get("isEnabled", True)]
    if not on and session.get("disableResilienceDefaults") is not True:
        raise bad_request("sessionControls has no effect; send null to have none.")
    frequency = session.get("signInFrequency")
    if frequency:
        _check_frequency(frequency, session)


def _check_frequency(frequency: JsonObject, session: JsonObject) -> None:
    if frequency.get("frequencyInterval") == "everyTime":
        if frequency.get("type") is not None or frequency.get("value") is not None:
            raise bad_request("signInFrequency takes neither type nor value with everyTime.")
        if {"applicationEnforcedRestrictions", "disableResilienceDefaults"} & _given(session):
            raise bad_request(
                "everyTime excludes applicationEnforcedRestrictions and disableResilienceDefaults."
            )
    elif frequency.get("isEnabled") and not (frequency.get("type") and (frequency.get("value") or 0) > 0):
        raise bad_request("signInFrequency needs a type and a value above zero.")


def _given(block: JsonObject) -> set[str]:
    return {name for name, value in block.items() if value is not None}


def _check_device_registration(policy: JsonObject) -> None:
    conditions = policy.get("conditions") or {}
    actions = (conditions.get("applications") or {}).get("includeUserActions") or []
    if "urn:user:registerdevice" not in actions:
        return
    controls = controls_of(policy.get("grantControls") or {})
    if any(control != "mfa" and not isinstance(control, dict) for control in controls):
        raise bad_request("Registering a device can only be guarded by mfa or an authentication strength.")
    if conditions.get("clientAppTypes", ["all"]) != ["all"] or conditions.get("devices"):
        raise bad_request("Registering a device knows no condition on client apps or devices.")


def _check_guests(conditions: JsonObject) -> None:
    users = conditions.get("users") or {}
    for name in ("includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"):
        guests = users.get(name)
        if guests and not guests.get("guestOrExternalUserTypes"):
            raise bad_request(f"{name} needs guestOrExternalUserTypes.")
        tenants = (guests or {}).get("externalTenants") or {}
        if "Enumerated" in tenants.get("@odata.type", "") and not tenants.get("members"):
            raise bad_request("Enumerated external tenants need members.")


def _check_references(before: JsonObject | None, after: JsonObject, around: Circumstances) -> None:
    """Ids that the policy held already are left alone, whether or not they still lead anywhere."""
    held = set(references(before)) if before else set()
    for kind, identifier in references(after):
        if (kind, identifier) not in held and not _is_known(kind, identifier, around):
            raise bad_request(f"Invalid reference: there is no {kind} '{identifier}'.")


def _is_known(kind: str, identifier: str, around: Circumstances) -> bool:
    if kind == "application" and identifier == MICROSOFT_GRAPH:
        return False  # it exists, and cannot be targeted
    return identifier.lower() in around.known(kind) or around.is_word(kind, identifier)


def references(policy: JsonObject) -> Iterator[tuple[str, str]]:
    """What a policy refers to: kinds and ids."""
    conditions = policy.get("conditions") or {}
    for place in PLACES:
        block = conditions.get(place.block)
        values = block.get(place.name) if isinstance(block, dict) else None
        yield from ((place.refers_to, value) for value in values or [] if value not in place.words)
    grant = policy.get("grantControls") or {}
    yield from (("terms of use", value) for value in grant.get("termsOfUse") or [])
    if grant.get("authenticationStrength"):
        yield "authentication strength", grant["authenticationStrength"].get("id", "")
