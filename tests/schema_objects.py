"""Hypothesis strategies made from the schemas: objects as Graph answers them, or specs as written.

The schema says everything about a field; `fit` adds what Graph demands across fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tapctl.kinds import kinds
from tapctl.sandbox.strength_facts import COMBINATIONS
from tapctl.schema import read
from tapctl.workspace.emit import literal

Node = Mapping[str, Any]
Values = st.SearchStrategy[Any]

NEWER = ("futureSetting", "zukünftig", "new_member")
NEWER_TYPE = "#microsoft.graph.futureThing"
COUNTRIES = ("NO", "NL", "DE", "US", "SG", "ZA")
RANGES = ("203.0.113.0/24", "198.51.100.7/24", "192.0.2.1/32", "2001:db8::/48", "2001:0DB8:1::/64")
AAGUIDS = ("cb69481e-8ff7-4039-93ec-0a2729a154a8", "EE882879-721C-4913-9775-3DFCCE97072A")
TENANTS = ("a3f1c3b0-5d9e-4f31-9d2b-0c1f6a1f0a01", "B4F1C3B0-5D9E-4F31-9D2B-0C1F6A1F0A02")
OIDS = ("1.3.6.1.4.1.311.21.8.1", "2.16.840.1", "1")
FORMATS: Mapping[str, Sequence[str]] = {
    "guid": [*AAGUIDS, *TENANTS],
    "cidr": RANGES,
    "country": COUNTRIES,
    "combination": sorted(COMBINATIONS),
}

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
letters = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20)


def strange(of: Values) -> Values:
    """What stands in a member that no schema knows; `of` makes its texts."""
    several = st.lists(of, min_size=1, max_size=2)
    return st.one_of(of, st.integers(1, 9), several, st.dictionaries(of, of, min_size=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`refer` gives what stands in a reference to one of these kinds. An answer of Graph (`is_answer`) has
    nulls, noise, repeated and shuffled entries, and other letter case; a document has durations. Members that
    no schema knows are made only `with_newer`."""

    refer: Callable[[Sequence[str]], Values]
    is_answer: bool
    with_newer: bool = True


def specs(kind: str, style: Style) -> Values:
    """Specs of a kind; whether Graph would take them is left to `fit`. A document escapes `${`."""
    fitting = _object(read(kind), style, is_root=True).map(lambda spec: fit(kind, spec))
    return fitting if style.is_answer else fitting.map(literal)


def _value(node: Node, style: Style) -> Values:
    if "x-reference" in node:
        known = style.refer(node["x-reference"])
        words = [word for word in node.get("x-words", ()) if word != "None"]
        return st.one_of(known, st.sampled_from(words)) if words else known
    if "x-flags" in node:
        several = st.lists(_value(node["items"], style), min_size=1, max_size=3, unique=True)
        return several.map(", ".join) if style.is_answer else st.one_of(several, several.map(",".join))
    if "enum" in node:
        return _word([member for member in node["enum"] if member is not None], style)
    if (spellings := FORMATS.get(node.get("x-format", ""))) is not None:
        return st.sampled_from(spellings)
    if "properties" in node:
        return _object(node, style)
    if "items" in node:
        return _list(node, style)
    return _scalar(node, style)


def _word(members: Sequence[str], style: Style) -> Values:
    same = st.sampled_from(members)
    is_type = members[0].startswith("#")
    return st.one_of(same, same, same.map(str.swapcase)) if style.is_answer and not is_type else same


def _scalar(node: Node, style: Style) -> Values:
    types = node.get("type", [])
    names = [types] if isinstance(types, str) else types
    if "boolean" in names:
        return st.booleans()
    if "integer" in names:
        whole = st.integers(node.get("minimum", 0), min(node.get("maximum", 999), 9999))
        is_duration = node.get("x-unit") == "minutes" and not style.is_answer
        return st.one_of(whole, whole.map(lambda number: f"{number}m")) if is_duration else whole
    if "pattern" in node:
        return (
            st.sampled_from(OIDS)
            if "." in node["pattern"]
            else st.from_regex(node["pattern"], fullmatch=True)
        )
    return texts if style.is_answer else letters


def _list(node: Node, style: Style) -> Values:
    item = _value(node["items"], style)
    low = node.get("minItems", 0)
    if not node.get("uniqueItems"):
        return st.lists(item, min_size=low, max_size=3)
    several = st.lists(item, min_size=low, max_size=4, unique_by=_identity)
    if not style.is_answer:
        return several
    return several.flatmap(lambda found: st.permutations([*found, *found[:1]]))


def _identity(item: Any) -> str:
    """By what entries of a set are told apart: whom a target means, what a word says."""
    named = item.get("id", item) if isinstance(item, dict) else item
    return json.dumps(named, sort_keys=True).lower()


def _is_of_several_types(node: Node) -> bool:
    """Whether the type of such an object follows from the rest, unless it is a newer one."""
    return bool(node["properties"].get("@odata.type", {}).get("readOnly"))


@st.composite
def _object(draw: st.DrawFn, node: Node, style: Style, *, is_root: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if style.with_newer and _is_of_several_types(node) and draw(st.integers(0, 4)) == 0:
        member = draw(strange(texts if style.is_answer else letters))
        return {"@odata.type": NEWER_TYPE, draw(st.sampled_from(NEWER)): member}
    for name, child in node["properties"].items():
        if child.get("readOnly"):
            continue
        types = child.get("type", [])
        is_nullable = isinstance(types, list) and "null" in types
        choice = 0 if name in node.get("required", ()) else draw(st.integers(0, 3))
        if choice == 1 and is_nullable and style.is_answer:
            found[name] = None
        elif choice in (0, 1):
            found[name] = draw(_value(child, style))
    if style.with_newer and draw(st.integers(0, 9)) == 0:
        found[draw(st.sampled_from(NEWER))] = draw(strange(texts if style.is_answer else letters))
    if style.is_answer and draw(st.integers(0, 4)) == 0:
        found["@odata.context"] = "https://graph.microsoft.com/v1.0/$metadata"
        found["futureSetting@odata.type"] = "#Collection(String)"
    if style.is_answer and not is_root:
        return dict(draw(st.permutations(list(found.items()))))
    return found


# What Graph demands across fields


def fit(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The spec, changed where Graph would refuse it, or where a tenant could not hold it."""
    _fit_targets(spec)
    if kind in _FITS:
        _FITS[kind](spec)
    return spec


def _fit_targets(value: Any) -> None:
    """All that is referred to are groups, wherever targets stand."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _fit_targets(item)
    if isinstance(value, dict) and str(value.get("targetType")).lower() == "user":
        del value["targetType"]


def newer_paths(spec: Any, path: str = "") -> list[str]:
    """The paths of the members that no schema knows."""
    if isinstance(spec, list):
        return [found for index, item in enumerate(spec) for found in newer_paths(item, f"{path}[{index}]")]
    if not isinstance(spec, dict):
        return []
    found: list[str] = []
    for key, item in spec.items():
        below = f"{path}.{key}" if path else key
        found += [below] if key in NEWER or item == NEWER_TYPE else newer_paths(item, below)
    return found


def _fit_policy(spec: dict[str, Any]) -> None:
    conditions = spec["conditions"]
    _fit_who(conditions)
    applications = conditions["applications"] = conditions.get("applications") or {}
    actions = applications.get("includeUserActions") or []
    applications["includeUserActions"] = [action for action in actions if "device" not in action.lower()]
    targets = ("includeApplications", "includeUserActions", "includeAuthenticationContextClassReferences")
    if not any(applications.get(name) for name in targets):
        applications["includeApplications"] = ["All"]
    locations = conditions.get("locations") or {}
    if "All" in (locations.get("excludeLocations") or []):  # documented for what is included only
        locations["excludeLocations"] = []
    for block in ("devices", "platforms", "locations"):
        if not any((conditions.get(block) or {}).values()):
            conditions.pop(block, None)
    if not conditions.get("insiderRiskLevels"):
        conditions.pop("insiderRiskLevels", None)
    _fit_session(spec)
    _fit_grant(spec)


def _fit_who(conditions: dict[str, Any]) -> None:
    workloads = conditions.get("clientApplications") or {}
    if workloads.get("includeServicePrincipals"):
        conditions.pop("users", None)
        return
    conditions.pop("clientApplications", None)
    users = conditions["users"] = conditions.get("users") or {}
    includes = ("includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers")
    if not any(users.get(name) for name in includes):
        users["includeUsers"] = ["All"]
    for name in ("includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"):
        tenants = (users.get(name) or {}).get("externalTenants")
        if tenants and tenants.get("@odata.type") != NEWER_TYPE:
            tenants.pop("@odata.type", None)
            is_all = tenants.pop("membershipKind").lower() == "all"
            members = [] if is_all else tenants.get("members") or list(TENANTS[:1])
            tenants.pop("members", None)
            said = "All" if is_all else "Enumerated"
            tenants["@odata.type"] = f"#microsoft.graph.conditionalAccess{said}ExternalTenants"
            tenants["membershipKind"] = said.lower()
            if not is_all:
                tenants["members"] = members


def _fit_session(spec: dict[str, Any]) -> None:
    session = spec.get("sessionControls")
    if not session:
        spec.pop("sessionControls", None)
        return
    frequency = session.get("signInFrequency")
    if frequency and str(frequency.get("frequencyInterval")).lower() == "everytime":
        frequency.pop("type", None)
        frequency.pop("value", None)
        session.pop("applicationEnforcedRestrictions", None)
        session.pop("disableResilienceDefaults", None)
    elif frequency:
        frequency["type"] = frequency.get("type") or "hours"
        frequency["value"] = 1 + (frequency.get("value") or 0) % 23
    controls = [item for item in session.values() if isinstance(item, dict)]
    on = [item for item in controls if item.get("isEnabled")] or session.get("disableResilienceDefaults")
    if not on:
        session["persistentBrowser"] = {"isEnabled": True, "mode": "never"}


def _fit_grant(spec: dict[str, Any]) -> None:
    grant = spec.get("grantControls") or {}
    built_in = [each for each in grant.get("builtInControls") or [] if each.lower() != "passwordchange"]
    if any(each.lower() == "block" for each in built_in):
        built_in = ["block"]
        grant = {key: item for key, item in grant.items() if key in ("operator", *NEWER)}
    if grant.get("authenticationStrength"):
        built_in = [each for each in built_in if each.lower() != "mfa"]
    others = [
        grant.get(name) for name in ("authenticationStrength", "termsOfUse", "customAuthenticationFactors")
    ]
    if not built_in and not any(others):
        built_in = ["mfa"]
    spec["grantControls"] = {"operator": "OR", **grant, "builtInControls": built_in}


def _fit_location(spec: dict[str, Any]) -> None:
    is_ip = bool(spec.get("ipRanges"))
    others = _OF_COUNTRIES if is_ip else _OF_RANGES
    for name in others:
        spec.pop(name, None)
    if not is_ip:
        spec["countriesAndRegions"] = spec.get("countriesAndRegions") or ["NO"]
    spec["@odata.type"] = f"#microsoft.graph.{'ip' if is_ip else 'country'}NamedLocation"


_OF_RANGES = ("isTrusted", "ipRanges")
_OF_COUNTRIES = ("countriesAndRegions", "includeUnknownCountriesAndRegions", "countryLookupMethod")


def _fit_strength(spec: dict[str, Any]) -> None:
    usual = {"fido2": "allowedAAGUIDs", "x509CertificateMultiFactor": "allowedIssuerSkis"}
    fitted: dict[str, Any] = {}  # Graph keeps one for a combination
    for item in spec.get("combinationConfigurations") or []:
        method = "fido2" if "fido2" in item["@odata.type"] else "x509CertificateMultiFactor"
        item["appliesToCombinations"] = [method]
        for name in ("allowedAAGUIDs", "allowedIssuerSkis", "allowedPolicyOIDs"):
            if (name == "allowedAAGUIDs") != (method == "fido2"):
                item.pop(name, None)
        item[usual[method]] = item.get(usual[method]) or [AAGUIDS[0]]
        fitted.setdefault(method, item)
        if method not in spec["allowedCombinations"]:
            spec["allowedCombinations"].append(method)
    if fitted:
        spec["combinationConfigurations"] = [*fitted.values()]


def _fit_pass(spec: dict[str, Any]) -> None:
    names = ("minimumLifetimeInMinutes", "defaultLifetimeInMinutes", "maximumLifetimeInMinutes")
    for name in names:
        spec.pop(name, None)
    spec |= dict(zip(names, (10, 45, 300), strict=True))


def _fit_group(spec: dict[str, Any]) -> None:
    """Assigned: which of the two a group is can never change."""
    for name in (
        "groupTypes",
        "membershipRule",
        "membershipRuleProcessingState",
        "visibility",
        "mailEnabled",
    ):
        spec.pop(name, None)
    spec.pop("isAssignableToRole", None)
    spec.pop("mailNickname", None)


def _fit_methods(spec: dict[str, Any]) -> None:
    """Migration only goes forward."""
    spec.pop("policyMigrationState", None)


_FITS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "ConditionalAccessPolicy": _fit_policy,
    "NamedLocation": _fit_location,
    "AuthenticationStrength": _fit_strength,
    "TemporaryAccessPassPolicy": _fit_pass,
    "Group": _fit_group,
    "AuthenticationMethodsPolicy": _fit_methods,
}
LISTED = tuple(name for name, kind in kinds().items() if not kind.singleton)
SINGLE = tuple(name for name, kind in kinds().items() if kind.singleton)
