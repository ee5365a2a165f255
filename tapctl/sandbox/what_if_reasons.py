"""Why a policy would not apply to a described sign-in, in the words of conditionalAccessWhatIfReasons."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from tapctl.sandbox.call import Call
from tapctl.sandbox.device_rules import matches
from tapctl.sandbox.tenant import LOCATIONS
from tapctl.sandbox.values import Json, JsonObject

ACTIONS = {
    "registersecurityinformation": "urn:user:registersecurityinfo",
    "registerorjoindevices": "urn:user:registerdevice",
}
OFFICE = frozenset(
    {
        "00000002-0000-0ff1-ce00-000000000000",
        "00000003-0000-0ff1-ce00-000000000000",
        "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
    }
)
DEFAULTS = {"devicePlatform": "all", "clientAppType": "all", "insiderRiskLevel": "none"}
DEFAULTS |= dict.fromkeys(("signInRiskLevel", "userRiskLevel", "servicePrincipalRiskLevel"), "none")
UNKNOWN = "notEnoughInformation"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The request, with what the directory knows of who signs in. All words are in lower case."""

    call: Call
    identifier: str
    is_workload: bool
    guest: str
    home: str
    groups: frozenset[str]
    roles: frozenset[str]
    apps: frozenset[str]
    action: str
    context: str
    conditions: JsonObject

    def word(self, name: str) -> str:
        return str(self.conditions.get(name) or DEFAULTS.get(name, "")).lower()


def reasons_against(sign_in: SignIn, policy: JsonObject) -> Iterator[str]:
    """Why the policy does not apply; nothing if it does."""
    conditions = policy.get("conditions") or {}
    if policy.get("state") == "disabled":
        yield "policyNotEnabled"
    yield from _who(sign_in, conditions)
    yield from _what(sign_in, conditions.get("applications") or {})
    yield from _listed(sign_in, conditions, "clientAppTypes", "clientAppType", "clientApps", everything="all")
    yield from _platform(sign_in, conditions.get("platforms") or {})
    yield from _where(sign_in, conditions.get("locations") or {})
    yield from _listed(sign_in, conditions, "signInRiskLevels", "signInRiskLevel", "signInRisk")
    yield from _listed(sign_in, conditions, "userRiskLevels", "userRiskLevel", "userRisk")
    yield from _listed(sign_in, conditions, "insiderRiskLevels", "insiderRiskLevel", "insiderRisk")
    yield from _flow(sign_in, conditions.get("authenticationFlows") or {})
    yield from _device(sign_in, (conditions.get("devices") or {}).get("deviceFilter") or {})
    risks = _words(conditions.get("servicePrincipalRiskLevels"))
    if risks and sign_in.word("servicePrincipalRiskLevel") not in risks:
        yield UNKNOWN if "servicePrincipalRiskLevel" not in sign_in.conditions else "invalidCondition"


def _words(value: Json) -> list[str]:
    """A list, or flags joined by commas."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(part).strip().lower() for part in parts]


def _who(sign_in: SignIn, conditions: JsonObject) -> Iterator[str]:
    clients = conditions.get("clientApplications") or {}
    if sign_in.is_workload or clients.get("includeServicePrincipals"):
        own = {sign_in.identifier, "serviceprincipalsinmytenant"}
        is_in = sign_in.is_workload and own & {*_words(clients.get("includeServicePrincipals"))}
        if not is_in or sign_in.identifier in _words(clients.get("excludeServicePrincipals")):
            yield "workloadIdentities" if clients else "users"
        return
    users = conditions.get("users") or {}
    if not _names(sign_in, users, "include") or _names(sign_in, users, "exclude"):
        yield "users"


def _names(sign_in: SignIn, users: JsonObject, side: str) -> bool:
    people = _words(users.get(f"{side}Users"))
    guests = users.get(f"{side}GuestsOrExternalUsers") or {}
    return (
        "all" in people
        or sign_in.identifier in people
        or ("guestsorexternalusers" in people and bool(sign_in.guest))
        or not sign_in.groups.isdisjoint(_words(users.get(f"{side}Groups")))
        or not sign_in.roles.isdisjoint(_words(users.get(f"{side}Roles")))
        or _is_guest(sign_in, guests)
    )


def _is_guest(sign_in: SignIn, guests: JsonObject) -> bool:
    tenants = guests.get("externalTenants") or {}
    is_meant = bool(sign_in.guest) and sign_in.guest in _words(guests.get("guestOrExternalUserTypes"))
    return is_meant and (
        tenants.get("membershipKind", "all") == "all" or sign_in.home in _words(tenants.get("members"))
    )


def _what(sign_in: SignIn, applications: JsonObject) -> Iterator[str]:
    included = _words(applications.get("includeApplications"))
    if sign_in.action:
        reaches_all = sign_in.action == ACTIONS["registersecurityinformation"] and "all" in included
        if not reaches_all and sign_in.action not in _words(applications.get("includeUserActions")):
            yield "userActions"
    elif sign_in.context:
        contexts = applications.get("includeAuthenticationContextClassReferences")
        if sign_in.context not in _words(contexts):
            yield "authenticationContext"
    elif applications.get("applicationFilter"):
        yield UNKNOWN
    elif not any(_reaches(app, applications) for app in sign_in.apps):
        yield "application"


def _reaches(app: str, applications: JsonObject) -> bool:
    included, excluded = (_words(applications.get(f"{side}Applications")) for side in ("include", "exclude"))
    own = {app, *(["office365"] if app in OFFICE else [])}
    return ("all" in included or bool(own & {*included})) and not own & {*excluded}


def _listed(
    sign_in: SignIn, conditions: JsonObject, key: str, asked: str, reason: str, everything: str = ""
) -> Iterator[str]:
    wanted = _words(conditions.get(key))
    if wanted and everything not in wanted and sign_in.word(asked) not in wanted:
        yield reason


def _platform(sign_in: SignIn, platforms: JsonObject) -> Iterator[str]:
    included, excluded = (_words(platforms.get(f"{side}Platforms")) for side in ("include", "exclude"))
    own = sign_in.word("devicePlatform")
    if included and (own in excluded or ("all" not in included and own not in included)):
        yield "devicePlatform"


def _flow(sign_in: SignIn, flows: JsonObject) -> Iterator[str]:
    wanted = _words(flows.get("transferMethods"))
    given = sign_in.conditions.get("authenticationFlow") or {}
    if wanted and str(given.get("transferMethod", "none")).lower() not in wanted:
        yield "authenticationFlow"


def _device(sign_in: SignIn, device_filter: JsonObject) -> Iterator[str]:
    if not device_filter:
        return
    device = sign_in.conditions.get("deviceInfo")
    if not isinstance(device, dict):
        yield UNKNOWN
        return
    try:
        is_meant = matches(str(device_filter.get("rule", "")), device)
    except ValueError:
        yield "invalidCondition"
        return
    if is_meant is (device_filter.get("mode") == "exclude"):
        yield "devices"


def _where(sign_in: SignIn, locations: JsonObject) -> Iterator[str]:
    included, excluded = (_words(locations.get(f"{side}Locations")) for side in ("include", "exclude"))
    if not included:
        return
    given = {name for name in ("ipAddress", "country") if sign_in.conditions.get(name)}
    if not given and (excluded or "all" not in included):
        yield UNKNOWN
    elif not _is_at(sign_in, included) or _is_at(sign_in, excluded):
        yield "location"


def _is_at(sign_in: SignIn, named: list[str]) -> bool:
    live = sign_in.call.seen(LOCATIONS)
    trusted = [item for item in live.values() if "alltrusted" in named and item.get("isTrusted") is True]
    return "all" in named or any(
        _holds(sign_in, item) for item in (*trusted, *(live[key] for key in named if key in live))
    )


def _holds(sign_in: SignIn, location: JsonObject) -> bool:
    if location.get("@odata.type") == "#microsoft.graph.countryNamedLocation":
        country = sign_in.word("country")
        if not country:
            return location.get("includeUnknownCountriesAndRegions") is True
        return country in _words(location.get("countriesAndRegions"))
    try:
        address = ipaddress.ip_address(str(sign_in.conditions.get("ipAddress")))
    except ValueError:
        return False
    ranges = (
        ipaddress.ip_network(item["cidrAddress"], strict=False) for item in location.get("ipRanges", [])
    )
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in ranges)
