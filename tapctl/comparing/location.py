"""How one version of a named location compares with another: the addresses and countries that it holds. Pure.

Ranges are compared as what they hold: a range and its two halves are the same place.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from tapctl.canonical import texts
from tapctl.model import JsonObject

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Span(NamedTuple):
    """Addresses as numbers, `first` and `last` included."""

    version: int
    first: int
    last: int


def beyond(location: JsonObject, other: JsonObject) -> list[str]:
    """What `location` holds and `other` does not: ranges by address, then the rest, in words."""
    return [*_ranges_beyond(_ranges(location), _ranges(other)), *sorted(_words(location) - _words(other))]


def if_trusted(location: JsonObject | None) -> JsonObject:
    """The location as it counts among all trusted ones: nothing where it is not trusted, or not there."""
    return location if location and location.get("isTrusted") is True else {}


@lru_cache(maxsize=256)
def _ranges_beyond(ranges: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Kept: hundreds of policies ask about one location of thousands of ranges."""
    theirs = _merged(_networks(others))
    return tuple(said for network in _networks(ranges) if (said := _but_for(network, theirs)))


def _networks(ranges: Iterable[str]) -> list[_Network]:
    """In the order of addresses."""
    return sorted(filter(None, map(_network, ranges)), key=_span)


def _words(location: JsonObject) -> set[str]:
    """Its countries and how they are told, and what is no range that anybody knows."""
    found = {*texts(location, "countriesAndRegions")}
    found |= {text for text in _ranges(location) if _network(text) is None}
    if location.get("includeUnknownCountriesAndRegions") is True:
        found.add("addresses of no known country")
    return found | ({f"by {method}"} if (method := location.get("countryLookupMethod")) else set())


def _ranges(location: JsonObject) -> tuple[str, ...]:
    found = location.get("ipRanges")
    entries = found if isinstance(found, list) else []
    return tuple(str(item.get("cidrAddress") if isinstance(item, dict) else item) for item in entries)


@lru_cache(maxsize=2**14)
def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _span(network: _Network) -> _Span:
    return _Span(network.version, int(network.network_address), int(network.broadcast_address))


def _merged(networks: Iterable[_Network]) -> list[_Span]:
    """The same addresses as spans that do not touch, in order."""
    spans: list[_Span] = []
    for span in map(_span, networks):
        last = spans[-1] if spans else None
        if last and last.version == span.version and span.first <= last.last + 1:
            spans[-1] = last._replace(last=max(last.last, span.last))
        else:
            spans.append(span)
    return spans


def _but_for(network: _Network, others: Sequence[_Span]) -> str:
    """A range, and what of it is in others; empty if all of it is."""
    mine = _span(network)
    start = max(bisect_right(others, mine) - 1, 0)
    shared: list[_Span] = []
    for span in others[start:]:
        if (span.version, span.first) > (mine.version, mine.last):
            break
        if span.version == mine.version and span.last >= mine.first:
            shared.append(_Span(mine.version, max(span.first, mine.first), min(span.last, mine.last)))
    if shared == [mine]:
        return ""
    return f"{network} but for {' and '.join(_in_ranges(shared))}" if shared else str(network)


def _in_ranges(spans: Iterable[_Span]) -> Iterable[str]:
    ends = [(_address(span, span.first), _address(span, span.last)) for span in spans]
    return map(str, chain.from_iterable(ipaddress.summarize_address_range(*both) for both in ends))


def _address(span: _Span, number: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.IPv4Address(number) if span.version == 4 else ipaddress.IPv6Address(number)
