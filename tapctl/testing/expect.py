"""An expectation and a decision → what differs, in sentences; nothing where the test passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

from tapctl.evaluate.decision import Decision
from tapctl.load.settings import quoted
from tapctl.model import Json, JsonObject

_LOGGED: Final = {
    "failure": "reportOnlyFailure",
    "interrupted": "reportOnlyInterrupted",
    "success": "reportOnlySuccess",
    "notApplied": "reportOnlyNotApplied",
}


def differences(expect: JsonObject, decision: Decision) -> tuple[str, ...]:
    """Only what the expectation says is compared."""
    return tuple(_differences(expect, decision))


def _differences(expect: JsonObject, decision: Decision) -> Iterator[str]:
    yield from _verdict(expect, decision)
    for key, found in (
        ("by", decision.by),
        ("unmet", decision.unmet),
        ("skippedForProofUp", decision.skipped_for_proof_up),
    ):
        if key in expect:
            yield from _set(key, _texts(expect[key]), found)
    for key, text in (("reason", decision.reason), ("detail", decision.detail)):
        if key in expect and expect[key] != text:
            yield f"{key} is {quoted(text) if text else 'nothing'}, not {quoted(expect[key])}"
    for need in _texts(expect.get("needs")):
        if not _is_needed(need, decision):
            said = "; ".join((*decision.unmet, *decision.needs)) or "nothing"
            yield f"needs does not hold {quoted(need)}: what is needed is {said}"
    yield from _policies(expect, decision)


def _verdict(expect: JsonObject, decision: Decision) -> Iterator[str]:
    wanted = _texts(expect.get("decisionAnyOf")) or _texts(expect.get("decision"))
    if wanted and decision.verdict not in wanted:
        yield f"decision is {decision.verdict}, not {' or '.join(wanted)}"


def _is_needed(need: str, decision: Decision) -> bool:
    """One of the unmet controls, with or without what it is, or words out of what would open the door."""
    controls = {*decision.unmet, *(key.partition(":")[2] for key in decision.unmet)}
    return need in controls or any(need.casefold() in text.casefold() for text in decision.needs)


def _policies(expect: JsonObject, decision: Decision) -> Iterator[str]:
    results = {item.policy: item for item in decision.policies}
    wanted = {**_object(expect, "policies")}
    wanted |= {name: _LOGGED[str(word)] for name, word in _object(expect, "reportOnly").items()}
    for name, result in wanted.items():
        if decision.verdict == "refusedBeforePolicy":
            yield f"{quoted(name)} was not consulted, where {result} is expected"
        elif results[name].result != result:
            yield f"{quoted(name)} is {results[name].result}, not {result}"
    for name, reasons in _object(expect, "reasons").items():
        found = results[name].reasons if name in results else ()
        yield from _set(f"reasons of {quoted(name)}", _texts(reasons), found)


def _set(what: str, wanted: Iterable[str], found: Iterable[str]) -> Iterator[str]:
    if set(wanted) != set(found):
        yield f"{what} is [{', '.join(found)}], not [{', '.join(wanted)}]"


def _texts(value: Json) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(map(str, items))


def _object(expect: JsonObject, key: str) -> JsonObject:
    return cast(JsonObject, expect.get(key, {}))
