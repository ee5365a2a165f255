"""What this tenant's service has beyond the shapes of v1.0: what a tenant answers with, it takes back.

Preview features reach tenants before v1.0's published schema. Loading an export therefore teaches the
service the properties, enum members, types and words that only the export has, and it remembers them until a
reset, so that such objects can be deleted and made again. What no tenant ever held is refused, as Graph does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tapctl.sandbox.check import mismatches, order_flags, type_named
from tapctl.sandbox.rules import references
from tapctl.sandbox.shapes import SHAPES
from tapctl.sandbox.store import Store
from tapctl.sandbox.strength_facts import COMBINATIONS
from tapctl.sandbox.tenant import CONTEXTS, LOCATIONS, POLICIES, STRENGTHS
from tapctl.sandbox.values import Json, JsonObject, is_guid

LEARNED = "(learned)"  # no collection of Graph's: it is neither served nor dumped
_METHODS_POLICY = "policies/authenticationMethodsPolicy"
_METHODS = f"{_METHODS_POLICY}/authenticationMethodConfigurations"
_DELETED = "identity/conditionalAccess/deletedItems"
_SHAPES: Mapping[str, str] = {
    POLICIES: "conditionalAccessPolicy",
    f"{_DELETED}/policies": "conditionalAccessPolicy",
    LOCATIONS: "namedLocation",
    f"{_DELETED}/namedLocations": "namedLocation",
    STRENGTHS: "authenticationStrengthPolicy",
    CONTEXTS: "authenticationContextClassReference",
    _METHODS_POLICY: "authenticationMethodsPolicy",
    "groups": "group",
}
_EXPANDED = "authenticationStrengthPolicy(reference)/"  # answers hold the whole where bodies take the id


def learned(store: Store) -> Callable[[], frozenset[str]]:
    """What the service has beyond v1.0, for check_body to ask."""
    return partial(known, store)


def known(store: Store) -> frozenset[str]:
    """What is remembered, and what the tenant holds now, deleted items included."""
    return remembered(store) | frozenset(_strange(store))


def remembered(store: Store) -> frozenset[str]:
    """What earlier loads taught."""
    found = store.get(LEARNED, LEARNED)
    return frozenset(found["names"]) if found else frozenset()


def remember(store: Store, names: frozenset[str]) -> None:
    """Keep these, beside what the tenant holds now."""
    if everything := names | frozenset(_strange(store)):
        store.put(LEARNED, {"id": LEARNED, "names": sorted(everything)})


def is_learned_word(store: Store, kind: str, word: str) -> bool:
    """Whether a policy may hold this word in place of an id (`AllAgentIdResources`, say)."""
    return not is_guid(word) and f"{kind}={word}" in known(store)


def is_learned_combination(store: Store, combination: str) -> bool:
    """Whether a strength may hold this combination, its flags in order, although v1.0 does not list it."""
    return f"combination={combination}" in known(store)


def _strange(store: Store) -> Iterator[str]:
    for collection, shape in _SHAPES.items():
        for item in store.objects(collection).values():
            if item.get("policyType") == "builtIn":
                continue
            yield from _beyond(item, shape)
            if shape == "conditionalAccessPolicy":
                yield from _words(item)
    for item in store.objects(STRENGTHS).values():
        combinations = (order_flags(each, "methodModes") for each in item.get("allowedCombinations") or [])
        yield from (f"combination={each}" for each in combinations if each not in COMBINATIONS)
    for item in store.objects(_METHODS).values():
        if (shape := type_named(item)) in SHAPES:
            yield from _beyond(item, shape)


def _beyond(item: JsonObject, shape: str) -> Iterator[str]:
    names = (mismatch.newer for mismatch in mismatches(_said(item), shape))
    return (name for name in names if name and "@" not in name and not name.startswith(_EXPANDED))


def _words(policy: JsonObject) -> Iterator[str]:
    """What stands where ids do and is none."""
    return (f"{kind}={value}" for kind, value in references(policy) if not is_guid(value))


def _said(value: Json) -> Json:
    """Without nulls: answers carry keys that the schema does not know, and that nobody may send back."""
    if isinstance(value, dict):
        return {key: _said(item) for key, item in value.items() if item is not None}
    return [_said(item) for item in value] if isinstance(value, list) else value
