"""Query options on a list: filter, search, order, page and select, as far as Graph takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tapctl.sandbox.call import Answer, Call
from tapctl.sandbox.filters import Filter, parse_filter
from tapctl.sandbox.values import Json, JsonObject, bad_request, unsupported_query

ADVANCED = ("ne", "not", "endswith")
SEARCH = re.compile(r'"(\w+):([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one collection offers to readers."""

    context: str
    resource: str = ""  # a directory resource: advanced queries have to be asked for as such
    filterable: Mapping[str, str] | None = None  # property → operators; None: whatever Graph's syntax can say
    pages: bool = True
    hidden: frozenset[str] = field(default_factory=frozenset)  # properties that only $select brings


def answer_list(call: Call, objects: Iterable[JsonObject], listing: Listing) -> Answer:
    found = _search(call, _filter(call, list(objects), listing))
    found = _order(found, call.options.get("$orderby", ""))
    found = found[_number(call, "$skip", 0) :]
    start, size = _page(call) if listing.pages else (0, max(len(found), 1))
    body = call.context(_context(call, listing))
    if call.options.get("$count") == "true" and not start:
        body["@odata.count"] = len(found)
    if start + size < len(found):
        body["@odata.nextLink"] = _next_link(call, start + size)
    body["value"] = [select(call, item, listing) for item in found[start : start + size]]
    return Answer(body=body)


def answer_one(call: Call, value: JsonObject, listing: Listing) -> Answer:
    return Answer(body=call.context(f"{listing.context}/$entity") | select(call, value, listing))


def select(call: Call, value: JsonObject, listing: Listing) -> JsonObject:
    wanted = [name.strip() for name in call.options.get("$select", "").split(",") if name.strip()]
    if wanted:
        kept = ("@odata.type", *wanted, *_expanded(call))
        return {key: item for key, item in value.items() if key in kept}
    return {key: item for key, item in value.items() if key not in listing.hidden}


def _expanded(call: Call) -> tuple[str, ...]:
    return tuple(call.options.get("$expand", "").partition("(")[0].split(","))


def _context(call: Call, listing: Listing) -> str:
    chosen = call.options.get("$select")
    return f"{listing.context}({chosen})" if chosen else listing.context


def _filter(call: Call, objects: list[JsonObject], listing: Listing) -> list[JsonObject]:
    text = call.options.get("$filter")
    if not text:
        return objects
    condition = parse_filter(text)
    _check_uses(call, condition, listing)
    return [item for item in objects if condition.matches(item)]


def _check_uses(call: Call, condition: Filter, listing: Listing) -> None:
    for use in condition.uses:
        if listing.filterable is not None and use.operator not in _operators(listing, use.property):
            raise unsupported_query(
                "Unsupported or invalid query filter clause specified for property"
                f" '{use.property}' of resource '{listing.resource}'."
            )
        if listing.resource and use.operator in ADVANCED and not _is_counted(call):
            raise unsupported_query(
                f"Operator '{use.operator}' needs the header ConsistencyLevel: eventual and $count=true."
            )
        if listing.resource and use.values > call.settings.filter_clauses:
            raise unsupported_query(
                "Too many child clauses specified in search filter expression containing 'OR' operators:"
                f" {use.values}. Max allowed: {call.settings.filter_clauses}."
            )


def _operators(listing: Listing, name: str) -> list[str]:
    return (listing.filterable or {}).get(name, "").split()


def _is_counted(call: Call) -> bool:
    return call.is_advanced and call.options.get("$count") == "true"


def _search(call: Call, objects: list[JsonObject]) -> list[JsonObject]:
    text = call.options.get("$search")
    if not text:
        return objects
    if not call.is_advanced:
        raise unsupported_query(
            "Request with $search query parameter only works with ConsistencyLevel: eventual."
        )
    terms = SEARCH.findall(text)
    if not terms:
        raise bad_request(f"Syntax error in $search: {text}")
    return [item for item in objects if any(_contains(item.get(name), word) for name, word in terms)]


def _contains(value: Json, word: str) -> bool:
    return isinstance(value, str) and word.lower() in value.lower()


def _order(objects: list[JsonObject], text: str) -> list[JsonObject]:
    for part in reversed([part.split() for part in text.split(",") if part.strip()]):
        name, falling = part[0], part[1:] == ["desc"]
        objects = sorted(objects, key=lambda item: str(item.get(name, "")).lower(), reverse=falling)
    return objects


def _page(call: Call) -> tuple[int, int]:
    size = _number(call, "$top", call.settings.page)
    if not 1 <= size <= call.settings.largest_page:
        raise bad_request(
            f"Invalid page size specified: '{size}'. Must be between 1 and {call.settings.largest_page}."
        )
    return _number(call, "$skiptoken", 0), size


def _number(call: Call, option: str, otherwise: int) -> int:
    text = call.options.get(option, str(otherwise))
    if not text.isdecimal():
        raise bad_request(f"Invalid value for {option}: {text}")
    return int(text)


def _next_link(call: Call, start: int) -> str:
    kept = {name: value for name, value in call.options.items() if name != "$skiptoken"}
    return f"{call.base}/{call.path}?{urlencode({**kept, '$skiptoken': start})}"
