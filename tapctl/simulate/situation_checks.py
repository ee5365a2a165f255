"""What is wrong with JSON situations, all of it, each at its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Final, cast

from tapctl.kind import Kind
from tapctl.load.settings import quoted
from tapctl.model import Finding, Json, JsonObject, Path, Source, dotted
from tapctl.simulate.fixture import first
from tapctl.simulate.policy_checks import shape_findings, slip_findings
from tapctl.simulate.situation_finding import wrong
from tapctl.simulate.word_checks import word_findings
from tapctl.validate.verdicts import verdicts

SITUATION: Final = Kind(name="Situation", path="", documentation="", read_permission="", write_permissions=())
FIXTURE: Final = replace(SITUATION, name="Fixture")
_HOLDS_TIMES: Final = (
    "pass",
    "tap",
    "passIssued",
    "issuesPass",
    "request",
    "signIn",
    "user",
    "users",
    "effect",
)


def schema_findings(kind: Kind, value: Json, source: Source, path: Path = ()) -> Iterator[Finding]:
    """What the schema has against a value that stands at a path."""
    if not isinstance(value, dict):
        yield wrong(source, path, f"is {quoted(value)}, which is not an object", "wrong-type")
        return
    where = f"{dotted(path)}: " if path else ""
    for verdict in verdicts(kind, value):
        place = source.place(*path, *verdict.path)
        message = where + verdict.message
        yield Finding(rule=verdict.rule, severity="error", message=message, help=verdict.help, place=place)


def own_findings(written: JsonObject, source: Source, path: Path) -> Iterator[Finding]:
    """What no schema says: times and days, Graph's words, and the shapes and names of policies.

    What the schema has something against already is passed over.
    """
    yield from _time_findings(written, source, path)
    yield from word_findings(written, source, path)
    yield from _policy_findings(written, source, path)


def _time_findings(value: Json, source: Source, path: Path) -> Iterator[Finding]:
    """Times and days are read by the evaluator, which expects them to be right. What a request for a pass
    starts with is judged there."""
    for key, item in value.items() if isinstance(value, dict) else ():
        here = (*path, key)
        if key == "asOf" and isinstance(item, str) and not _is_day(item):
            yield wrong(source, here, f"is {quoted(item)}, which is not a day", remedy="Write 2026-09-01.")
        elif key in ("now", "start", "startDateTime") and isinstance(item, str):
            if not _is_moment(item, needs_offset=path[-1:] != ("request",) or key == "now"):
                message = f"is {quoted(item)}, which is not a time with an offset"
                yield wrong(source, here, message, remedy="Write 2026-09-01T08:00:00Z.")
        elif key in _HOLDS_TIMES:
            yield from _time_findings(item, source, here)
        elif key == "steps" and isinstance(item, list):
            for index, step in enumerate(item):
                yield from _time_findings(step, source, (*here, index))
        elif path[-1:] == ("users",):
            yield from _time_findings(item, source, here)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str, *, needs_offset: bool) -> bool:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return False
    return found.tzinfo is not None or not needs_offset


def named_policies(written: JsonObject) -> Iterator[tuple[Path, str | None, JsonObject]]:
    """Each policy with its path in the situation and its name, if it has one."""
    policies = written.get("policies")
    if isinstance(policies, dict):
        for name, policy in policies.items():
            yield ("policies", name), name, cast(JsonObject, policy)
    for index, policy in enumerate(policies if isinstance(policies, list) else ()):
        spec = policy if isinstance(policy, dict) else {}
        known_as = first(spec, "id", "displayName")
        yield ("policies", index), known_as if isinstance(known_as, str) else None, cast(JsonObject, policy)


def _policy_findings(written: JsonObject, source: Source, path: Path) -> Iterator[Finding]:
    seen: set[str] = set()
    for inner, name, policy in named_policies(written):
        here = (*path, *inner)
        if not isinstance(policy, dict):
            if isinstance(written.get("policies"), dict):
                yield wrong(source, here, f"is {quoted(policy)}, which is not an object", "wrong-type")
            continue
        yield from shape_findings(policy, source, here)
        yield from slip_findings(policy, source, here)
        if name is None:
            yield wrong(source, here, "has neither id nor displayName", "missing-property")
        elif name in seen:
            yield wrong(source, here, f"is a second policy {quoted(name)}; give it another id")
        seen.add(name or "")
