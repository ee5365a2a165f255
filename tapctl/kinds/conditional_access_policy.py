"""ConditionalAccessPolicy: who must show what, where, to open which application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tapctl.canonical import at, texts, with_values
from tapctl.comparing.scope import effect
from tapctl.kind import DeletedItems, Kind, Lookup, Request, Strange, Write, changed_properties
from tapctl.kinds._verdicts import doubtful, wrong
from tapctl.model import Json, JsonObject, Path, Resource, Verdict
from tapctl.schema import Field
from tapctl.shapes import as_list

_PATH = "identity/conditionalAccess/policies"

# How deep PATCH merges is not documented: a block that changes is sent whole
# (https://learn.microsoft.com/graph/api/conditionalaccesspolicy-update, checked 2026-11).
BLOCKS = ("conditions", "grantControls", "sessionControls")

# Inside these every list of the schema is sent, [] where nothing is declared.
_COMPLETE = {
    ("conditions",),
    ("conditions", "users"),
    ("conditions", "applications"),
    ("conditions", "platforms"),
    ("conditions", "locations"),
    ("conditions", "clientApplications"),
    ("grantControls",),
}

# An explicit null clears these eight, and only these are known to take one: Terraform's azuread provider
# sends them on every update, and leaves out insiderRiskLevels and clientApplications (v3.9.0).
NULL_CLEARS = {
    ("grantControls",),
    ("sessionControls",),
    ("conditions", "devices"),
    ("conditions", "locations"),
    ("conditions", "platforms"),
    ("conditions", "authenticationFlows"),
    ("conditions", "users", "includeGuestsOrExternalUsers"),
    ("conditions", "users", "excludeGuestsOrExternalUsers"),
}

# Where what was there and is not declared any more goes by an explicit null: a service that merges blocks
# keeps it otherwise, as it keeps lists (1108 in github.com/microsoft/Microsoft365DSC/issues/6218). To a
# service that replaces them a null is the same as nothing. Nobody says so of insiderRiskLevels and
# clientApplications, and a null has been refused there. Checked 2026-11:
# - session controls: a PATCH with these null was judged by its values, not refused as a shape
#   (github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/1074), and Graph's own example of a create
#   has nulls (https://learn.microsoft.com/graph/api/conditionalaccessroot-post-policies).
# - authenticationStrength: sent as null beside other controls
#   (github.com/PacktPublishing/Microsoft-Intune-Cookbook, Chapter-11/windows-mam-conditional-access.ps1).
# - applicationFilter, and a frequency's type and value: no such request is known. The metadata has them
#   nullable, and Graph answers null where there is none, the frequency of every time included
#   (https://learn.microsoft.com/graph/api/conditionalaccesspolicy-get).
_GOES_BY_NULL: tuple[tuple[str, ...], ...] = (
    ("sessionControls", "applicationEnforcedRestrictions"),
    ("sessionControls", "cloudAppSecurity"),
    ("sessionControls", "continuousAccessEvaluation"),
    ("sessionControls", "disableResilienceDefaults"),
    ("sessionControls", "persistentBrowser"),
    ("sessionControls", "secureSignInSession"),
    ("sessionControls", "signInFrequency"),
    ("sessionControls", "signInFrequency", "type"),
    ("sessionControls", "signInFrequency", "value"),
    ("grantControls", "authenticationStrength"),
    ("conditions", "applications", "applicationFilter"),
)

_NOBODY: JsonObject = {"includeUsers": ["None"]}
_TENANTS = "#microsoft.graph.conditionalAccess{}ExternalTenants"
_MEMBERSHIP = {"all": _TENANTS.format("All"), "enumerated": _TENANTS.format("Enumerated")}
# What Graph fills in for a sign-in frequency of which nothing is said.
_SAYS_NOTHING: JsonObject = {
    "authenticationType": "primaryAndSecondaryAuthentication",
    "frequencyInterval": "timeBased",
}
_LONGEST = {"hours": 23, "days": 365}
_GUESTS = ("includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers")


def _from_graph(raw: JsonObject) -> JsonObject:
    """The strength comes back whole where its id was sent; the kind of tenant list is said twice."""
    spec = raw
    strength = at(raw, "grantControls", "authenticationStrength")
    if isinstance(strength, dict) and "id" in strength:
        spec = with_values(spec, {("grantControls", "authenticationStrength"): {"id": strength["id"]}})
    for guests in _GUESTS:
        path = ("conditions", "users", guests, "externalTenants")
        tenants = at(spec, *path)
        if isinstance(tenants, dict):
            spec = with_values(spec, {path: _tenants(tenants)})
    return spec


def _tenants(tenants: JsonObject) -> JsonObject:
    kinds = {value: key for key, value in _MEMBERSHIP.items()}
    said = tenants.get("membershipKind") or kinds.get(str(tenants.get("@odata.type")))
    kept = {key: value for key, value in tenants.items() if key != "@odata.type" or value not in kinds}
    return kept | ({"membershipKind": said} if said else {})


def _normalise(spec: JsonObject, strange: Strange) -> JsonObject:
    """Where the service rewrites what it is given, as the samples of the API reference show."""
    said = strange.said
    if isinstance(grant := spec.get("grantControls"), dict):
        spec = _set(spec, "grantControls", _operator(grant, strange))
    if isinstance(session := spec.get("sessionControls"), dict):
        spec = _set(spec, "sessionControls", _effective(session, said))
    if isinstance(frequency := at(spec, "sessionControls", "signInFrequency"), dict):
        spec = with_values(spec, {("sessionControls", "signInFrequency"): _frequency(frequency)})
    conditions = spec.get("conditions")
    if isinstance(conditions, dict) and "clientApplications" in conditions and _is_nobody(conditions, said):
        spec = _set(spec, "conditions", {key: item for key, item in conditions.items() if key != "users"})
    return spec


def _is_nobody(conditions: JsonObject, said: Mapping[Path, Json]) -> bool:
    return conditions.get("users") == _NOBODY and not _are_in(said, "conditions", "users")


def _are_in(strange: Iterable[Path], *block: str) -> bool:
    """Whether something that no schema knows is in a block."""
    return any(path[: len(block)] == block for path in strange)


def _set(spec: JsonObject, key: str, value: JsonObject) -> JsonObject:
    rest = {name: item for name, item in spec.items() if name != key}
    return dict(sorted({**rest, key: value}.items())) if value else rest


def _operator(grant: JsonObject, strange: Strange) -> JsonObject:
    """With one control the operator says nothing, and the service answers OR, whatever it was given (six
    tests of a tenant, github.com/deploymenttheory/terraform-provider-microsoft365,
    docs/development/conditional_access_field_map.md, checked 2026-11); with none it is noise. What is
    newer may be a control too, or an operator that says something even then: it stays as it is."""
    lists = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
    controls = sum(len(as_list(grant.get(name))) for name in lists) + ("authenticationStrength" in grant)
    beside = {**strange.said, **strange.kept} if controls else strange.said
    is_clear = not any(path[0] == "grantControls" and value for path, value in beside.items())
    if controls > 1 or not is_clear or grant.get("operator") not in (None, "AND", "OR"):
        return grant
    if controls == 0:
        return {key: value for key, value in grant.items() if key != "operator"}
    return {**grant, "operator": "OR"}


def _effective(session: JsonObject, said: Mapping[Path, Json]) -> JsonObject:
    """A control that is off is the same as none, and a block in which nothing is on is refused
    (as Terraform's azuread provider found, v3.9.0). One that holds something newer is said whole."""
    return {
        key: item
        for key, item in session.items()
        if not _is_off(item) or _are_in(said, "sessionControls", key)
    }


def _is_off(control: Json) -> bool:
    """It says so, or it says nothing but defaults: exports of PowerShell's objects have every member null."""
    says_nothing = isinstance(control, dict) and control.items() <= _SAYS_NOTHING.items()
    return control is False or at(control, "isEnabled") is False or says_nothing


def _frequency(frequency: JsonObject) -> JsonObject:
    """ "Every time" has no length; exports show null or zero there."""
    if frequency.get("frequencyInterval") != "everyTime":
        return frequency
    return {key: value for key, value in frequency.items() if key not in ("type", "value")}


def _requests(kind: Kind, write: Write) -> list[Request]:
    path = kind.object_path(write.id)
    match write.action:
        case "create":
            return [Request(method="POST", path=_PATH, body=_body(kind, write, tuple(write.after)))]
        case "update":
            changed = changed_properties(write)
            return [Request(method="PATCH", path=path, body=_body(kind, write, changed))]
        case "delete":
            return [Request(method="DELETE", path=path)]
        case _:
            return []


def _body(kind: Kind, write: Write, properties: Iterable[str]) -> JsonObject:
    """The changed properties; each block complete, with what was observed in it and no schema knows."""
    body: JsonObject = (
        {"displayName": write.display_name} if write.renamed or write.action == "create" else {}
    )
    for name in properties:
        value = write.after.get(name)
        if isinstance(value, dict) and name in BLOCKS:
            child = kind.field.properties[name]
            body[name] = _wire(write, child, value, (name,), whole=write.action == "update")
        else:
            body[name] = value
    kept = {path: item for path, item in write.extra.items() if path[0] in body and path[0] in BLOCKS}
    whole = with_values(body, kept)
    return with_values(whole, _gone(write, whole))


def _gone(write: Write, body: JsonObject) -> dict[Path, Json]:
    """A null for each such member that was there, and that its block does not have any more. What comes back
    from the deleted items is observed only when it is back: before it is changed."""
    return {
        path: None
        for path in _GOES_BY_NULL
        if any(at(had, *path) is not None for had in (write.observed, write.before))
        and isinstance(block := at(body, *path[:-1]), dict)
        and path[-1] not in block
    }


def _wire(write: Write, field: Field, value: JsonObject, path: Path, *, whole: bool) -> JsonObject:
    """One block, or an object in it, in Graph's form."""
    result: JsonObject = {}
    for key, item in value.items():
        child, below = field.properties.get(key), (*path, key)
        if child is None:
            result[key] = item
        elif isinstance(item, dict):
            result[key] = _wire(write, child, item, below, whole=whole)
        else:
            result[key] = write.wire(child, item)
    if path[-1] == "externalTenants":
        named = _MEMBERSHIP.get(str(value.get("membershipKind")))
        return {"@odata.type": named, **result} if named else result
    if path == ("conditions",) and "clientApplications" in value and "users" not in value:
        nobody = _completed(field.properties["users"], _NOBODY, (*path, "users"))
        result["users"] = nobody if whole else dict(_NOBODY)
    return _completed(field, result, path) if whole else result


def _completed(field: Field, value: JsonObject, path: Path) -> JsonObject:
    if path not in _COMPLETE:
        return value
    lists: JsonObject = {
        key: [] for key, child in field.properties.items() if child.type == "array" and not child.is_flags
    }
    nulls: JsonObject = {key: None for key in field.properties if (*path, key) in NULL_CLEARS}
    return {**lists, **nulls, **value}


def _rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    conditions = spec.get("conditions")
    is_there = isinstance(conditions, dict)
    if is_there and not at(conditions, "users") and not at(conditions, "clientApplications"):
        yield doubtful(
            ("conditions",),
            "this policy is about nobody: it has neither users nor clientApplications",
            "Add conditions.users with whom it includes (All, groups, roles ...).",
            rule="policy-without-users",
        )
    if is_there and not at(conditions, "applications") and not at(conditions, "clientApplications"):
        yield doubtful(
            ("conditions",),
            "this policy is about no application, user action or authentication context",
            "Add conditions.applications, for example includeApplications: [All].",
            rule="policy-without-applications",
        )
    if (
        not spec.get("grantControls")
        and not spec.get("sessionControls")
        and not _has_newer_controls(resource)
    ):
        yield doubtful(
            (),
            "this policy asks for nothing: it has neither grantControls nor sessionControls",
            "Add what it demands; Graph refuses a policy without a control.",
            rule="policy-without-controls",
        )
    yield from _grant_rules(resource, spec)
    yield from _frequency_rules(resource, spec)


def _has_newer_controls(resource: Resource) -> bool:
    """Whether what it asks for, or limits, is listed as newer than the schema."""
    return any(path.startswith(("grantControls.", "sessionControls.")) for path in resource.newer)


def _grant_rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    controls = texts(spec, "grantControls", "builtInControls")
    path = ("grantControls", "builtInControls")
    if "mfa" in controls and at(spec, "grantControls", "authenticationStrength"):
        yield wrong(
            path,
            "mfa and an authentication strength are in one policy, which Graph refuses (1108)",
            "Keep the strength and take mfa out.",
            rule="mfa-with-strength",
        )
    if "block" in controls and len(controls) > 1:
        yield wrong(
            path,
            "block stands beside other controls",
            "Block stands alone.",
            rule="block-with-others",
        )
    if "passwordChange" in controls and not _may_change_password(spec):
        yield wrong(
            path,
            "passwordChange is used outside its rules, which Graph refuses (1032)",
            "It needs mfa or an authentication strength beside it and nothing else, operator AND, "
            "userRiskLevels, and all applications with none excluded.",
            rule="password-change",
        )


def _frequency_rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    """A frequency by time needs a time; the portal offers 1 to 23 hours or 1 to 365 days."""
    frequency = at(spec, "sessionControls", "signInFrequency")
    if not isinstance(frequency, dict) or frequency.get("frequencyInterval") == "everyTime":
        return
    value, unit = frequency.get("value"), frequency.get("type")
    path = ("sessionControls", "signInFrequency")
    if not isinstance(value, int) or value < 1 or unit not in _LONGEST:
        said = f"signInFrequency is {value or 'no'} {unit or 'hours or days'}, which is no time"
        help_text = "Give type and value (hours: 1 to 23, days: 1 to 365), or frequencyInterval: everyTime."
        yield wrong(path, said, help_text, rule="sign-in-frequency")
    elif value > _LONGEST[str(unit)]:
        said = f"signInFrequency is {value} {unit}, more than the portal offers ({_LONGEST[str(unit)]})"
        yield doubtful(path, said, "Write days instead of hours.", rule="sign-in-frequency")


def _may_change_password(spec: JsonObject) -> bool:
    """A strength stands in for mfa: tenants hold such policies (a portal's policy of 2026-08)."""
    grant, conditions = spec.get("grantControls"), spec.get("conditions")
    proof = set() if at(grant, "authenticationStrength") else {"mfa"}
    return (
        at(grant, "operator") == "AND"
        and set(texts(grant, "builtInControls")) == {"passwordChange", *proof}
        and bool(texts(conditions, "userRiskLevels"))
        and texts(conditions, "applications", "includeApplications") == ("All",)
        and not texts(conditions, "applications", "excludeApplications")
    )


def _service_managed(observed: JsonObject) -> str:
    """Microsoft's own policies carry this prefix (concept page "Microsoft-managed policies")."""
    name = observed.get("displayName")
    return "Microsoft-managed" if isinstance(name, str) and name.startswith("Microsoft-managed") else ""


KIND = Kind(
    name="ConditionalAccessPolicy",
    path=_PATH,
    documentation="https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy",
    read_permission="Policy.Read.All",
    write_permissions=("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All"),
    family="conditionalAccess",
    deleted_items=DeletedItems(
        path="identity/conditionalAccess/deletedItems/policies",
        listed="identity/conditionalAccess/deletedItems/policies",
    ),
    lookup=Lookup(kind="ConditionalAccessPolicy", path=_PATH, by="list", permission="Policy.Read.All"),
    from_graph=_from_graph,
    normalise=_normalise,
    rules=_rules,
    service_managed=_service_managed,
    managed_fields=("state", "conditions.users.exclude"),
    managed_rule="only its state and its exclusions may change",
    effect=effect,
    requests=_requests,
)
