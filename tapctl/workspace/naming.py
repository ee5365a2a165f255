"""Object names → file names: readable, safe everywhere, and no two alike even where case does not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from tapctl.model import Address

_LONGEST = 80  # bytes: file systems take 255, editors and people less
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # Windows


def slug(name: str) -> str:
    """Letters and digits of any script in lower case, everything else one dash; never empty."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    text = re.sub(r"[^\w]+|_+", "-", plain).strip("-")
    text = _shortened(text, _LONGEST).strip("-")
    return f"x-{text}" if _RESERVED.fullmatch(text) else text or "unnamed"


def _shortened(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def file_names(addresses: Iterable[Address], taken: Iterable[str] = ()) -> Iterator[tuple[Address, str]]:
    """`<folder of the kind>/<slug>.yaml` for each address; a number tells those apart that would be alike."""
    used = {_folded(name) for name in taken}
    for address in addresses:
        stem = _stem(address)
        candidates = (f"{stem}{end}.yaml" for end in _endings())
        name = next(candidate for candidate in candidates if _folded(candidate) not in used)
        used.add(_folded(name))
        yield address, name


def _stem(address: Address) -> str:
    """The singletons are all about authentication methods, and stand together."""
    if address.kind == address.name:
        return f"authentication-methods/{_dashed(address.kind)}"
    return f"{folder_of(address.kind)}/{slug(address.name)}"


def _folded(name: str) -> str:
    """Alike for file systems that ignore case, or that take accents apart."""
    return unicodedata.normalize("NFC", name.casefold())


def _endings() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def folder_of(kind: str) -> str:
    """`ConditionalAccessPolicy` → `conditional-access-policies`."""
    words = _dashed(kind)
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


def _dashed(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", kind).lower()
