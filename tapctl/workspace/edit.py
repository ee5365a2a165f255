"""The text of a YAML file → the same text with one document changed, everything else as it was.

ruamel.yaml says where every node stands; only the lines of what changes are written anew. The result is
read again, and refused unless it holds exactly what was meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from tapctl.errors import Refused, TapctlError
from tapctl.load.environment import VARIABLE, expanded
from tapctl.load.settings import Section, quoted
from tapctl.load.workspace import MAX_NODES
from tapctl.load.yaml12 import Allowance
from tapctl.model import Address, Json, JsonObject, Path, Source, dotted
from tapctl.workspace import emit

_BOM: Final = "\ufeff"
_COMMENT = re.compile(r"[ \t]+#.*")
_BY_HAND: Final = "the file cannot be changed without touching more than was meant; change it by hand"

_Node: TypeAlias = Any  # ruamel.yaml declares little more


def updated(
    text: str,
    index: int,
    spec: JsonObject,
    *,
    newer: Collection[str] | None = None,
    variables: Mapping[str, Json] | None = None,
    comments: Mapping[Path, str] | None = None,
) -> str:
    """`text` with the spec of its document number `index`, as the file's reader counts them, made `spec`, and
    `newer` what it lists as newer, where that is given.

    `spec` holds plain values; a value that is written with `${...}` stays where it comes to the same with
    `variables`, or where `spec` repeats it as it is written, and is refused where it would change.
    `comments` stand behind what is written anew at their paths in spec; a mapping in brackets has no room
    for any.
    """
    documents = emit.read_back(text)
    old = documents[index] if 0 <= index < len(documents) else None
    if not isinstance(old, dict):
        raise TapctlError(f"there is no document number {index + 1} to change")
    wanted = _written(old.get("spec"), spec, ("spec",), variables or {})
    kept = {key: item for key, item in old.items() if key != "newer"} | {"spec": wanted}
    listed = old.get("newer") if newer is None else _listed(old.get("newer"), newer)
    placed = emit.in_spec(spec, comments or {})
    return _changed(text, index, {**kept, "newer": listed} if listed else kept, placed)


def _listed(old: Json, newer: Collection[str]) -> list[Json]:
    """The paths of `newer`, those that stay in the order of the file."""
    stay = [item for item in old if item in newer] if isinstance(old, list) else []
    return [*stay, *(emit.literal(path) for path in sorted(newer) if path not in stay)]


def with_pins(text: str | None, pins: Mapping[Address, str], *, are_renewed: bool = False) -> str:
    """An environment's file with these pins as well; one that names another object is refused, unless that
    is why they are written (`are_renewed`)."""
    documents = emit.read_back(text or "")
    held = [(index, document) for index, document in enumerate(documents) if document is not None]
    if len(held) > 1 or not all(isinstance(document, dict) for _, document in held):
        raise Refused("the environment's file is not one mapping of properties; correct it first")
    added: JsonObject = {str(address): pins[address] for address in sorted(pins)}
    for index, document in held:
        assert isinstance(document, dict)  # noqa: S101  # for mypy: checked above
        pinned = document.get("pins")
        kept = pinned if isinstance(pinned, dict) else {}
        for key, id_ in added.items():
            if not are_renewed and str(kept.get(key, id_)).lower() != str(id_).lower():
                raise Refused(
                    f"pins name {quoted(kept[key])} for {quoted(key)}, not {id_}; decide which is meant"
                )
        new = {key: id_ for key, id_ in added.items() if key not in kept or are_renewed}
        return _changed(text or "", index, {**document, "pins": {**kept, **new}}, {}) if new else text or ""
    lines = emit.mapping_lines({"pins": added}, 0, {}, ())
    head = (text or "").rstrip("\r\n")
    return _newline(text or "").join([*([head] if head.strip(_BOM) else []), *lines, ""])


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# What is meant, in the words of the file


def _written(old: Json, new: Json, path: Path, variables: Mapping[str, Json]) -> Json:
    """`new` as the file has to say it: variables that still fit stay, and a plain `${` is escaped."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() - new.keys():
            if _uses_variable(old[key]):
                raise _by_hand(old[key], (*path, key))
        return {
            key: _written(old[key], item, (*path, key), variables) if key in old else emit.literal(item)
            for key, item in new.items()
        }
    if not _uses_variable(old):
        return emit.literal(new)
    section = Section(value={"value": old}, source=Source(places={}), findings=[])
    meant = expanded(section, "", variables, Allowance(MAX_NODES))
    if emit.same(old, new) or (not section.findings and emit.same(meant.value["value"], new)):
        return old
    raise _by_hand(old, path)


def _uses_variable(value: Json) -> bool:
    match value:
        case str():
            return any(found["literal"] is None for found in VARIABLE.finditer(value))
        case list():
            return any(map(_uses_variable, value))
        case dict():
            return any(map(_uses_variable, value.values()))
        case _:
            return False


def _by_hand(value: Json, path: Path) -> Refused:
    return Refused(f"{dotted(path)} is written with a variable ({quoted(value)}); change it by hand")


# Where it goes


def _changed(text: str, index: int, wanted: JsonObject, comments: Mapping[Path, str]) -> str:
    """`text` with its document number `index` made `wanted`, and the proof that it is."""
    expected = emit.read_back(text)
    old, expected[index] = expected[index], wanted
    assert isinstance(old, dict)  # noqa: S101  # for mypy: callers looked
    bare = text.removeprefix(_BOM)
    newline = _newline(bare)
    try:
        nodes = list(YAML().compose_all(bare))
    except YAMLError as error:
        raise Refused(_BY_HAND) from error
    node = nodes[index]
    if any(_is_shared(bare, inner) for inner in _inner(node)):
        raise Refused("the document uses anchors or tags (`&`, `*`, `!`); change it by hand")
    if not bare.endswith("\n"):
        bare += newline
    editor = _Editor(text=bare, newline=newline, comments=comments)
    editor.mapping(node, old, wanted, ())
    result = text[: len(text) - len(text.removeprefix(_BOM))] + editor.result()
    with suppress(TapctlError):
        if emit.same(emit.read_back(result), expected):
            return result
    raise Refused(_BY_HAND)


def _inner(node: Any) -> Iterator[Any]:
    yield node
    match node:
        case MappingNode():
            for key, value in node.value:
                yield from _inner(key)
                yield from _inner(value)
        case SequenceNode():
            for item in node.value:
                yield from _inner(item)


def _is_shared(text: str, node: Any) -> bool:
    """Anchored, an alias, or tagged: an alias is composed as the node that it stands for."""
    return node.anchor is not None or text[node.start_mark.index : node.start_mark.index + 1] in tuple("&*!")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Editor:
    """Gathers replacements of parts of the text; none of them overlap."""

    text: str
    newline: str
    comments: Mapping[Path, str]
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        """The text with every replacement made."""
        parts: list[str] = []
        done = 0
        for start, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            parts += [self.text[done:start], new]
            done = end
        return "".join([*parts, self.text[done:]])

    def mapping(self, node: _Node, old: JsonObject, new: JsonObject, path: Path) -> None:
        """Some of the properties stay: the others go, change in place, or are added below."""
        if node.flow_style:
            self._replace(_start(node), self._end(node), self._flow(node, old, new))
            return
        column = node.start_mark.column
        pairs = self._without_first(node.value, new, column)
        for key_node, value_node in pairs:
            key = key_node.value
            if key not in new:
                line = self._line_start(_start(key_node))
                self._replace(self._above(line, column), self._below(key_node, value_node, column), "")
            elif not emit.same(old[key], new[key]):
                self._value((key_node, value_node), old[key], new[key], column, (*path, key))
        added = {key: item for key, item in new.items() if key not in old}
        end = self._below(*pairs[-1], column)
        self._replace(end, end, self._joined(emit.mapping_lines(added, column, self.comments, path)))

    def _without_first(
        self, pairs: list[tuple[_Node, _Node]], new: JsonObject, column: int
    ) -> list[tuple[_Node, _Node]]:
        """Where the first properties share the line of a dash and go, the next one moves up to it."""
        start = _start(pairs[0][0])
        line = self._line_start(start)
        stays = next(index for index, (key, _) in enumerate(pairs) if key.value in new)
        if stays == 0 or not self.text[line:start].strip():
            return pairs
        kept = _start(pairs[stays][0])
        self._replace(start, kept, "")
        comments = self.text[self._below(*pairs[stays - 1], column) : self._line_start(kept)]
        self._replace(line, line, comments)
        return pairs[stays:]

    def _value(self, pair: tuple[_Node, _Node], old: Json, new: Json, column: int, path: Path) -> None:
        key, node = pair
        if (
            isinstance(old, dict)
            and isinstance(new, dict)
            and old.keys() & new.keys()
            and not node.flow_style
        ):
            self.mapping(node, old, new, path)
        elif isinstance(old, list) and isinstance(new, list) and not node.flow_style and _share(old, new):
            self._sequence(node, old, new, path)
        elif old and new and isinstance(old, (dict, list)) and type(old) is type(new) and node.flow_style:
            flow = self._flow(node, old, new)
            start = _start(node)
            is_short = start - self._line_start(start) + len(flow) <= emit.WIDTH
            if is_short and not emit.holds_comments(path, self.comments):
                self._replace(start, self._end(node), flow)
            else:
                self._rewrite(key, node, new, column, path)
        else:
            self._rewrite(key, node, new, column, path)

    def _rewrite(self, key: _Node, node: _Node, new: Json, column: int, path: Path) -> None:
        """Another value after the property's colon; the comment on the property's line stays."""
        after = self.text.index(":", self._end(key)) + 1
        lead = f"{' ' * column}{self.text[_start(key) : after]}"
        first, *below = emit.entry_lines(lead, new, column, self.comments, path)
        head = first[len(lead) :]
        if not _is_empty(node) and (self._line_start(_start(node)) > after or _is_block(node)):
            found = _COMMENT.search(self.text, after, self._line_end(after))
            comment = found[0] if found else ""
            end = self._below(key, node, column)
        else:
            stop = max(after, self._end(node))
            end = self._line_end(stop)
            comment = self.text[stop:end]
        comment = comment.rstrip("\r\n")
        if below and head.startswith(' "'):
            below[-1] += comment
            comment = ""
        self._replace(after, end, self._joined([f"{head}{comment}", *below]))

    def _sequence(self, node: _Node, old: list[Json], new: list[Json], path: Path) -> None:
        """Items that stay keep their lines, wherever they move; the others go or are added."""
        column = node.start_mark.column
        if any(map(_is_empty, node.value)):
            raise Refused(_BY_HAND)
        spans = [self._item_span(item, column) for item in node.value]
        before, after = ([emit.fingerprint(item) for item in items] for items in (old, new))
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
        edited = {
            (i, j)
            for _, i1, i2, j1, j2 in changes
            for i, j in zip(range(i1, i2), range(j1, j2), strict=False)
            if _overlap(old[i], new[j]) and before[i] not in after and after[j] not in before
        }
        for i, j in edited:
            one, other = old[i], new[j]
            assert isinstance(one, dict)  # noqa: S101  # for mypy: they overlap
            assert isinstance(other, dict)  # noqa: S101  # likewise
            self.mapping(node.value[i], one, other, (*path, j))
        gone = [i for _, i1, i2, _, _ in changes for i in range(i1, i2) if i not in {i for i, _ in edited}]
        for i in gone:
            self._replace(*spans[i], "")
        moved = {before[i]: self.text[slice(*spans[i])] for i in reversed(gone)}
        for _, i1, _, j1, j2 in changes:
            pieces: dict[int, str] = {}
            at = i1
            for j in range(j1, j2):
                at = next((i + 1 for i, other in edited if other == j), at)
                if not any(other == j for _, other in edited):
                    dash = f"{' ' * column}-"
                    lines = self._joined(emit.entry_lines(dash, new[j], column, self.comments, (*path, j)))
                    pieces[at] = pieces.get(at, "") + moved.pop(after[j], lines)
            for at, piece in pieces.items():
                position = spans[at - 1][1] if at else spans[0][0]
                self._replace(position, position, piece)

    def _item_span(self, node: _Node, column: int) -> tuple[int, int]:
        """The lines of an item: from the comments above its dash."""
        line = self._line_start(_start(node))
        while self.text[line : line + column + 1] != " " * column + "-":
            line = self._line_start(line - 1)
        return self._above(line, column), self._lines_end(self._end(node), column)

    def _flow(self, node: _Node, old: JsonObject | list[Json], new: JsonObject | list[Json]) -> str:
        """The same in brackets: what stays is spelled as it was."""
        spans = [_span(item, self._end) for item in node.value]
        edges = [_start(node), *(edge for span in spans for edge in span), self._end(node)]
        if any("#" in self.text[one:other] for one, other in zip(edges[::2], edges[1::2], strict=True)):
            raise Refused("a list or mapping in brackets has comments inside; change it by hand")
        texts = [self.text[start:end] for start, end in spans]
        if isinstance(old, list):
            items = [emit.fingerprint(item) for item in old]
            known = dict(zip(items, texts, strict=True))
            return f"[{', '.join(known.get(emit.fingerprint(item)) or _in_brackets(item) for item in new)}]"
        assert isinstance(new, dict)  # noqa: S101  # for mypy: both are of one type
        nodes = {key.value: (key, value) for key, value in node.value}
        written = dict(zip(old, texts, strict=True))
        kept = [
            written[key]
            if emit.same(old[key], new[key])
            else self._flow_pair(*nodes[key], old[key], new[key])
            for key in old
            if key in new
        ]
        added = [_pair(key, item) for key, item in new.items() if key not in old]
        return f"{{{', '.join([*kept, *added])}}}"

    def _flow_pair(self, key: _Node, node: _Node, old: Json, new: Json) -> str:
        name = self.text[_start(key) : self._end(key)]
        if isinstance(old, (dict, list)) and isinstance(new, (dict, list)) and type(old) is type(new):
            return f"{name}: {self._flow(node, old, new)}"
        return f"{name}: {_in_brackets(new)}"

    # Where things are

    def _end(self, node: _Node) -> int:
        """Where the content of a node ends: marks of blocks reach to whatever follows them."""
        if _is_empty(node):
            return 0
        if _is_block(node):
            return self._block_end(node)
        if node.id == "scalar" or node.flow_style or not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        return _span(last, self._end)[1]

    def _block_end(self, node: _Node) -> int:
        """The end of the last line that is as far in as the first."""
        end = self.text.index("\n", _start(node))
        content = end
        margin = ""
        for line in self.text[end + 1 : node.end_mark.index].splitlines(keepends=True):
            text = line.strip()
            margin = margin or (line[: len(line) - len(line.lstrip())] if text else "")
            if text and not line.startswith(margin):
                break
            end += len(line)
            content = end if text else content
        return content

    def _below(self, key: _Node, value: _Node, column: int) -> int:
        """The end of the lines of a property, comments further in than its name included."""
        return self._lines_end(max(self._end(key), self._end(value)), column)

    def _lines_end(self, end: int, column: int) -> int:
        end = self._line_end(end)
        while (inside := re.compile(rf" {{{column + 1},}}#.*\n").match(self.text, end)) is not None:
            end = inside.end()
        return end

    def _above(self, line: int, column: int) -> int:
        """The start of the comment lines directly above, at the same column."""
        while self.text.startswith(" " * column + "#", previous := self._line_start(line - 1)):
            line = previous
        return line

    def _line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        return self.text.index("\n", index) + 1

    def _joined(self, lines: list[str]) -> str:
        return "".join(f"{line}\n" for line in lines).replace("\n", self.newline)

    def _replace(self, start: int, end: int, new: str) -> None:
        if start != end or new:
            self.edits.append((start, end, new))


def _is_block(node: _Node) -> bool:
    return node.id == "scalar" and node.style in ("|", ">")


def _is_empty(node: _Node) -> bool:
    """Nothing is written, and the marks are those of whatever comes next."""
    return node.id == "scalar" and node.style is None and node.value == ""


def _start(node: _Node) -> int:
    return int(node.start_mark.index)


def _span(item: _Node | tuple[_Node, _Node], end: Callable[[_Node], int]) -> tuple[int, int]:
    """Of an item, or of a property with its value."""
    first, last = item if isinstance(item, tuple) else (item, item)
    return _start(first), max(end(first), end(last))


def _share(old: list[Json], new: list[Json]) -> bool:
    """Whether any item stays, or is the same one changed."""
    kept = set(map(emit.fingerprint, old)) & set(map(emit.fingerprint, new))
    return bool(kept) or any(_overlap(one, other) for one, other in zip(old, new, strict=False))


def _overlap(old: Json, new: Json) -> bool:
    return isinstance(old, dict) and isinstance(new, dict) and bool(old.keys() & new.keys())


def _in_brackets(value: Json) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(_pair(key, item) for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_in_brackets, value))}]"
    return str(emit.flow_text(value))


def _pair(key: str, value: Json) -> str:
    return f"{emit.key_text(key)}: {_in_brackets(value)}"
