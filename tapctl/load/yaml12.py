"""The bytes of a YAML file → documents of plain JSON that know where every node was written, and mistakes.

Scalars are those of YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `NO` and dates are
strings. Built from PyYAML's events, libyaml's where it is there, so that depth, size and aliases are bounded
before anything exists.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

import yaml
from yaml import events
from yaml.error import Mark

from tapctl.model import Finding, Json, Path, Place, Source

if TYPE_CHECKING:
    from yaml._yaml import Mark as CMark

MAX_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 64
MAX_ALIASED: Final = 10_000
MAX_MISTAKES: Final = 100

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"(?P<decimal>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
STANDARD: Final = "tag:yaml.org,2002:"

# What YAML calls printable (https://yaml.org/spec/1.2.2/#51-character-set), without a byte order mark inside.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
SURROGATE = re.compile("[\ud800-\udfff]")
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
SEPARATOR = re.compile(r"(?:(?<=\n)|(?<=\r))---(?=\s|$)")

# PyYAML's and libyaml's words, and ours for those that people meet.
PLAIN_WORDS: Final = {
    "mapping values are not allowed": "has a second `: ` on the line; put the value in quotes",
    "cannot start any token": "starts with a character that has a meaning in YAML; put the value in quotes "
    "(and indent with spaces, not tabs)",
    "end of stream": "opens a quote or a bracket that is never closed",
    "expected ',' or": "holds a list or mapping in brackets that is not closed, or lacks a comma; "
    'inside brackets a variable needs quotes: ["${name}"]',
    "could not find expected ':'": "lacks the `:` after the property's name",
    "expected <block end>": "is not indented like the lines above it",
    "did not find expected '-' indicator": "is not indented like the list above it",
    "did not find expected key": "is not indented like the lines above it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document. `has_variables` says that some text in it holds a `${`."""

    value: Json
    source: Source
    has_variables: bool = False


@dataclass(slots=True)
class Allowance:
    """How many more nodes the whole workspace may hold, aliases and variables written out."""

    nodes: int


Parsed: TypeAlias = tuple[tuple[Document, ...], tuple[Finding, ...]]


class _Stop(Exception):
    """The rest of this document cannot be read."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.message)


def parse(data: bytes, file: str, allowance: Allowance, loader: type = LOADER) -> Parsed:
    """Every document of a file; after a document that cannot be read, reading goes on at the next `---`."""
    try:
        text = _decoded(data, file)
    except _Stop as stop:
        return (), (stop.finding,)
    if "\t" in text:
        loader = yaml.SafeLoader  # libyaml takes tabs for spaces here and there, depending on its version
    documents: list[Document] = []
    findings: list[Finding] = []
    start: int | None = 0
    first_line = 1
    while start is not None and len(findings) <= MAX_MISTAKES and allowance.nodes >= 0:
        builder = _Builder(file, first_line, allowance, documents, findings)
        following = _parse_from(text[start:], loader, builder)
        first_line += len(LINE_BREAK.findall(text, start, start + following)) if following else 0
        start = start + following if following else None
    return tuple(documents), tuple(findings)


def _parse_from(text: str, loader: type, builder: _Builder) -> int | None:
    """Feed the builder until the end (None) or a mistake that stops it: where the next document starts."""
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.feed(event)
    except _Stop as stop:
        builder.findings.append(stop.finding)
        index = builder.index
    except yaml.MarkedYAMLError as error:
        index = builder.syntax_error(error, text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape such as "\UFFFFFFFF"
        builder.findings.append(builder.unreadable(str(error).splitlines()[0]))
        index = builder.index
    else:
        return None
    found = SEPARATOR.search(text, max(index, 1))
    return found.start() if found else None


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        _stop("file-too-large", f"is larger than {MAX_BYTES >> 20} MiB; split it", Place(file, 1, 1))
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = "" if utf16 else data[: error.start].decode("utf-8", "replace")
        byte = f'holds "\\x{data[error.start]:02x}", which is not {error.encoding}; save it as UTF-8'
        _stop("yaml-encoding", byte, _place_after(before, file))
    if found := UNPRINTABLE.search(text):
        character = f'holds the character "U+{ord(found[0]):04X}", which YAML does not allow; remove it'
        _stop("yaml-encoding", character, _place_after(text[: found.start()], file))
    return text


def _place_after(text: str, file: str) -> Place:
    breaks = list(LINE_BREAK.finditer(text))
    return Place(file, len(breaks) + 1, len(text) - (breaks[-1].end() if breaks else 0) + 1)


def _stop(rule: str, message: str, place: Place) -> NoReturn:
    raise _Stop(Finding(rule=rule, severity="error", message=message, place=place))


def resolved(text: str) -> Json:
    """The value of a plain scalar by the core schema; ValueError for a number that JSON does not have."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if found := INTEGER.fullmatch(text):
        return _integer(text, found)
    if not FLOAT.fullmatch(text):
        if NOT_A_NUMBER.fullmatch(text):
            raise ValueError(text)
        return text
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _integer(text: str, found: re.Match[str]) -> int:
    digits, base = next(
        (digits, base)
        for name, base in (("decimal", 10), ("octal", 8), ("hex", 16))
        if (digits := found[name])
    )
    if len(digits) > 64 or abs(number := int(digits, base)) >= 1 << 63:
        raise ValueError(text)
    return number


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is still open."""

    value: list[Json] | dict[str, Json]
    path: Path
    key: str | None = None
    key_place: Place | None = None


@dataclass(slots=True)
class _Builder:
    """Events in, documents and findings out; reading a document starts afresh at its first event."""

    file: str
    first_line: int
    allowance: Allowance
    documents: list[Document]
    findings: list[Finding]
    index: int = 0
    root: Json = None
    places: dict[Path, Place] = field(default_factory=dict)
    stack: list[_Frame] = field(default_factory=list)
    anchors: dict[str, tuple[Path, Json]] = field(default_factory=dict)
    merges: list[dict[str, Json]] = field(default_factory=list)
    aliased: int = 0
    has_variables: bool = False

    def feed(self, event: events.Event) -> None:
        self.index = event.start_mark.index if event.start_mark else self.index
        match event:
            case events.ScalarEvent():
                self._scalar(event)
            case events.AliasEvent():
                self._alias(event)
            case events.SequenceStartEvent():
                self._open(event, [])
            case events.MappingStartEvent():
                self._open(event, {})
            case events.CollectionEndEvent():
                self.stack.pop()
            case events.DocumentStartEvent():
                self._start()
            case events.DocumentEndEvent():
                self._end()

    def _start(self) -> None:
        self.root, self.places, self.stack, self.anchors = None, {}, [], {}
        self.merges, self.aliased, self.has_variables = [], 0, False

    def _end(self) -> None:
        for mapping in self.merges:
            mapping.pop("<<", None)
        source = Source(places=self.places)
        self.documents.append(Document(value=self.root, source=source, has_variables=self.has_variables))

    def _scalar(self, event: events.ScalarEvent) -> None:
        place = self._place(event.start_mark)
        value = self._value(event, place)
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            path = self._key(self.stack[-1], event.value, value, place)
        else:
            path = self._add(value, place)
            self.has_variables |= isinstance(value, str) and "${" in value
        if event.anchor:
            self.anchors[event.anchor] = (path, value)

    def _value(self, event: events.ScalarEvent, place: Place) -> Json:
        text: str = event.value
        if SURROGATE.search(text):
            self._report("yaml-encoding", 'holds half a character, "\\ud800" to "\\udfff"; remove it', place)
            return ""
        self._check_tag(event.tag, ("!", f"{STANDARD}str"), place)
        if event.style or event.tag:
            return text
        try:
            return resolved(text)
        except ValueError:
            message = f'"{text[:40]}" is not a number that JSON has; write a finite one, or text in quotes'
            self._report("number-out-of-range", message, place)
            return 0

    def _check_tag(self, tag: str | None, allowed: tuple[str, ...], place: Place) -> None:
        if tag and tag not in allowed:
            written = tag.replace(STANDARD, "!!")
            message = f'tag "{written[:80]}" is not used here; remove it, and quote what is meant as text'
            self._report("yaml-tag", message, place)

    def _key(self, frame: _Frame, text: str, value: Json, place: Place) -> Path:
        mapping = frame.value
        assert isinstance(mapping, dict)  # noqa: S101  # for mypy: only mappings wait for a key
        path = (*frame.path, text)
        if not isinstance(value, str):
            self._report("key-not-text", f'the property name "{text}" is not text; put it in quotes', place)
        elif text == "<<":
            self._report("merge-key", '"<<" does not merge here; write the properties out', place)
            self.merges.append(mapping)
        if text in mapping:
            message = f'"{text}" stands twice in one mapping, first at {self.places[path]}; remove one'
            self._report("duplicate-key", message, place)
        frame.key, frame.key_place = text, place
        return path

    def _open(self, event: events.CollectionStartEvent, value: list[Json] | dict[str, Json]) -> None:
        place = self._place(event.start_mark)
        self._no_complex_key(event, place)
        if len(self.stack) == MAX_DEPTH:
            message = f"is nested deeper than {MAX_DEPTH} levels; flatten it"
            _stop("yaml-too-deep", message, place)
        self._check_tag(event.tag, ("!", f"{STANDARD}{'map' if isinstance(value, dict) else 'seq'}"), place)
        path = self._add(value, place)
        if event.anchor:
            self.anchors[event.anchor] = (path, value)
        self.stack.append(_Frame(value, path))

    def _no_complex_key(self, event: events.NodeEvent, place: Place) -> None:
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            message = "a list, a mapping or an alias is used as a property name; write a plain name"
            _stop("key-not-text", message, place)

    def _add(self, value: Json, place: Place) -> Path:
        self._spend(1, place)
        if not self.stack:
            self.root, self.places[()] = value, place
            return ()
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            path: Path = (*frame.path, len(frame.value))
            frame.value.append(value)
        else:
            assert frame.key is not None  # noqa: S101  # for mypy: a value follows its key
            assert frame.key_place is not None  # noqa: S101  # likewise
            path, place = (*frame.path, frame.key), frame.key_place
            frame.value[frame.key], frame.key = value, None
        self.places[path] = place
        return path

    def _alias(self, event: events.AliasEvent) -> None:
        place = self._place(event.start_mark)
        self._no_complex_key(event, place)
        name = event.anchor
        if name not in self.anchors:
            _stop("unknown-alias", f'alias "*{name}" has no anchor "&{name}" before it', place)
        anchored, value = self.anchors[name]
        if any(frame.value is value for frame in self.stack):
            _stop("recursive-alias", f'alias "*{name}" stands inside its own anchor; write it out', place)
        self.aliased += size(value)
        if self.aliased > MAX_ALIASED:
            message = f'alias "*{name}" makes more than {MAX_ALIASED} nodes; write the document out'
            _stop("too-many-aliases", message, place)
        self._spend(size(value), place)
        path = self._add(None, place)
        copied = self._copied(value, anchored, path, place)
        self._put(path, copied)

    def _put(self, path: Path, value: Json) -> None:
        """Replace what was just added."""
        if not isinstance(parent := self.stack[-1].value, dict):
            parent[-1] = value
        else:
            parent[str(path[-1])] = value

    def _copied(self, value: Json, old: Path, new: Path, place: Place) -> Json:
        """A copy for an alias, so that nobody shares it; its parts stand where the anchor's do."""
        if len(new) > MAX_DEPTH:
            _stop("yaml-too-deep", f"an alias nests deeper than {MAX_DEPTH} levels; flatten it", place)
        if not isinstance(value, (list, dict)):
            return value
        copied = {}
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            self.places[(*new, key)] = self.places.get((*old, key), place)
            copied[key] = self._copied(item, (*old, key), (*new, key), place)
        return list(copied.values()) if isinstance(value, list) else copied  # type: ignore[return-value]  # as it came

    def _spend(self, nodes: int, place: Place) -> None:
        self.allowance.nodes -= nodes
        if self.allowance.nodes < 0:
            _stop("workspace-too-large", "the workspace holds more than can be read; split it", place)

    def _place(self, mark: Mark | CMark | None) -> Place:
        assert mark is not None  # noqa: S101  # for mypy: every event and every syntax error has one
        return Place(self.file, mark.line + self.first_line, mark.column + 1)

    def _report(self, rule: str, message: str, place: Place) -> None:
        if len(self.findings) >= MAX_MISTAKES:
            _stop("too-many-mistakes", f"has more than {MAX_MISTAKES} mistakes; only those are shown", place)
        self.findings.append(Finding(rule=rule, severity="error", message=message, place=place))

    def unreadable(self, reason: str) -> Finding:
        place = Place(self.file, self.first_line, 1)
        return Finding(rule="yaml-syntax", severity="error", message=f"is not YAML: {reason}", place=place)

    def syntax_error(self, error: yaml.MarkedYAMLError, text: str) -> int:
        """Report it in plain words, with the line it is about; where it is."""
        found, opened = error.problem_mark, error.context_mark
        assert found is not None  # noqa: S101  # for mypy: PyYAML always says where
        # What was never closed says more than the end of the file.
        mark = opened if opened and found.index >= len(text.rstrip()) else found
        problem = f"{error.problem or error.context}"
        words = next((words for known, words in PLAIN_WORDS.items() if known in problem), None)
        line = LINE_BREAK.split(text[mark.index - mark.column :], maxsplit=1)[0].strip()
        line = line or LINE_BREAK.split(text[: mark.index].rstrip())[-1].strip()  # what the blanks are after
        about = f'"{line[:80]}"' if line else "a blank line"
        message = f"{about} {words or f'is not YAML: {problem}'}"
        place = self._place(mark)
        self.findings.append(Finding(rule="yaml-syntax", severity="error", message=message, place=place))
        return found.index


def size(value: Json) -> int:
    """Nodes, with long text counting for what it weighs."""
    return sum(1 + (len(node) >> 6 if isinstance(node, str) else 0) for node in _nodes(value))


def _nodes(value: Json) -> Iterator[Json]:
    yield value
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _nodes(item)
