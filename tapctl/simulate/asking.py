"""What `given` is read against, and where its mistakes go; names of the workspace are checked here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from tapctl.facts.specs import spelled
from tapctl.load.settings import quoted, suggestion
from tapctl.model import JsonObject, Path
from tapctl.reference import parse
from tapctl.simulate.words import is_moment, text_at, texts_of
from tapctl.simulate.workspace import Company

Report: TypeAlias = Callable[[Path, str, str], None]
"""Path inside `given`, what is wrong, what to do."""

_SPELLED: Final = ("Group", "NamedLocation", "Role")
"""Kinds whose names the evaluator compares as policies spell them."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A company, the day that stands for those that are not said, and a place for mistakes."""

    company: Company
    today: date
    report: Report

    def known(self, kind: str, written: JsonObject, *path: str) -> tuple[str, ...]:
        """The names at a path, as policies spell them. Each has to be known: another one decides nothing."""
        value, names = written.get(path[-1]), self.company.names(kind)
        found: list[str] = []
        for index, word in enumerate(texts_of(value)):
            text = _as_listed(word, names) if kind == "Role" else word
            reference = parse(text, (kind,), {})
            if reference.form == "name" and reference.text not in names and text not in names:
                where: Path = (*path, index) if isinstance(value, list) else path
                message = f"names {quoted(text)}, which is no {kind} of this workspace"
                self.report(where, message + suggestion(text, names), self._remedy(kind, text))
            found.append(self._as_spelled(kind, reference.form == "id", reference.text))
        return tuple(found)

    def _as_spelled(self, kind: str, is_id: bool, text: str) -> str:
        if kind not in _SPELLED:
            return f"id:{text}" if is_id else text
        return self.company.specs.of_id(kind, text) if is_id else spelled(kind, text)

    def _remedy(self, kind: str, name: str) -> str:
        if name == "none":
            return "For none of them write an empty list: []."
        if any(
            address.kind == kind and address.name == name
            for address in self.company.checked.workspace.elsewhere
        ):
            environment = self.company.checked.workspace.environment.name
            return f"It is declared, but not for {environment}: say `environments:` in the test."
        if kind == "Role":
            return "Correct the name, or write the template id: it is not built in, and no policy names it."
        return "Correct the name: nothing here declares it or refers to it."

    def moment(self, written: JsonObject, key: str, path: Path = ()) -> str:
        text = text_at(written, key) or ""
        if text and not is_moment(text):
            message = f"is {quoted(text)}, which is not a time with an offset"
            self.report((*path, key), message, "Write 2026-09-01T08:00:00Z.")
            return ""
        return text

    @property
    def is_one_time(self) -> bool:
        """What passes of this tenant are, unless somebody says otherwise."""
        policy = self.company.facts.pass_policy
        return policy is None or policy.is_usable_once


def _as_listed(word: str, names: Iterable[str]) -> str:
    """A role's name in the letter case it is listed in: no two roles differ in nothing else."""
    return next((name for name in names if name.casefold() == word.casefold()), word)
