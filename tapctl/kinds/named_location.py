"""NamedLocation: IP ranges or countries that policies include or exclude."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from tapctl.canonical import default
from tapctl.kind import DeletedItems, Kind, Lookup, Request, Strange, Write
from tapctl.kinds._verdicts import wrong
from tapctl.model import Json, JsonObject, Resource, Verdict

_IP, _COUNTRY = "#microsoft.graph.ipNamedLocation", "#microsoft.graph.countryNamedLocation"
_BASE = "#microsoft.graph.namedLocation"
_PROPERTIES = {
    _IP: ("isTrusted", "ipRanges"),
    _COUNTRY: ("countriesAndRegions", "includeUnknownCountriesAndRegions", "countryLookupMethod"),
}

_SHORTEST_PREFIX = 8
_CONTENT = {_IP: "IP ranges", _COUNTRY: "countries"}


def _from_graph(raw: JsonObject) -> JsonObject:
    """Documents may leave the type out: what the location holds says it. Graph leaves it out of what its v1.0
    has no type for."""
    if "@odata.type" in raw:
        return raw
    if "ipRanges" in raw or _is_of_countries(raw):
        return {**raw, "@odata.type": _IP if "ipRanges" in raw else _COUNTRY}
    return {**raw, "@odata.type": _BASE} if "id" in raw else raw


def _is_of_countries(raw: JsonObject) -> bool:
    """No country, but every address that is in none, is a list of countries as well."""
    return "countriesAndRegions" in raw or raw.get("includeUnknownCountriesAndRegions") is True


def is_empty(raw: JsonObject) -> bool:
    """Whether a location of a known type holds no address and no country: no document can say it."""
    is_known = _from_graph(raw).get("@odata.type") in _PROPERTIES
    holds = raw.get("ipRanges") or raw.get("countriesAndRegions")
    return is_known and not holds and raw.get("includeUnknownCountriesAndRegions") is not True


def _normalise(spec: JsonObject, strange: Strange) -> JsonObject:
    """Only the properties of the location's own type: the schema's defaults cover both, and of a type that is
    newer nobody knows them."""
    kept = _PROPERTIES.get(str(spec.get("@odata.type")))
    if kept is None:
        known = KIND.field.properties
        return {key: value for key, value in spec.items() if key not in known or value != default(known[key])}
    other = {name for names in _PROPERTIES.values() for name in names if name not in kept}
    return {key: value for key, value in spec.items() if key not in other}


def _to_graph(body: JsonObject) -> JsonObject:
    """Graph wants the type of each range (create namedLocation, examples)."""
    if body.get("@odata.type") == _COUNTRY:
        return {"countriesAndRegions": [], **body}
    ranges = body.get("ipRanges")
    return {**body, "ipRanges": [_range(item) for item in ranges]} if isinstance(ranges, list) else body


def _range(item: Json) -> Json:
    """An entry of a newer type has its own, and perhaps no range."""
    if not isinstance(item, dict) or "cidrAddress" not in item:
        return item
    family = "iPv6CidrRange" if ":" in str(item["cidrAddress"]) else "iPv4CidrRange"
    return {"@odata.type": f"#microsoft.graph.{family}", **item}


def _rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    """One type, and something in it; what a newer type holds is not ours to say."""
    if spec.get("@odata.type") not in (None, *_PROPERTIES):
        return
    has_ranges, has_countries = "ipRanges" in resource.spec, _is_of_countries(resource.spec)
    if has_ranges == has_countries:
        said = (
            "both ipRanges and countriesAndRegions"
            if has_ranges
            else "neither ipRanges nor countriesAndRegions"
        )
        help_text = "A location is a list of IP ranges or a list of countries: give exactly one of the two."
        yield wrong((), f"this location has {said}", help_text, rule="location-type")
        return
    yield from _range_rules(resource)
    named = _IP if has_ranges else _COUNTRY
    if spec.get("@odata.type") != named:
        said = f"@odata.type is {spec.get('@odata.type')!r}, but the location holds {_CONTENT[named]}"
        help_text = f"Leave @odata.type out, or write {named}."
        yield wrong(("@odata.type",), said, help_text, rule="location-type")
    for name in _PROPERTIES[_COUNTRY if has_ranges else _IP]:
        if name in resource.spec:
            said = f"{name} does not belong to a location of {'IP ranges' if has_ranges else 'countries'}"
            yield wrong((name,), said, f"Remove {name}.", rule="location-type")


def _range_rules(resource: Resource) -> Iterable[Verdict]:
    """Each range is one that Graph takes (namedLocation overview; checked 2026-11)."""
    ranges = resource.spec.get("ipRanges")
    for index, item in enumerate(ranges if isinstance(ranges, list) else ()):
        address = item.get("cidrAddress") if isinstance(item, dict) else item
        if isinstance(address, str) and (said := _unfit(address)):
            yield wrong(
                ("ipRanges", index),
                f"ipRanges[{index}] {address!r} {said}",
                "Write an address and the length of its prefix, such as 203.0.113.0/24 or 2001:db8::/32.",
                rule="wrong-range",
            )


def _unfit(address: str) -> str:
    try:
        network = ipaddress.ip_network(address.strip(), strict=False)
    except ValueError:
        return "is no range of addresses"
    if "/" not in address:
        return "has no prefix length"
    if network.version == 4 and network.prefixlen < _SHORTEST_PREFIX:
        return f"is too wide: an IPv4 prefix has at least {_SHORTEST_PREFIX} bits"
    return ""


def _refusal(before: JsonObject, after: JsonObject, observed: JsonObject) -> str:
    if before.get("@odata.type") == after.get("@odata.type"):
        return ""
    return (
        "Graph cannot turn a location of IP ranges into one of countries or back: declare it under a new name"
    )


def _requests(kind: Kind, write: Write) -> list[Request]:
    """PATCH repeats the whole location, as a client in wide use does (Terraform's azuread provider, v3.9.0).

    A trusted location cannot be deleted: it is made untrusted first, which has to read back.
    """
    path = kind.object_path(write.id)
    match write.action:
        case "create":
            return [Request(method="POST", path=kind.path, body=kind.body(write, tuple(write.after)))]
        case "update":
            return [Request(method="PATCH", path=path, body=kind.body(write, tuple(write.after)))]
        case "delete" if write.before.get("isTrusted") is True:
            return [_untrust(kind, write), Request(method="DELETE", path=path)]
        case "delete":
            return [Request(method="DELETE", path=path)]
        case _:
            return []


def _untrust(kind: Kind, write: Write) -> Request:
    body: JsonObject = {
        "@odata.type": _IP,
        "isTrusted": False,
        "ipRanges": write.wire(kind.field.properties["ipRanges"], write.before.get("ipRanges", [])),
    }
    return Request(method="PATCH", path=kind.object_path(write.id), body=_to_graph(body), settle=True)


KIND = Kind(
    name="NamedLocation",
    path="identity/conditionalAccess/namedLocations",
    documentation="https://learn.microsoft.com/graph/api/resources/namedlocation",
    read_permission="Policy.Read.All",
    write_permissions=("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
    family="conditionalAccess",
    deleted_items=DeletedItems(
        path="identity/conditionalAccess/deletedItems/namedLocations",
        listed="identity/conditionalAccess/deletedItems/namedLocations",
    ),
    lookup=Lookup(
        kind="NamedLocation",
        path="identity/conditionalAccess/namedLocations",
        by="list",
        # The legacy "MFA trusted IPs" setting is no named location, but policies refer to it by this id.
        well_known={"MFA trusted IPs": "00000000-0000-0000-0000-000000000000"},
        permission="Policy.Read.All",
    ),
    from_graph=_from_graph,
    normalise=_normalise,
    to_graph=_to_graph,
    rules=_rules,
    refusal=_refusal,
    requests=_requests,
)
