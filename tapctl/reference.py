"""How a reference is written: Graph's word, an id, or a name; and back to the same text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference, parsed: `text` is the word as Graph spells it, the id (GUIDs lower-cased) or the name.

    `kind` is what a name names; it is empty where an id may be of several kinds.
    """

    form: Literal["word", "id", "name"]
    kind: str
    text: str


def parse(text: str, kinds: Sequence[str], words: Mapping[str, str]) -> Reference:
    """Read `text`, which may name one of `kinds`; `words` maps lower case to Graph's spelling.

    A value shaped like a GUID is an id; the prefixes `id:` and `name:` say so outright. Where several
    kinds are possible, `Group/x` says which; otherwise a name with an @ is a user's.
    """
    only = kinds[0] if len(kinds) == 1 else ""
    if text.startswith("id:"):
        return Reference("id", only, _plain(text.removeprefix("id:").strip()))
    if GUID.fullmatch(text.strip()):
        return Reference("id", only, _plain(text.strip()))
    if (word := words.get(text.lower())) is not None:
        return Reference("word", "", word)
    name = text.removeprefix("name:")
    return _named(name, kinds) if len(kinds) > 1 else Reference("name", only, name)


def _plain(object_id: str) -> str:
    """A GUID is the same in any letter case; another word of Graph's may not be."""
    return object_id.lower() if GUID.fullmatch(object_id) else object_id


def _named(name: str, kinds: Sequence[str]) -> Reference:
    for kind in kinds:
        if name.startswith(f"{kind}/"):
            return Reference("name", kind, name.removeprefix(f"{kind}/"))
    if "@" in name and "User" in kinds:
        return Reference("name", "User", name)
    return Reference("name", next(kind for kind in kinds if kind != "User"), name)


def written(kind: str, name: str, kinds: Sequence[str], words: Mapping[str, str]) -> str:
    """The shortest text that parses as exactly this name of this kind."""
    meant = Reference("name", kind, name)
    candidates = (name, f"{kind}/{name}", f"name:{name}")
    return next((text for text in candidates if parse(text, kinds, words) == meant), f"name:{kind}/{name}")
