"""Files that hold what Graph answered → the objects in them, in Graph's own spelling, and findings.

A file may be one object, a list, a page (`{"value": [...]}`), a whole tenant by collection path, any of these
inside a JSON string, or what PowerShell makes of the SDK's objects; in any encoding that Windows writes.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple

from tapctl.canonical import at, is_noise, sort_key
from tapctl.environment import GUID
from tapctl.errors import UsageError
from tapctl.kinds import kinds
from tapctl.model import Finding, Json, JsonObject, Place, Severity, Source, errors_in
from tapctl.model import Path as JsonPath
from tapctl.numbers import NotANumberError, loads
from tapctl.schema import Field
from tapctl.settings import quoted

MAX_BYTES: Final = 64 << 20
MAX_FILES: Final = 10_000
_SOME: Final = 5  # names in one message
_STRENGTHS: Final = "AuthenticationStrength"
_CONFIGURATIONS: Final = "authenticationMethodConfigurations"
_FLATTENED: Final = ("additionalproperties", "additionaldata")  # where SDKs keep what their classes lack

_ENCODINGS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TYPES: Final = {
    "conditionalaccesspolicy": "ConditionalAccessPolicy",
    "namedlocation": "NamedLocation",
    "ipnamedlocation": "NamedLocation",
    "countrynamedlocation": "NamedLocation",
    "compliantnetworknamedlocation": "NamedLocation",
    "authenticationstrengthpolicy": "AuthenticationStrength",
    "authenticationcontextclassreference": "AuthenticationContext",
    "authenticationmethodspolicy": "AuthenticationMethodsPolicy",
    "group": "Group",
}
# Where Graph says that an object is: in @odata.context, in @odata.id, or as a tenant file's key.
_PATHS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"conditionalAccess/policies|conditionalAccessPolicies", "ConditionalAccessPolicy"),
        (r"namedLocations", "NamedLocation"),
        (r"authenticationStrengthPolicies|authenticationStrengths?/policies", "AuthenticationStrength"),
        (r"authenticationContextClassReferences", "AuthenticationContext"),
        (_CONFIGURATIONS, _CONFIGURATIONS),
        (r"authenticationMethodsPolicy", "AuthenticationMethodsPolicy"),
        (r"(^|[/#])groups(\([^')]*\))?(/\$entity|/[0-9a-f-]{36})?$", "Group"),
    )
)
# Properties, in lower case, that tell a kind: all of one of the groups.
_PROPERTIES: Final = (
    ("ConditionalAccessPolicy", ({"conditions", "state"}, {"conditions", "grantcontrols"})),
    ("NamedLocation", ({"ipranges"}, {"countriesandregions"})),
    ("AuthenticationStrength", ({"allowedcombinations"},)),
    ("AuthenticationContext", ({"isavailable", "id"},)),
    (
        "AuthenticationMethodsPolicy",
        ({"registrationenforcement"}, {"policymigrationstate"}, {_CONFIGURATIONS.lower()}),
    ),
    ("ExternalAuthenticationMethod", ({"openidconnectsetting", "appid"},)),
    ("Group", ({"securityenabled", "displayname"}, {"membershiprule"}, {"grouptypes"})),
)
# Kinds that their properties tell without fail, whatever stands around them.
_WRAPPED: Final = ("ConditionalAccessPolicy", "NamedLocation", _STRENGTHS, "AuthenticationMethodsPolicy")
_PLACEHOLDER = re.compile(
    r"%[A-Za-z][\w.-]*%|<[A-Za-z][\w .-]*>|\{\{.*?\}\}|\[\[.*?\]\]|\$[({][\w.]+[)}]|__[A-Z_]+__"
    r"|REPLACE[-_ ]?(WITH|ME)",
)
_CUT_OFF = re.compile(r"System\.(Collections|Object)\b.*|Microsoft\.Graph\.PowerShell\..*|@\{.*\}", re.DOTALL)
_DATE = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWER_WORD = re.compile(r"All[A-Z][A-Za-z]*")  # AllAgentIdResources; names of one such word are rare
_CONTEXT_ID = re.compile(r"c\d{1,2}", re.IGNORECASE)
_TRAILING_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])', re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:\n]|[^\s\[\]{},:"]+', re.DOTALL)


class Exported(NamedTuple):
    """One object of a kind, with `name:` before names in place of ids; `source` is its file and the JSON
    pointer to it."""

    kind: str
    object: JsonObject
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What was found: objects in Graph's spelling, and everything that a person should know about them."""

    objects: tuple[Exported, ...]
    findings: tuple[Finding, ...]


def read_exports(path: Path) -> Exports:
    """A file, or every `*.json` below a folder, in the order of their names."""
    if not path.exists():
        raise UsageError(
            f"{quoted(str(path))} does not exist; name a file of exported JSON, or a folder of them"
        )
    objects: list[Exported] = []
    findings: list[Finding] = []
    for file in _files(path, findings) if path.is_dir() else [path]:
        reading = _File(name=_shown(file), findings=findings)
        reading.read(file)
        objects += reading.objects
    objects += _embedded(objects)
    return Exports(objects=tuple(_once(objects, findings)), findings=tuple(findings))


def _embedded(objects: Sequence[Exported]) -> Iterator[Exported]:
    """The strengths of the tenant's own that stand whole in policies, and nowhere by themselves."""
    known = {_id(item.object) for item in objects if item.kind == _STRENGTHS}
    for item in objects:
        strength = at(item.object, "grantControls", "authenticationStrength")
        is_whole = isinstance(strength, dict) and strength.get("displayName") and _is_listed(strength)
        if isinstance(strength, dict) and is_whole and _id(strength) not in known:
            known.add(_id(strength))
            yield Exported(_STRENGTHS, strength, f"{item.source}/grantControls/authenticationStrength")


def _is_listed(strength: JsonObject) -> bool:
    return bool(strength.get("allowedCombinations")) and strength.get("policyType") != "builtIn"


def _id(value: JsonObject) -> str:
    return str(value.get("id")).lower()


def nothing_in(path: Path, found: Exports) -> tuple[Finding, ...]:
    """An error where nothing could be taken in and no other error says so: the wrong file was named."""
    if found.objects or errors_in(found.findings):
        return ()
    files = _files(path, []) if path.is_dir() else [path]
    names = ", ".join(quoted(_shown(file)) for file in files[:_SOME])
    more = f" and {len(files) - _SOME} more" if len(files) > _SOME else ""
    message = (
        f"{names}{more} {'holds' if len(files) == 1 else 'hold'} nothing that tapctl manages"
        if files
        else f"{quoted(_shown(path))} holds no *.json file"
    )
    remedy = "Name a file of what Graph answered (JSON), or a folder of them."
    findings: list[Finding] = []
    _report(findings, "export-empty", "error", message, Place(_shown(path), 1, 1), remedy)
    return tuple(findings)


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _report(
    findings: list[Finding], rule: str, severity: Severity, message: str, place: Place, remedy: str = ""
) -> None:
    findings.append(Finding(rule=rule, severity=severity, message=message, help=remedy, place=place))


def _files(root: Path, findings: list[Finding]) -> list[Path]:
    """Hidden folders left out; links that lead out of the folder reported."""
    found: list[Path] = []
    real_root = root.resolve()
    for folder, folders, names in os.walk(root):
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [Path(folder) / name for name in names if name.lower().endswith(".json")]
        out = [file for file in files if not Path(os.path.realpath(file)).is_relative_to(real_root)]
        for link in [*(Path(folder) / name for name in linked), *out]:
            message = f"{quoted(_shown(link))} is a link to a folder, or out of this one; it is not read"
            _report(findings, "link-not-followed", "warning", message, Place(_shown(link), 1, 1))
        found += [file for file in files if file not in out]
    if len(found) > MAX_FILES:
        message = f"holds {len(found)} JSON files; {MAX_FILES} is the most, and the others are not read"
        _report(findings, "too-many-files", "error", message, Place(_shown(root), 1, 1))
    return sorted(found)[:MAX_FILES]


def _once(objects: list[Exported], findings: list[Finding]) -> Iterator[Exported]:
    """Objects that were exported twice, unchanged, only once; of what a tenant has one of, the first."""
    first: dict[tuple[str, str], Exported] = {}
    for exported in objects:
        id_ = exported.object.get("id")
        key = (
            ""
            if kinds()[exported.kind].singleton
            else id_.lower()
            if isinstance(id_, str)
            else exported.source
        )
        other = first.setdefault((exported.kind, key), exported)
        if other is exported:
            yield exported
        elif _content(other.object) != _content(exported.object):
            message = f"{exported.kind} stands a second time, and differently, first in {other.source}"
            place = Place(exported.source.partition("#")[0], 1, 1)
            _report(findings, "export-twice", "error", message, place, "Remove the older export.")
            if not kinds()[exported.kind].singleton:
                yield exported


def _content(value: JsonObject) -> str:
    return sort_key({key: item for key, item in value.items() if not is_noise(key)})


@cache
def _method_kinds() -> Mapping[str, str]:
    """Id or type of a method's configuration, in lower case → its kind."""
    methods = [kind for kind in kinds().values() if kind.odata_type]
    types = {kind.odata_type.rpartition(".")[2].lower(): kind.name for kind in methods}
    return types | {kind.path.rpartition("/")[2].lower(): kind.name for kind in methods if kind.singleton}


class _Unreadable(Exception):
    """Why a file is no JSON; `line` where that is known."""

    def __init__(self, rule: str, message: str, line: int = 1) -> None:
        self.rule, self.line = rule, line
        super().__init__(message)


def _decoded(data: bytes) -> str:
    """By the byte-order mark, else by where a JSON text has its first zero byte, else UTF-8."""
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data[:2]:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Unreadable("export-encoding", f"is not {error.encoding}; save it as UTF-8", line) from error
    if not text.strip():
        raise _Unreadable("export-not-json", "is empty")
    return text


def _reason(error: json.JSONDecodeError | NotANumberError, text: str) -> tuple[str, int]:
    """Why a text is no JSON, and in which line."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg, error.lineno
    return str(error), text.count("\n", 0, text.find(error.text)) + 1


@dataclass(kw_only=True)
class _File:
    """One file being read."""

    name: str
    findings: list[Finding]
    text: str = ""
    objects: list[Exported] = field(default_factory=list)
    others: dict[str, list[JsonPath]] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        try:
            self.text = _decoded(_bytes(file))
            value = self._parsed(self.text, ())
            self._collect(value, (), "")
        except _Unreadable as error:
            place = Place(self.name, error.line, 1)
            _report(self.findings, error.rule, "error", f"{quoted(self.name)} {error}", place)
        except RecursionError:
            message = f"{quoted(self.name)} is nested too deeply to be an export"
            _report(self.findings, "export-not-json", "error", message, Place(self.name, 1, 1))
        for what, paths in self.others.items():
            count = f"{len(paths)} objects are" if len(paths) > 1 else "this is"
            self.report(
                "export-not-a-kind", "note", f"{count} {what}, which tapctl does not manage", paths[0]
            )

    def report(self, rule: str, severity: Severity, message: str, path: JsonPath, remedy: str = "") -> None:
        pointer = _pointer(path)
        place = self._source.place(*path) or Place(self.name, 1, 1)
        _report(self.findings, rule, severity, f"{pointer}: {message}" if path else message, place, remedy)

    @cached_property
    def _source(self) -> Source:
        """Where each value stands: looked for only where there is something to say."""
        return Source(places={path: Place(self.name, line, 1) for path, line in _lines(self.text)})

    def _parsed(self, text: str, path: JsonPath) -> Json:
        """JSON; a comma before a closing bracket is forgiven, and of what stands twice the last counts."""
        twice: dict[str, bool] = {}

        def together(pairs: list[tuple[str, Json]]) -> JsonObject:
            result: JsonObject = {}
            for key, value in pairs:
                if key in result:
                    twice[key] = twice.get(key, False) or sort_key(result[key]) != sort_key(value)
                result[key] = value
            return result

        def load(text: str) -> Json:
            loaded: Json = loads(text, object_pairs_hook=together, strict=False)
            return loaded

        try:
            value = load(text)
        except (json.JSONDecodeError, NotANumberError) as error:
            try:
                value = load(_TRAILING_COMMA.sub(lambda found: found[0].rstrip(","), text))
            except ValueError:
                reason, line = _reason(error, text)
                inside = f"holds at {_pointer(path)} what" if path else ""
                said = f"{inside} is not JSON: {reason}".strip()
                raise _Unreadable("export-not-json", said, 1 if path else line) from error
            self.report("export-trailing-comma", "note", "has a comma before a closing bracket", path)
        if twice:
            self._report_twice(text, path, twice)
        return value

    def _report_twice(self, text: str, path: JsonPath, twice: Mapping[str, bool]) -> None:
        seen: set[JsonPath] = set()
        for inner, _ in _lines(text):
            if inner in seen and inner and twice.get(str(inner[-1])) is not None:
                differs = twice[str(inner[-1])]
                severity: Severity = "error" if differs else "note"
                how = "twice, differently" if differs else "twice"
                message = f"{quoted(str(inner[-1]))} stands {how}; the last counts"
                self.report("duplicate-property", severity, message, (*path, *inner))
            seen.add(inner)

    def _collect(self, value: Json, path: JsonPath, hint: str) -> None:
        """Every object of a kind in `value`; `hint` is the path in Graph that it came from."""
        match value:
            case str() if value.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"'):
                self._collect(self._parsed(value.lstrip("\ufeff"), path), path, hint)
            case list():
                for index, item in enumerate(value):
                    self._collect(item, (*path, index), hint)
            case dict():
                self._collect_object(value, path, hint)
            case _:
                self.report("export-not-a-kind", "note", f"{quoted(value)} is no object", path)

    def _collect_object(self, value: JsonObject, path: JsonPath, hint: str) -> None:
        folded = {key.lower(): key for key in value}
        own_hint = str(value.get(folded.get("@odata.context", ""), "")) or hint
        if kind := _recognised(value, own_hint):
            spelled = _Speller(self).mapping(kinds()[kind].field, value, path)
            self.objects.append(Exported(kind, spelled, f"{self.name}#{_pointer(path)}"))
            if nested := folded.get(_CONFIGURATIONS.lower()):
                self._collect(value[nested] or [], (*path, nested), _CONFIGURATIONS)
        elif (key := folded.get("value")) and isinstance(value[key], (str, list, dict)):
            self._collect(value[key], (*path, key), own_hint)
        elif any(_by_path(key) for key in value):
            for key, item in value.items():
                if isinstance(item, (list, dict)):
                    self._collect(item, (*path, key), key)
        elif wrapped := [key for key, item in value.items() if _wraps(item)]:
            for key in wrapped:
                self._collect(value[key], (*path, key), "")
        else:
            self.others.setdefault(_description(value, own_hint), []).append(path)


def _bytes(file: Path) -> bytes:
    if not file.is_file():  # opening a pipe would wait for ever
        raise _Unreadable("export-unreadable", "is not a file")
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Unreadable("export-unreadable", f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise _Unreadable("export-unreadable", f"is larger than {MAX_BYTES >> 20} MiB; split it")
    return data


def _pointer(path: JsonPath) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _lines(text: str) -> Iterator[tuple[JsonPath, int]]:
    """Every value's path and line, in order; a path comes twice where a property does."""
    line = 1
    path: list[str | int] = []
    opened: list[str] = []
    is_key = False
    for word in _TOKEN.findall(text):
        if word in ("}", "]"):
            opened.pop()
            path.pop()
            is_key = False
        elif word == ",":
            is_key = opened[-1] == "{"
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else path[-1]
        elif word == ":":
            is_key = False
        elif word == "\n":
            line += 1
        elif is_key:
            path[-1] = str(json.loads(word, strict=False))
        else:
            yield tuple(path), line
            if word in ("{", "["):
                opened.append(word)
                path.append("" if word == "{" else 0)
                is_key = word == "{"
        line += word.count("\n") if len(word) > 1 else 0


def _recognised(value: JsonObject, hint: str) -> str | None:
    """The kind of an object: its type says, else where it comes from, else its properties."""
    flat = {key.lower(): item for key, item in _flattened(value)}
    if type_ := flat.get("@odata.type") or flat.get("odatatype"):
        name = str(type_).rpartition(".")[2].lower()
        return _TYPES.get(name) or _method_kinds().get(name)
    if "deleteditems" in hint.lower():
        return None
    found = _by_path(hint) or _by_path(str(flat.get("@odata.id") or ""))
    has_content = "value" not in flat and any(not is_noise(key) for key in flat)
    if found and found != _CONFIGURATIONS and has_content:
        return found
    if "state" in flat and (method := _method_kinds().get(str(flat.get("id")).lower())):
        return method
    return next((kind for kind, groups in _PROPERTIES if any(group <= flat.keys() for group in groups)), None)


def _wraps(value: Json) -> bool:
    """Whether a tool put an object of a kind in here, beside what it says of it itself."""
    match value:
        case dict():
            return _recognised(value, "") in _WRAPPED or any(map(_wraps, value.values()))
        case list():
            return any(map(_wraps, value))
        case str() if value.lstrip()[:1] == "{":
            try:
                return _wraps(loads(value, strict=False))
            except ValueError:
                return False
        case _:
            return False


def _by_path(text: str) -> str | None:
    return next((kind for pattern, kind in _PATHS if pattern.search(text)), None)


def _description(value: JsonObject, hint: str) -> str:
    said = value.get("@odata.type") or hint.rpartition("#")[2]
    return (
        f"of {quoted(said)}"
        if said
        else f"an object with {', '.join(map(quoted, [*value][:5])) or 'nothing'}"
    )


def _flattened(value: JsonObject) -> Iterator[tuple[str, Json]]:
    """The properties, and those that an SDK keeps apart."""
    for key, item in value.items():
        if key.lower() in _FLATTENED and (item is None or isinstance(item, dict)):
            yield from (item or {}).items()
        else:
            yield key, item


@dataclass(frozen=True, slots=True)
class _Speller:
    """Puts an object into Graph's own spelling, and reports what cannot be what Graph answered."""

    file: _File

    def mapping(self, field: Field | None, value: JsonObject, path: JsonPath) -> JsonObject:
        result: JsonObject = {}
        known = field.properties if field else {}
        names = {name.lower(): name for name in known}
        for key, item in _flattened(value):
            name = key if key in known else names.get(key.lower()) or _camel(key)
            spelled = self._value(known.get(name), item, (*path, key))
            had = result.get(name)
            if had is not None and spelled is not None and sort_key(had) != sort_key(spelled):
                message = f"{quoted(name)} stands twice, differently; the last counts"
                self.file.report("duplicate-property", "error", message, (*path, key))
            result[name] = had if spelled is None else spelled
        if isinstance(type_ := result.get("@odata.type"), str) and type_.startswith("microsoft.graph."):
            result["@odata.type"] = f"#{type_}"
        return result

    def _value(self, field: Field | None, value: Json, path: JsonPath) -> Json:
        if field and field.type == "array" and field.items is not None and not field.is_flags:
            value = self._rolled(value, path)
        match value:
            case str():
                return self._text(field, value, path)
            case list():
                items = field.items if field else None
                return [self._value(items, item, (*path, index)) for index, item in enumerate(value)]
            case dict():
                date = value.get("value") if {key.lower() for key in value} >= {"value", "datetime"} else None
                if isinstance(date, str) and _DATE.fullmatch(date):
                    return _date(date)
                return self.mapping(field, value, path)
            case _:
                return value

    def _rolled(self, value: Json, path: JsonPath) -> Json:
        """A list as Graph has it: PowerShell unrolls a list of one, and counts what it wraps."""
        if isinstance(value, dict) and {key.lower() for key in value} == {"value", "count"}:
            held = next(item for key, item in value.items() if key.lower() == "value")
        elif isinstance(value, (str, dict)) and value:
            held = [value]
        else:
            return value
        self.file.report(
            "export-unrolled", "note", "is a list, as PowerShell leaves one; it is taken as that", path
        )
        return held if isinstance(held, list) else [held]

    def _text(self, field: Field | None, text: str, path: JsonPath) -> str:
        if _SURROGATE.search(text):
            message = "holds half a character; it is replaced by U+FFFD"
            self.file.report("export-encoding", "error", message, path)
            text = _SURROGATE.sub("\ufffd", text)
        if _CUT_OFF.fullmatch(text):
            message = f"{quoted(text)} is where PowerShell cut the object off"
            self.file.report(
                "export-cut-off", "error", message, path, "Export with ConvertTo-Json -Depth 20."
            )
            return text
        is_placeholder = _PLACEHOLDER.search(text) and not (field and field.is_read_only)
        if is_placeholder:
            message = f"{quoted(text)} holds a template's placeholder"
            self.file.report("export-placeholder", "warning", message, path, "Put in what it stands for.")
        if field and field.references and text.strip() and not _is_id(field, text):
            return self._name(field, text, path, is_told=not is_placeholder)
        return _date(text) if _DATE.fullmatch(text) else text

    def _name(self, field: Field, text: str, path: JsonPath, *, is_told: bool) -> str:
        """What stands in place of an id: a word that Graph has by now, or the name that a template gives."""
        if field.words and _NEWER_WORD.fullmatch(text):
            message = f"{quoted(text)} is no word that tapctl knows; it is kept, under newer:"
            self.file.report("export-word", "note", message, path)
            return text
        if is_told:
            what = " or ".join(f"{_article(kind)} {kind}" for kind in field.references)
            message = f"{quoted(text)} is no id; it is taken as the name of {what}"
            self.file.report("export-name", "note", message, path)
        return f"name:{text}"


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
