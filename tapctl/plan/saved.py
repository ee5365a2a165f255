"""A Plan → a file that anybody may keep, and back: what was reviewed, to be held against a new plan.

The file (schemas/saved-plan.schema.json) is a claim and not a program: nothing is ever sent because of it. It
holds what a plan shows and no secret. Reading is strict and bounded, and tells every mistake at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, cast

from tapctl import __version__, schema
from tapctl.errors import Refused
from tapctl.model import Action, Address, Change, Finding, Json, JsonObject, Plan, dotted
from tapctl.plan.digest import brakes_reviewed, checksum

if TYPE_CHECKING:
    from jsonschema import ValidationError

FORMAT: Final = 1
MOST_BYTES: Final = 64 * 1024 * 1024
_DEEPEST: Final = 50
_MOST_MISTAKES: Final = 20
_LONGEST_VALUE: Final = 80


def as_document(plan: Plan) -> JsonObject:
    """What the file of a plan holds."""
    return {
        "format": FORMAT,
        "tapctl": __version__,
        "environment": plan.environment,
        "tenant": plan.tenant_id,
        "sandbox": plan.is_sandbox,
        "checksum": plan.checksum,
        "changes": [_as_json(change) for change in plan.pending],
        "brakes": [
            {"rule": rule, "address": address or None} for rule, address in brakes_reviewed(plan.findings)
        ],
    }


def _as_json(change: Change) -> JsonObject:
    return {
        "kind": change.address.kind,
        "name": change.address.name,
        "action": change.action,
        "id": change.id,
        "formerName": change.former_name,
        "restores": change.restores,
        "before": change.before,
        "after": change.after,
        "named": {**change.named},
    }


def read_saved_plan(content: bytes, name: str) -> Plan:
    """What a file's content says was reviewed: pending changes, brakes without their words, no no-ops.

    Raises Refused with everything that is wrong with it.
    """
    document = _parsed(content, name)
    mistakes = [*_mistakes(document)]
    if mistakes:
        first, more = mistakes[:_MOST_MISTAKES], len(mistakes) - _MOST_MISTAKES
        told = [*first, f"and {more} more"] if more > 0 else first
        raise Refused("\n  ".join([f'"{name}" is not a plan that tapctl {__version__} saved:', *told]))
    plan = _as_plan(document)
    if checksum(plan) != plan.checksum:
        raise Refused(f'"{name}" was altered: its checksum is not that of its content. Plan and review again')
    return plan


def is_saved_plan(content: bytes) -> bool:
    """Whether a file's content is a plan, of whatever version and however old, or nothing yet."""
    if not content.strip():
        return True
    try:
        found = json.loads(content.decode())
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and {"format", "checksum", "changes"} <= found.keys()


def _parsed(content: bytes, name: str) -> JsonObject:
    if len(content) > MOST_BYTES:
        raise Refused(f'"{name}" is too large for a saved plan: more than {MOST_BYTES // 1024 // 1024} MiB')
    try:
        found = json.loads(content.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else error
        raise Refused(f'"{name}" is not a saved plan: it is no JSON in UTF-8 ({why})') from error
    if not isinstance(found, dict):
        raise Refused(f'"{name}" is not a saved plan: it holds no JSON object')
    if _is_deep(found):
        raise Refused(f'"{name}" is not a saved plan: it is nested more than {_DEEPEST} levels')
    return found


def _is_deep(found: Json) -> bool:
    level = [found]
    for _ in range(_DEEPEST):
        level = [item for value in level for item in _inside(value)]
    return bool(level)


def _inside(value: Json) -> Iterable[Json]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def _no_number(word: str) -> Json:
    raise ValueError(f"{word} is no number")


def _mistakes(document: JsonObject) -> Iterator[str]:
    from jsonschema import Draft202012Validator  # slow to import: not for --help

    if document.get("format") != FORMAT and "format" in document:
        yield f"format is {_quoted(document['format'])}, and this version reads {FORMAT}: plan again with it"
        return
    if isinstance(document.get("tapctl"), str) and document["tapctl"] != __version__:
        yield f"it was saved by tapctl {_quoted(document['tapctl'])}: plan again with this version"
    for error in Draft202012Validator(schema.read("saved-plan")).iter_errors(document):
        yield _said(error)
    yield from _twice(document.get("changes"))


def _said(error: ValidationError) -> str:
    place, wanted = dotted(error.absolute_path) or "the document", cast(Json, error.validator_value)
    match error.validator:
        case "additionalProperties":
            return f"{place} holds what no saved plan has: {error.message}"
        case "required":
            return f"{place}: {error.message}"
        case "type":
            return f"{place} is {_quoted(error.instance)}, which is not of type {_quoted(wanted)}"
        case _:
            said = f"{place} is {_quoted(error.instance)}"
            return f"{said}, which does not meet {error.validator} {_quoted(wanted)}"


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _twice(changes: Json) -> Iterator[str]:
    seen = set()
    for index, item in enumerate(changes if isinstance(changes, list) else ()):
        address = (str(item.get("kind")), str(item.get("name"))) if isinstance(item, dict) else None
        if address is not None and address in seen:
            yield f"changes[{index}] is about {Address(*address)}, as another is"
        seen.add(address)


def _as_plan(document: JsonObject) -> Plan:
    changes, brakes = (cast("list[JsonObject]", document[key]) for key in ("changes", "brakes"))
    return Plan(
        environment=str(document["environment"]),
        tenant_id=str(document["tenant"]),
        is_sandbox=document["sandbox"] is True,
        changes=tuple(_as_change(item) for item in changes),
        findings=tuple(_as_findings(brakes)),
        checksum=str(document["checksum"]),
    )


def _as_findings(brakes: Iterable[JsonObject]) -> Iterator[Finding]:
    for item in brakes:
        kind, slash, name = str(item["address"] or "").partition("/")
        address = Address(kind, name if slash else kind) if kind else None
        yield Finding(rule=str(item["rule"]), severity="brake", message="", address=address)


def _as_change(item: JsonObject) -> Change:
    return Change(
        address=Address(str(item["kind"]), str(item["name"])),
        action=cast(Action, item["action"]),
        reason="reviewed",
        before=cast("JsonObject | None", item["before"]),
        after=cast("JsonObject | None", item["after"]),
        id=cast("str | None", item["id"]),
        former_name=cast("str | None", item["formerName"]),
        restores=cast("str | None", item["restores"]),
        named=cast("dict[str, str]", item["named"]),
    )
