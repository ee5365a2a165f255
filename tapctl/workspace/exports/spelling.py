"""An exported object → the same in Graph's own spelling, with what cannot be what Graph answered reported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tapctl.canonical import sort_key
from tapctl.load.settings import quoted
from tapctl.model import Json, JsonObject, Severity
from tapctl.model import Path as JsonPath
from tapctl.reference import GUID
from tapctl.schema import Field
from tapctl.workspace.exports.recognise import flattened

_PLACEHOLDER = re.compile(
    r"%[A-Za-z][\w.-]*%|<[A-Za-z][\w .-]*>|\{\{.*?\}\}|\[\[.*?\]\]|\$[({][\w.]+[)}]|__[A-Z_]+__"
    r"|REPLACE[-_ ]?(WITH|ME)",
)
_CUT_OFF = re.compile(r"System\.(Collections|Object)\b.*|Microsoft\.Graph\.PowerShell\..*|@\{.*\}", re.DOTALL)
_DATE = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWER_WORD = re.compile(r"All[A-Z][A-Za-z]*")  # AllAgentIdResources; names of one such word are rare
_CONTEXT_ID = re.compile(r"c\d{1,2}", re.IGNORECASE)
_ENTRIES = {"country": re.compile(r"[A-Za-z]{2}"), "combination": re.compile(r"\w+(,\w+)*")}


class Report(Protocol):
    """Tells of something at a place in the export."""

    def __call__(
        self, rule: str, severity: Severity, message: str, path: JsonPath, remedy: str = ""
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Speller:
    """Puts an object into Graph's own spelling, and reports what cannot be what Graph answered."""

    report: Report

    def mapping(self, field: Field | None, value: JsonObject, path: JsonPath) -> JsonObject:
        result: JsonObject = {}
        known = field.properties if field else {}
        names = {name.lower(): name for name in known}
        for key, item in flattened(value):
            name = key if key in known else names.get(key.lower()) or _camel(key)
            spelled = self._value(known.get(name), item, (*path, key))
            had = result.get(name)
            if had is not None and spelled is not None and sort_key(had) != sort_key(spelled):
                message = f"{quoted(name)} stands twice, differently; the last counts"
                self.report("duplicate-property", "error", message, (*path, key))
            result[name] = had if spelled is None else spelled
        if isinstance(type_ := result.get("@odata.type"), str) and type_.startswith("microsoft.graph."):
            result["@odata.type"] = f"#{type_}"
        return result

    def _value(self, field: Field | None, value: Json, path: JsonPath) -> Json:
        if field and field.type == "array" and field.items is not None and not field.is_flags:
            value = self._rolled(field.items, value, path)
        match value:
            case str():
                return self._text(field, value, path)
            case list():
                items = field.items if field else None
                said = [
                    (index, item)
                    for index, item in enumerate(value)
                    if not self._is_blank(items, item, (*path, index))
                ]
                return [self._value(items, item, (*path, index)) for index, item in said]
            case dict():
                date = value.get("value") if {key.lower() for key in value} >= {"value", "datetime"} else None
                if isinstance(date, str) and _DATE.fullmatch(date):
                    return _date(date)
                return self.mapping(field, value, path)
            case _:
                return value

    def _rolled(self, items: Field, value: Json, path: JsonPath) -> Json:
        """A list as Graph has it: PowerShell writes a list of one as its entry, wraps lists with their count,
        and joins the words of one that is too deep, which is no word at all where it is empty."""
        held: Json
        if isinstance(value, dict) and {key.lower() for key in value} == {"value", "count"}:
            held = next(item for key, item in value.items() if key.lower() == "value")
        elif isinstance(value, str) and not value.strip():
            held = []
        elif isinstance(value, str) and " " in value.strip() and not _is_name(items, value):
            held = [*value.split()] if all(_is_word(items, part) for part in value.split()) else value
        else:
            held = [value] if isinstance(value, (str, dict)) and value else value
        if held == value:
            return value
        self.report("export-unrolled", "note", f"{quoted(value)} stands for a list; it is read as one", path)
        return held if isinstance(held, list) else [held]

    def _is_blank(self, items: Field | None, entry: Json, path: JsonPath) -> bool:
        """A reference to nobody: a template's text that was never filled in."""
        is_blank = bool(items and items.references) and isinstance(entry, str) and not entry.strip()
        if is_blank:
            message = "an entry is blank; it is left out"
            self.report("export-blank", "warning", message, path, "Put in whom or what it stands for.")
        return is_blank

    def _text(self, field: Field | None, text: str, path: JsonPath) -> str:
        if _SURROGATE.search(text):
            message = "holds half a character; it is replaced by U+FFFD"
            self.report("export-encoding", "error", message, path)
            text = _SURROGATE.sub("\ufffd", text)
        if _CUT_OFF.fullmatch(text):
            message = f"{quoted(text)} is where PowerShell cut the object off"
            self.report("export-cut-off", "error", message, path, "Export with ConvertTo-Json -Depth 20.")
            return text
        is_placeholder = _PLACEHOLDER.search(text) and not (field and field.is_read_only)
        if is_placeholder:
            message = f"{quoted(text)} holds a template's placeholder"
            self.report("export-placeholder", "warning", message, path, "Put in what it stands for.")
        if field and field.references and text.strip() and not _is_id(field, text):
            return self._name(field, text, path, is_told=not is_placeholder)
        return _date(text) if _DATE.fullmatch(text) else text

    def _name(self, field: Field, text: str, path: JsonPath, *, is_told: bool) -> str:
        """What stands in place of an id: a word that Graph has by now, or the name that a template gives."""
        if field.words and _NEWER_WORD.fullmatch(text):
            message = f"{quoted(text)} is no word that tapctl knows; it is kept, under newer:"
            self.report("export-word", "note", message, path)
            return text
        if is_told:
            what = " or ".join(f"{_article(kind)} {kind}" for kind in field.references)
            message = f"{quoted(text)} is no id; it is taken as the name of {what}"
            self.report("export-name", "note", message, path)
        return f"name:{text}"


def _is_word(items: Field, text: str) -> bool:
    """Whether a word may be an entry by itself: one of Graph's, an id, or what the entries look like."""
    is_known = text.lower() in {**items.enum, **items.words} or bool(GUID.fullmatch(text))
    return is_known or (items.format in _ENTRIES and bool(_ENTRIES[items.format].fullmatch(text)))


def _is_name(items: Field, text: str) -> bool:
    """A template's name of a group may have spaces; ids in a row have none of their own."""
    return bool(items.references) and not any(_is_word(items, part) for part in text.split())


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIO" else "a"


def _is_id(field: Field, text: str) -> bool:
    is_context = "AuthenticationContext" in field.references and _CONTEXT_ID.fullmatch(text)
    return bool(GUID.fullmatch(text.strip()) or text.strip().lower() in field.words or is_context)


def _camel(key: str) -> str:
    """No property of Graph begins with a capital: those that do come from .NET."""
    if key.lower() == "odatatype":
        return "@odata.type"
    return key[:1].lower() + key[1:]


def _date(text: str) -> str:
    """What old .NET serialisers make of a date; one outside the calendar stays as it is."""
    found = _DATE.fullmatch(text)
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1] if found else text))
    except OverflowError:
        return text
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
