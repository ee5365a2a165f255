"""An object → the kind that it is of: its type says, or where it comes from, or its properties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from tapctl.canonical import is_noise
from tapctl.kinds import kinds
from tapctl.load.settings import quoted
from tapctl.model import Json, JsonObject
from tapctl.text.numbers import loads

STRENGTHS: Final = "AuthenticationStrength"
CONFIGURATIONS: Final = "authenticationMethodConfigurations"
# What tools and services put into an object beside its properties, in lower case, and whose it is.
_TOOLS: Final = {
    # CIPP's templates: github.com/KelvinTegelaar/CIPP-API, New-CIPPCATemplate.ps1 (checked 2026-11)
    "locationinfo": "what a template of CIPP says of locations",
    # https://learn.microsoft.com/graph/api/resources/whatifanalysisresult (checked 2026-11)
    "policyapplies": "what What-If found out",
    "analysisreasons": "what What-If found out",
}
_FLATTENED: Final = ("additionalproperties", "additionaldata")  # where SDKs keep what their classes lack
_TYPES: Final = {
    "conditionalaccesspolicy": "ConditionalAccessPolicy",
    "namedlocation": "NamedLocation",
    "ipnamedlocation": "NamedLocation",
    "countrynamedlocation": "NamedLocation",
    "compliantnetworknamedlocation": "NamedLocation",
    "authenticationstrengthpolicy": "AuthenticationStrength",
    "authenticationcontextclassreference": "AuthenticationContext",
    "authenticationmethodspolicy": "AuthenticationMethodsPolicy",
    "group": "Group",
}
# Where Graph says that an object is: in @odata.context, in @odata.id, or as a tenant file's key.
_PATHS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"conditionalAccess/policies|conditionalAccessPolicies", "ConditionalAccessPolicy"),
        (r"namedLocations", "NamedLocation"),
        (r"authenticationStrengthPolicies|authenticationStrengths?/policies", "AuthenticationStrength"),
        (r"authenticationContextClassReferences", "AuthenticationContext"),
        (CONFIGURATIONS, CONFIGURATIONS),
        (r"authenticationMethodsPolicy", "AuthenticationMethodsPolicy"),
        (r"(^|[/#])groups(\([^')]*\))?(/\$entity|/[0-9a-f-]{36})?$", "Group"),
    )
)
# Properties, in lower case, that tell a kind: all of one of the groups.
_PROPERTIES: Final = (
    ("ConditionalAccessPolicy", ({"conditions", "state"}, {"conditions", "grantcontrols"})),
    ("NamedLocation", ({"ipranges"}, {"countriesandregions"})),
    ("AuthenticationStrength", ({"allowedcombinations"},)),
    ("AuthenticationContext", ({"isavailable", "id"},)),
    (
        "AuthenticationMethodsPolicy",
        ({"registrationenforcement"}, {"policymigrationstate"}, {CONFIGURATIONS.lower()}),
    ),
    ("ExternalAuthenticationMethod", ({"openidconnectsetting", "appid"},)),
    ("Group", ({"securityenabled", "displayname"}, {"membershiprule"}, {"grouptypes"})),
)
# Kinds that their properties tell without fail, whatever stands around them.
_NAMED: Final = ("Group", "NamedLocation", STRENGTHS, "TermsOfUse")
_WRAPPED: Final = ("ConditionalAccessPolicy", "NamedLocation", STRENGTHS, "AuthenticationMethodsPolicy")


@cache
def _method_kinds() -> Mapping[str, str]:
    """Id or type of a method's configuration, in lower case → its kind."""
    methods = [kind for kind in kinds().values() if kind.odata_type]
    types = {kind.odata_type.rpartition(".")[2].lower(): kind.name for kind in methods}
    return types | {kind.path.rpartition("/")[2].lower(): kind.name for kind in methods if kind.singleton}


def recognised(value: JsonObject, hint: str) -> str | None:
    """The kind of an object: its type says, else where it comes from, else its properties."""
    flat = {key.lower(): item for key, item in flattened(value)}
    if type_ := flat.get("@odata.type") or flat.get("odatatype"):
        name = str(type_).rpartition(".")[2].lower()
        return _TYPES.get(name) or _method_kinds().get(name)
    if "deleteditems" in hint.lower():
        return None
    found = kind_at(hint) or kind_at(str(flat.get("@odata.id") or ""))
    has_content = "value" not in flat and any(not is_noise(key) for key in flat)
    if found and found != CONFIGURATIONS and has_content:
        return found
    if "state" in flat and (method := _method_kinds().get(str(flat.get("id")).lower())):
        return method
    return next((kind for kind, groups in _PROPERTIES if any(group <= flat.keys() for group in groups)), None)


def templated(value: JsonObject) -> JsonObject | None:
    """The policy that one of Graph's Conditional Access templates makes, which carries the name beside it
    (https://learn.microsoft.com/graph/api/resources/conditionalaccesstemplate, checked 2026-11)."""
    flat = {key.lower(): item for key, item in value.items()}
    details, name = flat.get("details"), flat.get("name")
    if not isinstance(details, dict) or not isinstance(name, str) or recognised(value, ""):
        return None
    said: JsonObject = {"displayName": name, "description": flat.get("description")}
    return {**said, **details} if recognised(details, "") == "ConditionalAccessPolicy" else None


def made_by(key: str) -> str:
    """Whose a member is that is none of the object's; empty for what may be. In OData a name that begins with
    @ is an annotation: IntuneManagement adds @ObjectVersion, and what Graph adds is passed over anyway."""
    is_annotation = key.startswith("@") and not is_noise(key)
    return "a tool's annotation" if is_annotation else _TOOLS.get(key.lower(), "")


def wraps(value: Json) -> bool:
    """Whether a tool put an object of a kind in here, beside what it says of it itself."""
    match value:
        case dict():
            return recognised(value, "") in _WRAPPED or any(map(wraps, value.values()))
        case list():
            return any(map(wraps, value))
        case str() if value.lstrip()[:1] == "{":
            try:
                return wraps(loads(value, strict=False))
            except ValueError:
                return False
        case _:
            return False


def named_in(value: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """What IntuneManagement's MigrationTable.json calls the objects that an export refers to: kind and entry.
    It knows people by their display names, by which no document does."""
    objects = value.get("Objects")
    for item in objects if isinstance(objects, list) else ():
        said = [item.get(name) for name in ("Type", "Id", "DisplayName")] if isinstance(item, dict) else []
        match said:
            case [str(kind), str(id_), str(name)] if kind in _NAMED and id_ and name:
                yield kind, {"id": id_, "displayName": name}
            case _:
                pass


def kind_at(text: str) -> str | None:
    return next((kind for pattern, kind in _PATHS if pattern.search(text)), None)


def description(value: JsonObject, hint: str) -> str:
    said = value.get("@odata.type") or hint.rpartition("#")[2]
    return (
        f"of {quoted(said)}"
        if said
        else f"an object with {', '.join(map(quoted, [*value][:5])) or 'nothing'}"
    )


def flattened(value: JsonObject) -> Iterator[tuple[str, Json]]:
    """The properties, and those that an SDK keeps apart."""
    for key, item in value.items():
        if key.lower() in _FLATTENED and (item is None or isinstance(item, dict)):
            yield from (item or {}).items()
        else:
            yield key, item
