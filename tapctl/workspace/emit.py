"""A Draft → the text of its YAML document, laid out for review and read back before anybody sees it."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from typing import Final

import yaml
from yaml.resolver import Resolver

from tapctl.errors import TapctlError
from tapctl.load.workspace import MAX_NODES
from tapctl.load.yaml12 import STANDARD, Allowance, parse, resolved
from tapctl.model import Json, JsonObject, Path
from tapctl.workspace.document import Draft

WIDTH: Final = 100
_RULES: Final = ("rule", "membershipRule")  # expressions: nothing in them should need a quote
_LONGEST_KEY: Final = 250  # YAML's limit for `key: value` is 1,024 bytes
_JOINERS: Final = "\u200c\u200d"  # parts of written Persian and of emoji
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_AMBIGUOUS = re.compile(r"[yYnN]|[-+]?[0-9][0-9_,]*")  # to readers of YAML 1.1 other than PyYAML
_YAML_1_1: Final = Resolver()
_INDENTED = re.compile(r"^[ \t]", re.MULTILINE)
_TRAILING = re.compile(r"[ \t]$", re.MULTILINE)


def render(draft: Draft, *, schema_path: str, comments: Mapping[Path, str] | None = None) -> str:
    """The document. `comments` stand at the end of the line of their path in spec, or of what is above it."""
    envelope: JsonObject = {"kind": draft.kind}
    if draft.name is not None:
        envelope["name"] = literal(draft.name)
    if draft.environments:
        envelope["environments"] = [*draft.environments]
    if draft.newer:
        envelope["newer"] = [literal(path) for path in draft.newer]
    envelope["spec"] = literal(draft.spec)
    placed = in_spec(draft.spec, comments or {})
    notes = [line for note in draft.notes for line in _wrapped(note)]
    header = [f"# yaml-language-server: $schema={visible(schema_path)}", *notes]
    body = mapping_lines(envelope, 0, placed, ())
    text = "\n".join([*header, *body, ""])
    if not same(read_back(text), [envelope]):
        raise TapctlError(f"{draft.kind} {visible(str(draft.name))!r} cannot be written as YAML exactly")
    return text


def in_spec(spec: JsonObject, comments: Mapping[Path, str]) -> dict[Path, str]:
    """The comments by their places in the document."""
    placed: dict[Path, str] = {}
    for path, comment in comments.items():
        nearest = ("spec", *_nearest(spec, path))
        placed[nearest] = f"{placed[nearest]}; {comment}" if nearest in placed else comment
    return placed


def read_back(text: str) -> list[Json]:
    """Every document as our reader sees it; TapctlError for what it does not take."""
    data = text.encode("utf-8", "surrogatepass")
    documents, findings = parse(data, "document", Allowance(MAX_NODES))
    if findings:
        raise TapctlError(f"{findings[0].place}: {findings[0].message}")
    return [document.value for document in documents]


def same(one: Json, other: Json) -> bool:
    """Equality that tells true from 1 and 1 from 1.0; the order of properties means nothing."""
    return fingerprint(one) == fingerprint(other)


def fingerprint(value: Json) -> str:
    """A text that equal values share."""
    return json.dumps(value, sort_keys=True)


def literal(value: Json) -> Json:
    """What `value` looks like in a document, where `${` begins a variable."""
    match value:
        case str():
            return value.replace("${", "$${")
        case list():
            return [literal(item) for item in value]
        case dict():
            return {key: literal(item) for key, item in value.items()}
        case _:
            return value


def visible(text: str) -> str:
    """One line in which nothing hides: for comments, whose text comes from strangers."""
    return "".join(character if _is_plain(character) else _escaped(character) for character in text)


def _wrapped(note: str) -> list[str]:
    return textwrap.wrap(
        visible(note),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _nearest(spec: Json, path: Path) -> Path:
    """`path`, or as much of it as there is."""
    for end, part in enumerate(path):
        if isinstance(spec, dict) and part in spec:
            spec = spec[str(part)]
        elif isinstance(spec, list) and isinstance(part, int) and part < len(spec):
            spec = spec[part]
        else:
            return path[:end]
    return path


# Layout: block style throughout, but for short lists of scalars


def mapping_lines(value: JsonObject, indent: int, comments: Mapping[Path, str], path: Path) -> list[str]:
    """Each property on its own line or lines, `indent` columns in."""
    return [
        line
        for key, item in value.items()
        for line in entry_lines(
            f"{' ' * indent}{key_text(key, indent)}:", item, indent, comments, (*path, key)
        )
    ]


def list_lines(value: list[Json], indent: int, comments: Mapping[Path, str], path: Path) -> list[str]:
    """Each item on its own line or lines, its dash `indent` columns in."""
    return [
        line
        for index, item in enumerate(value)
        for line in entry_lines(f"{' ' * indent}-", item, indent, comments, (*path, index))
    ]


def entry_lines(lead: str, value: Json, indent: int, comments: Mapping[Path, str], path: Path) -> list[str]:
    """`lead` (`key:` or `-`) with its value after and below it."""
    comment = f"  # {visible(comments[path])}" if comments.get(path) else ""
    name = path[-1] if path else ""
    if isinstance(value, str):
        head, *below = _text_lines(value, name, len(lead), indent)
        if below and not head.startswith("|"):
            return [f"{lead} {head}", *below[:-1], f"{below[-1]}{comment}"]
        return [f"{lead} {head}{comment}", *below]
    if isinstance(value, (list, dict)) and value:
        if isinstance(value, list) and not holds_comments(path, comments):
            flow = flow_text(value)
            if flow is not None and len(lead) + 1 + len(flow) <= WIDTH:
                return [f"{lead} {flow}{comment}"]
        if isinstance(value, list):
            return [f"{lead}{comment}", *list_lines(value, indent + 2, comments, path)]
        below = mapping_lines(value, indent + 2, comments, path)
        if lead.endswith("-") and not comment:
            return [f"{lead} {below[0][indent + 2 :]}", *below[1:]]
        return [f"{lead}{comment}", *below]
    return [f"{lead} {json.dumps(value)}{comment}"]


def holds_comments(path: Path, comments: Mapping[Path, str]) -> bool:
    """Whether anything below `path` has a comment."""
    return any(len(commented) > len(path) and commented[: len(path)] == path for commented in comments)


def flow_text(value: Json) -> str | None:
    """`[a, b]` or a scalar on one line; None for what holds anything nested."""
    if isinstance(value, str):
        return scalar(value, in_flow=True)
    if isinstance(value, list):
        if any(isinstance(item, (list, dict)) for item in value):
            return None
        return f"[{', '.join(str(flow_text(item)) for item in value)}]"
    return None if isinstance(value, dict) and value else json.dumps(value)


def key_text(key: str, indent: int = 0) -> str:
    """A property name; one that is too long for a line of its own kind is marked with `?`."""
    text = f'"{_quoted(key)}"' if ":" in key else scalar(key, in_flow=True)
    return text if len(text.encode()) <= _LONGEST_KEY else f"? {text}\n{' ' * indent}"


# Scalars


def _text_lines(text: str, name: str | int, column: int, indent: int) -> list[str]:
    """Exactly `text`: as it is, in quotes, or as a block below."""
    on_one_line = scalar(text)
    is_long = "\n" in text or name in _RULES or column + 1 + len(on_one_line) > WIDTH
    if not is_long:
        return [on_one_line]
    margin = " " * (indent + 2)
    if _fits_block(text):
        body = text.removesuffix("\n").split("\n")
        return ["|" if text.endswith("\n") else "|-", *(f"{margin}{line}" if line else "" for line in body)]
    if "\n" not in text:
        return [on_one_line]
    pieces = [_quoted(piece) for piece in re.findall(r"[^\n]*\n|[^\n]+", text)]
    rest = [f"\\{piece}" if piece.startswith(" ") else piece for piece in pieces[1:]]
    *most, last = [f'"{pieces[0]}', *(f"{margin}{piece}" for piece in rest)]
    return [*(f"{line}\\" for line in most), f'{last}"']


def _fits_block(text: str) -> bool:
    """Whether a block scalar says it, and still does after an editor took spaces from the ends of lines."""
    body = text.removesuffix("\n")
    return (
        bool(body)
        and not body.startswith("\n")
        and not body.endswith("\n")
        and not _INDENTED.match(body)
        and not _TRAILING.search(body)
        and all(_is_plain(character) or character == "\n" for character in body)
    )


def scalar(text: str, *, in_flow: bool = False) -> str:
    """`text` on one line: quoted exactly when some reader would take it for something else."""
    if not all(map(_is_plain, text)):
        return f'"{_quoted(text)}"'
    if _may_be_bare(text, in_flow=in_flow):
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _may_be_bare(text: str, *, in_flow: bool) -> bool:
    if not text or text != text.strip() or not (text[0].isalnum() or text[0] in "_(/$" or text[0] > "\xa0"):
        return False
    if ": " in text or " #" in text or text.endswith(":") or (in_flow and re.search(r"[\[\]{},:]", text)):
        return False
    return _is_text_to_all(text)


def _is_text_to_all(text: str) -> bool:
    """Neither YAML 1.2 nor 1.1 sees a number, a date, yes or no, or nothing."""
    if _AMBIGUOUS.fullmatch(text):
        return False
    try:
        is_text = isinstance(resolved(text), str)
    except ValueError:
        return False
    tag = _YAML_1_1.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # PyYAML's
    return is_text and tag == f"{STANDARD}str"


def _is_plain(character: str) -> bool:
    """Whether a person sees this character as what it is."""
    if " " <= character <= "~":
        return True
    category = unicodedata.category(character)
    return category[0] in "LMNPS" or character in _JOINERS


def _quoted(text: str) -> str:
    return "".join(
        character if _is_plain(character) and character not in '"\\' else _escaped(character)
        for character in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
