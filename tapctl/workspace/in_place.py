"""The text of a YAML file → the same text with one document made another, everything else as it was.

ruamel.yaml says where every node stands; only the lines of what changes are written anew. The result is
read again, and refused unless it holds exactly what was meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from tapctl.errors import Refused, TapctlError
from tapctl.model import Json, JsonObject, Path
from tapctl.workspace import emit
from tapctl.workspace.layout import BOM, Layout, Node, is_block, is_empty, newline_of, start_of

_COMMENT = re.compile(r"[ \t]+#.*")
_BY_HAND: Final = "the file cannot be changed without touching more than was meant; change it by hand"


def changed(text: str, index: int, wanted: JsonObject, comments: Mapping[Path, str]) -> str:
    """`text` with its document number `index` made `wanted`, and the proof that it is."""
    expected = emit.read_back(text)
    old, expected[index] = expected[index], wanted
    assert isinstance(old, dict)  # noqa: S101  # for mypy: callers looked
    bare = text.removeprefix(BOM)
    newline = newline_of(bare)
    try:
        nodes = list(YAML().compose_all(bare))
    except YAMLError as error:
        raise Refused(_BY_HAND) from error
    node = nodes[index]
    if any(_is_shared(bare, inner) for inner in _inner(node)):
        raise Refused("the document uses anchors or tags (`&`, `*`, `!`); change it by hand")
    if not bare.endswith("\n"):
        bare += newline
    editor = _Editor(where=Layout(text=bare), newline=newline, comments=comments)
    editor.mapping(node, old, wanted, ())
    result = text[: len(text) - len(text.removeprefix(BOM))] + editor.result()
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

    where: Layout
    newline: str
    comments: Mapping[Path, str]
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        """The text with every replacement made."""
        parts: list[str] = []
        done = 0
        for start, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            parts += [self.where.text[done:start], new]
            done = end
        return "".join([*parts, self.where.text[done:]])

    def mapping(self, node: Node, old: JsonObject, new: JsonObject, path: Path) -> None:
        """Some of the properties stay: the others go, change in place, or are added below."""
        if node.flow_style:
            self._replace(start_of(node), self.where.end(node), self._flow(node, old, new))
            return
        column = node.start_mark.column
        pairs = self._without_first(node.value, new, column)
        for key_node, value_node in pairs:
            key = key_node.value
            if key not in new:
                line = self.where.line_start(start_of(key_node))
                self._replace(
                    self.where.above(line, column), self.where.below(key_node, value_node, column), ""
                )
            elif not emit.same(old[key], new[key]):
                self._value((key_node, value_node), old[key], new[key], column, (*path, key))
        added = {key: item for key, item in new.items() if key not in old}
        end = self.where.below(*pairs[-1], column)
        self._replace(end, end, self._joined(emit.mapping_lines(added, column, self.comments, path)))

    def _without_first(
        self, pairs: list[tuple[Node, Node]], new: JsonObject, column: int
    ) -> list[tuple[Node, Node]]:
        """Where the first properties share the line of a dash and go, the next one moves up to it."""
        start = start_of(pairs[0][0])
        line = self.where.line_start(start)
        stays = next(index for index, (key, _) in enumerate(pairs) if key.value in new)
        if stays == 0 or not self.where.text[line:start].strip():
            return pairs
        kept = start_of(pairs[stays][0])
        self._replace(start, kept, "")
        comments = self.where.text[self.where.below(*pairs[stays - 1], column) : self.where.line_start(kept)]
        self._replace(line, line, comments)
        return pairs[stays:]

    def _value(self, pair: tuple[Node, Node], old: Json, new: Json, column: int, path: Path) -> None:
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
            start = start_of(node)
            is_short = start - self.where.line_start(start) + len(flow) <= emit.WIDTH
            if is_short and not emit.holds_comments(path, self.comments):
                self._replace(start, self.where.end(node), flow)
            else:
                self._rewrite(key, node, new, column, path)
        else:
            self._rewrite(key, node, new, column, path)

    def _rewrite(self, key: Node, node: Node, new: Json, column: int, path: Path) -> None:
        """Another value after the property's colon; the comment on the property's line stays."""
        after = self.where.text.index(":", self.where.end(key)) + 1
        lead = f"{' ' * column}{self.where.text[start_of(key) : after]}"
        first, *below = emit.entry_lines(lead, new, column, self.comments, path)
        head = first[len(lead) :]
        if not is_empty(node) and (self.where.line_start(start_of(node)) > after or is_block(node)):
            found = _COMMENT.search(self.where.text, after, self.where.line_end(after))
            comment = found[0] if found else ""
            end = self.where.below(key, node, column)
        else:
            stop = max(after, self.where.end(node))
            end = self.where.line_end(stop)
            comment = self.where.text[stop:end]
        comment = comment.rstrip("\r\n")
        if below and head.startswith(' "'):
            below[-1] += comment
            comment = ""
        self._replace(after, end, self._joined([f"{head}{comment}", *below]))

    def _sequence(self, node: Node, old: list[Json], new: list[Json], path: Path) -> None:
        """Items that stay keep their lines, wherever they move; the others go or are added."""
        column = node.start_mark.column
        if any(map(is_empty, node.value)):
            raise Refused(_BY_HAND)
        spans = [self.where.item_span(item, column) for item in node.value]
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
        moved = {before[i]: self.where.text[slice(*spans[i])] for i in reversed(gone)}
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

    def _flow(self, node: Node, old: JsonObject | list[Json], new: JsonObject | list[Json]) -> str:
        """The same in brackets: what stays is spelled as it was."""
        spans = [self.where.span(item) for item in node.value]
        edges = [start_of(node), *(edge for span in spans for edge in span), self.where.end(node)]
        if any("#" in self.where.text[one:other] for one, other in zip(edges[::2], edges[1::2], strict=True)):
            raise Refused("a list or mapping in brackets has comments inside; change it by hand")
        texts = [self.where.text[start:end] for start, end in spans]
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

    def _flow_pair(self, key: Node, node: Node, old: Json, new: Json) -> str:
        name = self.where.text[start_of(key) : self.where.end(key)]
        if isinstance(old, (dict, list)) and isinstance(new, (dict, list)) and type(old) is type(new):
            return f"{name}: {self._flow(node, old, new)}"
        return f"{name}: {_in_brackets(new)}"

    def _joined(self, lines: list[str]) -> str:
        return "".join(f"{line}\n" for line in lines).replace("\n", self.newline)

    def _replace(self, start: int, end: int, new: str) -> None:
        if start != end or new:
            self.edits.append((start, end, new))


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
