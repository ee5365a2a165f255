"""Named locations: IP ranges and countries that policies of Conditional Access refer to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from tapctl.sandbox import audit, tenant
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.check import MismatchError, check_body, type_named
from tapctl.sandbox.newer import learned
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.rules import NOT_LICENSED, references
from tapctl.sandbox.shapes import VARIANTS
from tapctl.sandbox.tenant import LOCATIONS, POLICIES
from tapctl.sandbox.values import JsonObject, bad_request, forbidden, new_id, not_found

DELETED = "identity/conditionalAccess/deletedItems/namedLocations"
LISTING = Listing(context="conditionalAccess/namedLocations")
ENTITY = Listing(context="namedLocations")
_OTHERWISE = "includeUnknownCountriesAndRegions"  # stands in for a list of countries
COUNTRY = re.compile(r"[A-Z]{2}")
SHORTEST_IPV4_MASK = 8
NEEDED = {
    "ipNamedLocation": ("displayName", "ipRanges"),
    "countryNamedLocation": ("displayName", "countriesAndRegions"),
}


def list_locations(call: Call) -> Answer:
    return answer_list(call, (render_location(item) for item in call.seen(LOCATIONS).values()), LISTING)


def get_location(call: Call) -> Answer:
    found = call.seen(LOCATIONS).get(call.key().lower())
    if found is None:
        raise not_found(f"There is no named location '{call.key()}'.")
    return answer_one(call, render_location(found), ENTITY)


def create_location(call: Call) -> Answer:
    body = _checked(call)
    needed = NEEDED.get(type_named(body), ("displayName",))
    missing = [name for name in needed if not body.get(name) and not body.get(_OTHERWISE)]
    if missing:
        raise bad_request(f"A {type_named(body)} needs {', '.join(missing)}.")
    if len(call.store.objects(LOCATIONS)) >= call.settings.locations:
        raise bad_request(f"The tenant has {call.settings.locations} named locations, its limit.")
    now = call.now()
    made = render_location({**body, "id": new_id(), "createdDateTime": now, "modifiedDateTime": now})
    call.put(LOCATIONS, made)
    _record(call, "Add", made, None, made)
    return Answer(status=201, body=answer_one(call, made, ENTITY).body)


def update_location(call: Call) -> Answer:
    before = _truth(call)
    body = _checked(call)
    if body["@odata.type"] != before.get("@odata.type"):
        raise bad_request("The type of a named location cannot be changed.")
    if "isTrusted" in body and "ipRanges" not in body:
        raise bad_request("ipRanges has to be sent along with isTrusted.")
    after = {**before, **body, "modifiedDateTime": call.now()}
    call.put(LOCATIONS, after)
    _record(call, "Update", after, before, after)
    return NO_CONTENT


def delete_location(call: Call) -> Answer:
    before = _truth(call)
    if before.get("isTrusted"):
        raise bad_request("A trusted named location cannot be deleted. Set isTrusted to false first.")
    users = policies_referring_to(call, "named location", before["id"])
    if users:
        raise bad_request(f"The named location is referenced by a Conditional Access policy: {users[0]}.")
    call.remove(LOCATIONS, before["id"])
    call.put(DELETED, {**before, "deletedDateTime": call.now()})
    _record(call, "Delete", before, before, None)
    return NO_CONTENT


def policies_referring_to(call: Call, kind: str, identifier: str) -> list[str]:
    """Names of the policies that use an object."""
    return list(_referring(call, (kind, identifier.lower())))


def _referring(call: Call, wanted: tuple[str, str]) -> Iterator[str]:
    for policy in call.store.objects(POLICIES).values():
        if wanted in {(kind, value.lower()) for kind, value in references(policy)}:
            yield str(policy.get("displayName", policy["id"]))


def render_location(location: JsonObject) -> JsonObject:
    """With the service's defaults and without the lists' links."""
    defaults: JsonObject = {"createdDateTime": None, "modifiedDateTime": None, "deletedDateTime": None}
    if type_named(location) == "countryNamedLocation":
        defaults |= {"includeUnknownCountriesAndRegions": False, "countryLookupMethod": "clientIpAddress"}
    if type_named(location) == "ipNamedLocation":
        defaults |= {"isTrusted": False}
    given = {name: value for name, value in location.items() if value is not None}
    return {**location, **defaults, **given}


def _checked(call: Call) -> JsonObject:
    if not tenant.is_licensed(call.store):
        raise forbidden(NOT_LICENSED)
    try:
        body = check_body(call.body, "namedLocation", learned(call.store))
    except MismatchError as error:
        raise bad_request(f"Invalid named location: {error}") from error
    if len(body.get("ipRanges", [])) > call.settings.ranges:
        raise bad_request(f"A named location holds at most {call.settings.ranges} IP ranges.")
    for item in body.get("ipRanges", []):
        if type_named(item) in VARIANTS["ipRange"]:  # nobody knows what a newer type holds
            _check_range(item)
    for code in body.get("countriesAndRegions", []):
        if not COUNTRY.fullmatch(code):
            raise bad_request(f"'{code}' is not a two-letter country code.")
    return body


def _check_range(item: JsonObject) -> None:
    """IPv6 is accepted as iPv4CidrRange too (Terraform's provider relies on it), not the other way round."""
    address = item.get("cidrAddress", "")
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError as error:
        raise bad_request(f"'{address}' is not a CIDR range.") from error
    if "/" not in address:
        raise bad_request(f"'{address}' has no prefix length.")
    if network.version == 4 and type_named(item) == "iPv6CidrRange":
        raise bad_request(f"'{address}' is not an IPv6 range.")
    if network.version == 4 and network.prefixlen < SHORTEST_IPV4_MASK:
        raise bad_request(f"The range '{address}' is too wide.")


def _truth(call: Call) -> JsonObject:
    found = call.store.get(LOCATIONS, call.key())
    if found is None:
        raise not_found(f"There is no named location '{call.key()}'.")
    return found


def _record(
    call: Call, verb: str, target: JsonObject, before: JsonObject | None, after: JsonObject | None
) -> None:
    activity = f"{verb} named location"
    audit.record(
        call, audit.POLICIES, activity, target=target, name="NamedLocation", before=before, after=after
    )


ROUTES: tuple[Route, ...] = (
    route("GET", LOCATIONS, list_locations, "filter select top skip count orderby"),
    route("POST", LOCATIONS, create_location),
    route("GET", f"{LOCATIONS}/{{id}}", get_location, "select"),
    route("PATCH", f"{LOCATIONS}/{{id}}", update_location),
    route("DELETE", f"{LOCATIONS}/{{id}}", delete_location),
)
