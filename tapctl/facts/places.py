"""The live named locations, and an address and a country that lie in exactly those that a sign-in means."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tapctl.directory import Directory
from tapctl.errors import GraphError
from tapctl.evaluate.facts import Location
from tapctl.evaluate.scene import address_of
from tapctl.evaluate.situation import SignIn
from tapctl.facts.objects import location_of
from tapctl.kinds import kinds
from tapctl.match import as_observed
from tapctl.observe.objects import list_objects

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

SPARE_ADDRESSES: Final = ("198.51.100.77", "192.0.2.77", "203.0.113.77", "2001:db8:ffff::77")
"""Addresses that belong to nobody: https://www.rfc-editor.org/rfc/rfc5737 and 3849."""
SPARE_COUNTRIES: Final = ("AQ", "BV", "HM", "TF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The live locations that are understood by id, and the ids of each name."""

    by_id: Mapping[str, Location]
    ids: Mapping[str, tuple[str, ...]]


async def read_places(gateway: Gateway, limits: list[str]) -> Places:
    kind, nowhere = kinds()["NamedLocation"], Directory(ids={}, names={})
    try:
        found = await list_objects(gateway, kind)
    except GraphError as error:
        limits.append(f"named locations were not read: {error}")
        found = []
    ids: defaultdict[str, list[str]] = defaultdict(list)
    by_id: dict[str, Location] = {}
    for item in found:
        ids[str(item.get("displayName"))].append(str(item["id"]))
        location = location_of(as_observed(kind, item, nowhere).before or {})
        if location is not None:
            by_id[str(item["id"])] = location
    return Places(by_id=by_id, ids={name: tuple(some) for name, some in ids.items()})


def placed(sign_in: SignIn, places: Places, limits: list[str]) -> SignIn:
    """What-If takes an address and a country, and no locations: find some in exactly those that are meant."""
    if sign_in.locations is None:
        return sign_in
    for name in sign_in.locations:
        if len(places.ids.get(name, ())) != 1:
            limits.append(f'the tenant has not exactly one location "{name}"')
    wanted = frozenset(item for name in sign_in.locations for item in places.ids.get(name, ()))
    address = sign_in.ip or address_at(places.by_id, wanted)
    country = sign_in.country if sign_in.country is not None else country_at(places.by_id, wanted)
    if address is None or country is None:
        limits.append("no address and country were found that lie in exactly the locations given")
    return replace(sign_in, locations=tuple(sorted(wanted)), ip=address, country=country)


def address_at(locations: Mapping[str, Location], wanted: frozenset[str]) -> str | None:
    """An address that lies in exactly the wanted of these locations; None if none was found."""
    by_range = {name: [*_networks(item.ranges)] for name, item in locations.items() if item.kind == "ip"}
    first = [
        str(network[min(1, network.num_addresses - 1)])
        for name in wanted
        for network in by_range.get(name, ())
    ]
    expected = wanted & by_range.keys()
    return next((text for text in (*first, *SPARE_ADDRESSES) if _holding(by_range, text) == expected), None)


def country_at(locations: Mapping[str, Location], wanted: frozenset[str]) -> str | None:
    """A country that lies in exactly the wanted of these locations; None if none was found."""
    held = {name: item.countries for name, item in locations.items() if item.kind == "country"}
    candidates = (*sorted(frozenset[str]().union(*held.values())), *SPARE_COUNTRIES)
    return next(
        (
            code
            for code in candidates
            if {name for name, codes in held.items() if code in codes} == wanted & held.keys()
        ),
        None,
    )


def _networks(ranges: Iterable[str]) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for text in ranges:
        try:
            yield ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue  # Graph holds what it holds; an address cannot be in it


def _holding(
    by_range: Mapping[str, Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]], text: str
) -> set[str]:
    address = address_of(text)
    return {name for name, networks in by_range.items() if any(address in network for network in networks)}
