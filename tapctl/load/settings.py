"""`tapctl.yaml` → Settings; and Section, through which every file of the folder is read and checked."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tapctl.model import Address, BreakGlass, Finding, Json, JsonObject, Limits, Path, Settings, Source
from tapctl.text.patterns import is_everything

MAX_NAME: Final = 256
MAX_CANDIDATES: Final = 2_000
SEVERITIES: Final = ("error", "warning", "note", "off")
UPN = re.compile(r"[^@\s]+@[^@\s]+")
# What a control character does to a terminal or a line-based format, the line separators included.
CONTROL: Final = ("Cc", "Zl", "Zp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One mapping of a file: hands out its properties by name and type, and reports those that are wrong."""

    value: JsonObject
    source: Source
    findings: list[Finding]
    path: Path = ()
    address: Address | None = None

    def report(self, rule: str, message: str, *key: str | int, remedy: str = "") -> None:
        place = self.source.place(*self.path, *key)
        found = Finding(
            rule=rule, severity="error", message=message, help=remedy, place=place, address=self.address
        )
        self.findings.append(found)

    def label(self, *key: str | int) -> str:
        return ".".join(str(part) for part in (*self.path, *key))

    def only(self, known: Collection[str]) -> None:
        for key in self.value:
            if key not in known:
                message = f"{quoted(self.label(key))} is not a property here{suggestion(key, known)}"
                self.report("unknown-property", message, key, remedy="Remove it or correct its name.")

    def required(self, key: str) -> bool:
        if key not in self.value:
            self.report("missing-property", f"{quoted(self.label(key))} is missing", remedy=f"Add `{key}:`.")
        return key in self.value

    def wrong_type(self, expected: str, *key: str | int, value: Json) -> None:
        message = f"{self.label(*key)} is {quoted(value)}, which is not {expected}"
        self.report("wrong-type", message, *key, remedy=f"Write {expected}.")

    def text(self, key: str, expected: str = "text") -> str | None:
        value = self.value.get(key)
        if key in self.value and not isinstance(value, str):
            self.wrong_type(f"{expected} (numbers, true and null need quotes)", key, value=value)
        return value if isinstance(value, str) else None

    def matching(self, key: str, pattern: re.Pattern[str], expected: str) -> str | None:
        value = self.text(key, expected)
        if value is not None and not pattern.fullmatch(value):
            self.report("wrong-value", f"{self.label(key)} is {quoted(value)}, which is not {expected}", key)
            return None
        return value

    def choice(self, key: str, choices: Collection[str], default: str | None = None) -> str | None:
        value = self.text(key)
        if value is not None and value not in choices:
            message = f"{self.label(key)} is {quoted(value)}{suggestion(value, choices)}"
            self.report("unknown-value", message, key, remedy=f"Write one of {', '.join(choices)}.")
            return default
        return default if value is None else value

    def number(self, key: str, default: float, *, whole: bool) -> float:
        value = self.value.get(key, default)
        expected = "a whole number, 0 or more" if whole else "a number, 0 or more"
        if isinstance(value, bool) or not isinstance(value, (int,) if whole else (int, float)) or value < 0:
            self.wrong_type(expected, key, value=value)
            return default
        return value

    def truth(self, key: str) -> bool | None:
        value = self.value.get(key)
        if key in self.value and not isinstance(value, bool):
            self.wrong_type("true or false", key, value=value)
        return value if isinstance(value, bool) else None

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(text for _, text in self.texts_at(key))

    def texts_at(self, key: str) -> Iterator[tuple[int, str]]:
        """The texts of a list with their positions, so that a caller can report one of them."""
        for index, item in self._items(key, "a list of texts"):
            if isinstance(item, str) and item.strip():
                yield index, item
            else:
                self.wrong_type("text that is not blank", key, index, value=item)

    def _items(self, key: str, expected: str) -> Iterable[tuple[int, Json]]:
        value = self.value.get(key)
        if value is None or isinstance(value, list):
            return enumerate(value or ())
        self.wrong_type(f"{expected}, such as [{quoted(value)}]", key, value=value)
        return ()

    def mapping(self, key: str) -> JsonObject | None:
        value = self.value.get(key)
        if value is not None and not isinstance(value, dict):
            self.wrong_type("a mapping of properties", key, value=value)
        return value if isinstance(value, dict) else None

    def section(self, key: str) -> Section:
        """The mapping at `key`; an empty one where there is none."""
        return self._within(self.mapping(key) or {}, key)

    def sections(self, key: str) -> Iterator[Section]:
        """The mappings of a list."""
        for index, item in self._items(key, "a list of mappings"):
            if isinstance(item, dict):
                yield self._within(item, key, index)
            else:
                self.wrong_type("a mapping of properties", key, index, value=item)

    def _within(self, value: JsonObject, *key: str | int) -> Section:
        path = (*self.path, *key)
        return Section(
            value=value, source=self.source, findings=self.findings, path=path, address=self.address
        )

    def name(self, key: str) -> str | None:
        value = self.text(key)
        return value if value is not None and self.good_name(value, key) else None

    def good_name(self, name: str, *key: str | int) -> bool:
        """Whether `name` can be an object's name; says what is wrong with it otherwise."""
        if not name.strip():
            wrong = "is empty"
        elif len(name) > MAX_NAME:
            wrong = f"has {len(name)} characters; {MAX_NAME} is the most"
        elif bad := next((char for char in name if unicodedata.category(char) in CONTROL), None):
            wrong = f"holds the control character U+{ord(bad):04X}; remove it"
        else:
            return True
        self.report("bad-name", f"{self.label(*key)} {quoted(name)} {wrong}", *key)
        return False

    def kind(self, key: str, known_kinds: Iterable[str]) -> str | None:
        if not self.required(key):
            return None
        kind = self.text(key)
        if kind is not None and kind not in (known := tuple(known_kinds)):
            message = f"{self.label(key)} {quoted(kind)} is not known{suggestion(kind, known)}"
            self.report("unknown-kind", message, key, remedy=f"Known kinds are {', '.join(known)}.")
            return None
        return kind


def quoted(value: Json) -> str:
    """As JSON in one short line, control characters escaped."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{_escaped(value)}"'
    return text if len(text) <= 100 else f"{text[:96]}...{text[-1]}"


def _escaped(text: str) -> str:
    return "".join(
        char if unicodedata.category(char) not in CONTROL else f"\\u{ord(char):04x}" for char in text[:101]
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant: letter case first, then likeness, then the shortest of which it
    is a part in whole words (Teams: Microsoft Teams)."""
    names = [*known]
    if len(name) > MAX_NAME or len(names) > MAX_CANDIDATES:
        return None
    folded = {candidate.casefold(): candidate for candidate in names}
    if exact := folded.get(name.casefold()):
        return exact
    found = difflib.get_close_matches(name.casefold(), folded, 1)
    if found:
        return folded[found[0]]
    words = frozenset(name.casefold().split())
    longer = [candidate for candidate in sorted(folded, key=len) if words and words < {*candidate.split()}]
    return folded[longer[0]] if longer else None


def suggestion(name: str, known: Iterable[str]) -> str:
    found = nearest(name, known)
    return f"; did you mean {quoted(found)}?" if found else ""


def read_settings(section: Section, known_kinds: Mapping[str, bool]) -> Settings:
    """`break_glass` may hold variables: the section comes expanded for one environment."""
    section.only(("defaultEnvironment", "ownership", "breakGlass", "limits", "lint"))
    return Settings(
        default_environment=section.text("defaultEnvironment") or "sandbox",
        ownership=_ownership(section.section("ownership"), known_kinds),
        break_glass=_break_glass(section.section("breakGlass")),
        limits=_limits(section.section("limits")),
        severities=_severities(section.section("lint")),
        source=section.source,
    )


def _ownership(section: Section, known_kinds: Mapping[str, bool]) -> dict[str, tuple[str, ...]]:
    owned = {kind: section.texts(kind) for kind in section.value if _can_own(section, kind, known_kinds)}
    for kind, patterns in owned.items():
        if (pattern := next(filter(is_everything, patterns), None)) is not None:
            message = f"ownership.{kind} {quoted(pattern)} deletes every {kind} that no document declares"
            place = section.source.place(*section.path, kind)
            remedy = "Own only names that begin with a prefix of your own."
            finding = Finding(
                rule="owns-everything", severity="warning", message=message, help=remedy, place=place
            )
            section.findings.append(finding)
    return owned


def _can_own(section: Section, kind: str, known_kinds: Mapping[str, bool]) -> bool:
    if kind not in known_kinds:
        message = f"{quoted(section.label(kind))} is not a known kind{suggestion(kind, known_kinds)}"
        section.report("unknown-kind", message, kind, remedy=f"Known kinds are {', '.join(known_kinds)}.")
    elif kind == "Group":
        message = f"ownership of {quoted(kind)} is refused: a group is deleted only by its own document"
        section.report("ownership-refused", message, kind, remedy="Remove it; use `ensure: absent`.")
    elif known_kinds[kind]:
        message = f"ownership of {quoted(kind)} is refused: there is only one and it cannot be deleted"
        section.report("ownership-refused", message, kind, remedy="Remove it.")
    else:
        return True
    return False


def _break_glass(section: Section) -> BreakGlass:
    section.only(("accounts", "groups", "policies"))
    accounts = tuple(
        account for index, account in section.texts_at("accounts") if _is_upn(section, index, account)
    )
    return BreakGlass(accounts=accounts, groups=section.texts("groups"), policies=section.texts("policies"))


def _is_upn(section: Section, index: int, account: str) -> bool:
    if UPN.fullmatch(account):
        return True
    message = f"{section.label('accounts', index)} is {quoted(account)}, which is not a userPrincipalName"
    section.report("wrong-value", message, "accounts", index, remedy="Write name@domain.")
    return False


def _limits(section: Section) -> Limits:
    section.only(("deletions", "updates"))
    usual = Limits()
    return Limits(
        deletions=int(section.number("deletions", usual.deletions, whole=True)),
        updates=int(section.number("updates", usual.updates, whole=True)),
    )


def _severities(section: Section) -> dict[str, str]:
    section.only(("severities",))
    chosen = section.section("severities")
    return {rule: severity for rule in chosen.value if (severity := chosen.choice(rule, SEVERITIES))}
