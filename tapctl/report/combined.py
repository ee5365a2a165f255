"""Results of several environments, as their runs wrote them in JSON → one account of all.

Each is one run's document of `plan`, `apply`, `drift` or `validate`, or the error in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from tapctl.errors import UsageError
from tapctl.report.report import less_protected
from tapctl.text.words import counted, listed

Status: TypeAlias = Literal[
    "error", "missing", "incomplete", "refused", "stopped", "drift", "changes", "applied", "clean"
]
"""Worst first. `missing`: no result where one was expected; `stopped`: a brake wants a word."""

STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_WRONG: Final = frozenset({"error", "missing", "incomplete", "refused"})
_ACTIONS: Final = ("create", "update", "delete")
_COMMANDS: Final = ("plan", "apply", "drift", "validate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run came to. `command` is empty where it did not get far enough to say."""

    environment: str
    status: Status
    said: str
    command: str = ""
    tenant: str = ""
    notice: str = ""
    changes: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    brakes: tuple[str, ...] = ()
    checksum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """All of them, worst first. `is_strict`: a plan that a brake stops is wrong too."""

    results: tuple[Result, ...]
    is_strict: bool = False

    @property
    def counts(self) -> dict[Status, int]:
        found = Counter(result.status for result in self.results)
        return {status: found[status] for status in STATUSES}

    @property
    def ready(self) -> tuple[Result, ...]:
        """Plans that may be applied, by name."""
        found = [item for item in self.results if item.command == "plan" and item.status == "changes"]
        return tuple(sorted(found, key=lambda item: item.environment))

    @property
    def is_wrong(self) -> bool:
        wrong = _WRONG | {"stopped"} if self.is_strict else _WRONG
        return any(result.status in wrong for result in self.results)

    @property
    def has_drift(self) -> bool:
        return any(result.status == "drift" for result in self.results)


def combine(results: Iterable[Result], expected: Sequence[str] = (), *, is_strict: bool = False) -> Combined:
    """In order, with a result for whatever was expected and is not there."""
    found = [*results]
    there = {result.environment for result in found}
    found += [
        Result(environment=name, status="missing", said="there is no result: its run did not get so far")
        for name in dict.fromkeys(expected)
        if name not in there
    ]
    found.sort(key=lambda result: (STATUSES.index(result.status), result.environment))
    return Combined(results=tuple(found), is_strict=is_strict)


def read_result(document: Any, file: str, name: str, allowed: AbstractSet[str] = frozenset()) -> Result:
    """One run's document; `name` is the environment, should it not say. Raises UsageError if it is none."""
    try:
        if document["version"] != 1:
            raise UsageError(f'"{file}" is of another version of tapctl')
        if "error" in document:
            said = _first_line(document["error"]["message"])
            return Result(environment=_name(document.get("environment") or name), status="error", said=said)
        status, said, brakes = _judged(document, allowed)
        return Result(
            environment=_name(document["environment"]),
            command=document["command"],
            tenant=document["tenant"] or "",
            notice=document["notice"] or "",
            status=status,
            said=said,
            brakes=brakes,
            changes={name: document["summary"][name] for name in _ACTIONS} if "summary" in document else {},
            findings=Counter(item["severity"] for item in document["findings"]),
            checksum=document.get("checksum") or "",
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f'"{file}" is no result of {listed(_COMMANDS)} in JSON') from error


def _name(environment: Any) -> str:
    if not isinstance(environment, str):
        raise TypeError(environment)
    return environment


def _judged(document: Any, allowed: AbstractSet[str]) -> tuple[Status, str, tuple[str, ...]]:
    match document["command"]:
        case "plan":
            return _plan(document, allowed)
        case "apply":
            return *_apply(document), ()
        case "drift":
            return *_drift(document), ()
        case "validate":
            return *(_mistakes(document) or ("clean", "nothing wrong")), ()
        case _:
            raise KeyError("command")


def _plan(document: Any, allowed: AbstractSet[str]) -> tuple[Status, str, tuple[str, ...]]:
    if mistakes := _mistakes(document):
        return *mistakes, ()
    said = [f"{document['summary'][name]} to {name}" for name in _ACTIONS if document["summary"][name]]
    if not said:
        return "clean", "nothing to do", ()
    brakes = [item for item in document["findings"] if item["severity"] == "brake"]
    missing = [item["rule"] for item in brakes if not item["flag"] or item["rule"] not in allowed]
    names = tuple(dict.fromkeys(missing))
    less = less_protected(item["rule"] for item in document["findings"])
    return ("stopped" if names else "changes"), "; ".join([", ".join(said), *less]), names


def _mistakes(document: Any) -> tuple[Status, str] | None:
    count = document["findingCounts"]["error"]
    return ("error", counted(count, "error")) if count else None


def _apply(document: Any) -> tuple[Status, str]:
    outcomes = Counter(outcome["status"] for outcome in document["outcomes"])
    said = ", ".join(f"{count} {status}" for status, count in outcomes.most_common())
    match document["status"]:
        case "applied":
            return "applied", said
        case "nothing-to-do":
            return "clean", "nothing to do"
        case "refused":
            return "refused", _first_line(document["refusal"])
        case status:
            return "incomplete", f"{status}: {said}"


def _drift(document: Any) -> tuple[Status, str]:
    if not document["complete"]:
        return "error", counted(sum(item["severity"] == "error" for item in document["findings"]), "error")
    if document["clean"]:
        return "clean", "no drift"
    count = len(document["drifted"])
    verb = "differs" if count == 1 else "differ"
    return "drift", f"{counted(count, 'object')} {verb}" if count else "the same, but not safe"


def _first_line(message: str) -> str:
    return message.partition("\n")[0]
