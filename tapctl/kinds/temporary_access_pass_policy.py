"""TemporaryAccessPassPolicy: who may use a Temporary Access Pass, how long it is and how long it lasts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from tapctl.kind import Effect
from tapctl.kinds._authentication_method import is_widened, method_configuration
from tapctl.kinds._verdicts import wrong
from tapctl.model import JsonObject, Resource, Verdict

_SHORTEST, _LONGEST = 10, 43_200  # minutes; the schema speaks about what is outside
_LIFETIMES = ("minimumLifetimeInMinutes", "defaultLifetimeInMinutes", "maximumLifetimeInMinutes")


def _rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    """minimum <= default <= maximum: Graph states the range, and refuses what breaks it without naming it."""
    for low, high in itertools.pairwise(_LIFETIMES):
        least, most = spec.get(low), spec.get(high)
        if isinstance(least, int) and isinstance(most, int) and _SHORTEST <= most < least <= _LONGEST:
            field = low if low in resource.spec else high
            yield wrong(
                (field,),
                f"{low} ({least} minutes) is more than {high} ({most} minutes)",
                "Lifetimes must satisfy minimum <= default <= maximum; one left out has its default "
                "(60, 60 and 480 minutes).",
                rule="lifetimes-out-of-order",
            )


def _effect(before: JsonObject, after: JsonObject) -> Effect:
    """Whatever lets more people use a pass, or use it longer or more often, waits for the policies."""
    loosens = (
        is_widened(before, after)
        or (before.get("isUsableOnce") is True and after.get("isUsableOnce") is not True)
        or _number(after, "maximumLifetimeInMinutes") > _number(before, "maximumLifetimeInMinutes")
        or _number(after, "defaultLifetimeInMinutes") > _number(before, "defaultLifetimeInMinutes")
    )
    return "loosens" if loosens else "tightens"


def _number(spec: JsonObject, name: str) -> int:
    value = spec.get(name)
    return value if isinstance(value, int) else 0


KIND = method_configuration(
    "TemporaryAccessPassPolicy",
    "TemporaryAccessPass",
    "temporaryAccessPassAuthenticationMethodConfiguration",
    rules=_rules,
    effect=_effect,
)
