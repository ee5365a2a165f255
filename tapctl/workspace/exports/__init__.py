"""Files that hold what Graph answered → the objects in them, in Graph's own spelling, and findings.

A file may be one object, a list, an object a line, a page (`{"value": [...]}`), a whole tenant by its
collection paths, any of these inside a JSON string, or what PowerShell makes of the SDK's objects; in any
encoding that Windows writes.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from tapctl.canonical import at, is_noise, sort_key, with_values, without
from tapctl.errors import UsageError
from tapctl.kinds import kinds
from tapctl.load.settings import quoted
from tapctl.model import Finding, Json, JsonObject, Place, Severity, Source, errors_in
from tapctl.model import Path as JsonPath
from tapctl.reference import GUID
from tapctl.schema import Field
from tapctl.text.numbers import NotANumberError, loads
from tapctl.workspace.exports.recognise import (
    CONFIGURATIONS,
    STRENGTHS,
    description,
    kind_at,
    made_by,
    named_in,
    recognised,
    templated,
    wraps,
)
from tapctl.workspace.exports.spelling import Speller
from tapctl.workspace.exports.text import (
    Unreadable,
    bytes_of,
    decoded,
    lines_of,
    one_list,
    pointer,
    reason_of,
    uncommented,
)

MAX_FILES: Final = 10_000
_ENDINGS: Final = (".json", ".jsonl", ".ndjson")
_READ: Final = " or ".join(f"*{ending}" for ending in _ENDINGS)
_STRENGTH: Final = ("grantControls", "authenticationStrength")
_BUILT_IN: Final = "00000000-0000-0000-0000-"  # what the ids of the service's own strengths begin with
_STATE: Final = "Write one into the document, and put in whom its texts stand for."
_SOME: Final = 5  # names in one message
_TRAILING_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])', re.DOTALL)


class Exported(NamedTuple):
    """One object of a kind, with `name:` before names in place of ids; `source` is its file and the JSON
    pointer to it."""

    kind: str
    object: JsonObject
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What was found: objects in Graph's spelling, what a tool's table calls what they refer to (by kind, as
    Graph would answer), and everything that a person should know about them."""

    objects: tuple[Exported, ...]
    named: Mapping[str, tuple[JsonObject, ...]]
    findings: tuple[Finding, ...]


def read_exports(path: Path) -> Exports:
    """A file, or every one below a folder that is JSON by its name, in the order of their names."""
    if not path.exists():
        raise UsageError(
            f"{quoted(str(path))} does not exist; name a file of exported JSON, or a folder of them"
        )
    objects: list[Exported] = []
    findings: list[Finding] = []
    named: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for file in _files(path, findings) if path.is_dir() else [path]:
        reading = _File(name=_shown(file), findings=findings)
        reading.read(file)
        objects += reading.objects
        for kind, entry in reading.named:
            named[kind].append(entry)
    objects = [*map(_referring, objects), *_embedded(objects, findings)]
    return Exports(
        objects=tuple(_once(objects, findings)),
        named={kind: tuple(entries) for kind, entries in named.items()},
        findings=tuple(findings),
    )


def _referring(item: Exported) -> Exported:
    """A policy that holds a strength without an id, or with a placeholder's, refers to it by its name."""
    strength = _strength(item)
    if not strength.get("displayName") or GUID.fullmatch(_id(strength)):
        return item
    named: JsonObject = {"id": f"name:{strength['displayName']}"}
    return item._replace(object=with_values(item.object, {_STRENGTH: named}))


def _strength(item: Exported) -> JsonObject:
    found = at(item.object, *_STRENGTH)
    return found if isinstance(found, dict) else {}


def _embedded(objects: Sequence[Exported], findings: list[Finding]) -> Iterator[Exported]:
    """The strengths of the tenant's own that stand whole in policies and nowhere by themselves, once each."""
    kind = kinds()[STRENGTHS]
    own = [item.object for item in objects if item.kind == STRENGTHS]
    known = {_id(one) for one in own} | {str(one.get("displayName")) for one in own}
    found: dict[str, Exported] = {}
    for item in objects:
        strength = _strength(item)
        is_whole = strength.get("displayName") and strength.get("allowedCombinations")
        is_ours = not kind.service_managed(strength) and not _id(strength).startswith(_BUILT_IN)
        has_id = GUID.fullmatch(_id(strength))
        key = _id(strength) if has_id else str(strength.get("displayName"))
        if is_whole and is_ours and key not in known:
            held = strength if has_id else {name: said for name, said in strength.items() if name != "id"}
            one = Exported(STRENGTHS, held, f"{item.source}/{'/'.join(_STRENGTH)}")
            found[key] = _later(found.get(key, one), one, findings)
    yield from found.values()


def _later(first: Exported, second: Exported, findings: list[Finding]) -> Exported:
    """Of two states of one strength the one that was changed last."""
    if _content(first.object) == _content(second.object):
        return first
    changed = [str(one.object.get("modifiedDateTime")) for one in (first, second)]
    later = second if changed[1] > changed[0] else first
    message = (
        f"{quoted(str(second.object['displayName']))} stands here differently than in {first.source}; "
        f"what counts is {later.source}"
    )
    place = Place(second.source.partition("#")[0], 1, 1)
    _report(findings, "export-twice", "warning", message, place, "Remove the older export.")
    return later


def _id(value: JsonObject) -> str:
    return str(value.get("id")).lower()


def nothing_in(path: Path, found: Exports) -> tuple[Finding, ...]:
    """An error where nothing could be taken in and no other error says so: the wrong file was named."""
    if found.objects or errors_in(found.findings):
        return ()
    files = _files(path, []) if path.is_dir() else [path]
    message = (
        f"{_some(files)} {'holds' if len(files) == 1 else 'hold'} nothing that tapctl manages"
        if files
        else f"{quoted(_shown(path))} holds no file called {_READ}"
    )
    remedy = "Name a file of what Graph answered (JSON), or a folder of them."
    findings: list[Finding] = []
    _report(findings, "export-empty", "error", message, Place(_shown(path), 1, 1), remedy)
    return tuple(findings)


def _some(files: Sequence[Path]) -> str:
    names = ", ".join(quoted(_shown(file)) for file in files[:_SOME])
    return f"{names} and {len(files) - _SOME} more" if len(files) > _SOME else names


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _report(
    findings: list[Finding], rule: str, severity: Severity, message: str, place: Place, remedy: str = ""
) -> None:
    findings.append(Finding(rule=rule, severity=severity, message=message, help=remedy, place=place))


def _files(root: Path, findings: list[Finding]) -> list[Path]:
    """What is hidden left out; links that lead out of the folder reported, and files of other names."""
    found: list[Path] = []
    others: list[Path] = []
    real_root = root.resolve()
    for folder, folders, names in os.walk(root):
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [Path(folder) / name for name in names if name.lower().endswith(_ENDINGS)]
        others += [Path(folder) / name for name in names if not name.lower().endswith(_ENDINGS)]
        out = [file for file in files if not Path(os.path.realpath(file)).is_relative_to(real_root)]
        for link in [*(Path(folder) / name for name in linked), *out]:
            message = f"{quoted(_shown(link))} is a link to a folder, or out of this one; it is not read"
            _report(findings, "link-not-followed", "warning", message, Place(_shown(link), 1, 1))
        found += [file for file in files if file not in out]
    if others := sorted(file for file in others if not file.name.startswith(".")):
        message = f"{_some(others)} {'is' if len(others) == 1 else 'are'} not called {_READ}, and not read"
        _report(findings, "export-skipped", "note", message, Place(_shown(root), 1, 1))
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


@dataclass(kw_only=True)
class _File:
    """One file being read."""

    name: str
    findings: list[Finding]
    text: str = ""
    objects: list[Exported] = field(default_factory=list)
    named: list[tuple[str, JsonObject]] = field(default_factory=list)
    others: dict[str, list[JsonPath]] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        try:
            self.text = one_list(decoded(bytes_of(file)))
            value = self._parsed(self.text, ())
            self._collect(value, (), "")
        except Unreadable as error:
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
        where = pointer(path)
        place = self._source.place(*path) or Place(self.name, 1, 1)
        _report(self.findings, rule, severity, f"{where}: {message}" if path else message, place, remedy)

    @cached_property
    def _source(self) -> Source:
        """Where each value stands: looked for only where there is something to say."""
        return Source(places={path: Place(self.name, line, 1) for path, line in lines_of(self.text)})

    def _parsed(self, text: str, path: JsonPath) -> Json:
        """JSON; comments and a comma before a closing bracket are forgiven, and of what stands twice the last
        counts."""
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
            text, plain = self._uncommented(text, path), text
            tidy = _TRAILING_COMMA.sub(lambda found: found[0].rstrip(","), text)
            try:
                value = load(tidy)
            except (json.JSONDecodeError, NotANumberError) as again:
                reason, line = reason_of(error if text == plain else again, text)
                inside = f"holds at {pointer(path)} what" if path else ""
                said = f"{inside} is not JSON: {reason}".strip()
                raise Unreadable("export-not-json", said, 1 if path else line) from error
            if tidy != text:
                self.report("export-trailing-comma", "note", "has a comma before a closing bracket", path)
        if twice:
            self._report_twice(text, path, twice)
        return value

    def _uncommented(self, text: str, path: JsonPath) -> str:
        """PowerShell reads comments in JSON, so people write them
        (https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/convertfrom-json)."""
        plain = uncommented(text)
        if not path:
            self.text = plain
        if plain != text:
            self.report("export-comment", "note", "has comments, which JSON does not know", path)
        return plain

    def _report_twice(self, text: str, path: JsonPath, twice: Mapping[str, bool]) -> None:
        seen: set[JsonPath] = set()
        for inner, _ in lines_of(text):
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
        if table := [*named_in(value)]:
            self.named += table
        elif kind := recognised(value, own_hint):
            own = self._without_a_tool_s_own(value, path)
            spelled = Speller(self.report).mapping(kinds()[kind].field, own, path)
            if self._says_another_state(kinds()[kind].field, spelled, (*path, folded.get("state", ""))):
                spelled = without(spelled, ("state",))
            self.objects.append(Exported(kind, spelled, f"{self.name}#{pointer(path)}"))
            if nested := folded.get(CONFIGURATIONS.lower()):
                self._collect(value[nested] or [], (*path, nested), CONFIGURATIONS)
        elif template := templated(value):
            self.report("export-template", "warning", "a template says no state", path, _STATE)
            self._collect(template, (*path, folded["details"]), "")
        elif (key := folded.get("value")) and isinstance(value[key], (str, list, dict)):
            self._collect(value[key], (*path, key), own_hint)
        elif any(kind_at(key) for key in value):
            for key, item in value.items():
                if isinstance(item, (list, dict)):
                    self._collect(item, (*path, key), key)
        elif wrapped := [key for key, item in value.items() if wraps(item)]:
            for key in wrapped:
                self._collect(value[key], (*path, key), "")
        else:
            self.others.setdefault(description(value, own_hint), []).append(path)

    def _without_a_tool_s_own(self, value: JsonObject, path: JsonPath) -> JsonObject:
        """Sent to Graph, what a tool wrote into an object of its own would be a member that nobody knows."""
        own = {key: whose for key in value if (whose := made_by(key))}
        for key, whose in own.items():
            said = f"{quoted(key)} is {whose}, and no property of the object; it is left out"
            self.report("export-tool", "note", said, (*path, key))
        return {key: item for key, item in value.items() if key not in own}

    def _says_another_state(self, field: Field, spelled: JsonObject, path: JsonPath) -> bool:
        """A state decides what is enforced: a document of one that is none is left to say it."""
        known, state = field.properties.get("state"), spelled.get("state")
        if known is None or not isinstance(state, str) or state.lower() in known.enum:
            return False
        message = f"the state is {quoted(state)}, which is none of {', '.join(known.enum.values())}"
        self.report("export-state", "error", message, path, "Write one into the document.")
        return True
