"""Words in JSON situations and fixtures that nobody knows: taken for a fact, a misspelt one would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Final, NamedTuple

from tapctl.load.settings import quoted, suggestion
from tapctl.model import Finding, Json, Path, Source
from tapctl.simulate.fixture import minutes_of
from tapctl.simulate.situation_finding import wrong
from tapctl.simulate.words import ACTIONS, MODES, is_address

_RISKS: Final = ("none", "low", "medium", "high", "hidden")
_FLOWS: Final = ("none", "deviceCodeFlow", "authenticationTransfer")
_CLIENTS: Final = ("browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "easSupported", "other")
_PLATFORMS: Final = ("android", "iOS", "windows", "windowsPhone", "macOS", "linux")
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "signInRisk": _RISKS,
    "userRisk": _RISKS,
    "servicePrincipalRisk": _RISKS,
    "insiderRisk": ("none", "minor", "moderate", "elevated"),
    "flow": _FLOWS,
    "transferMethod": _FLOWS,
    "clientApp": _CLIENTS,
    "clientAppType": _CLIENTS,
}
"""Properties of a sign-in that take one of Graph's words, whatever its case."""
_LIKE: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("platform", "devicePlatform"), _PLATFORMS),
    **dict.fromkeys(("action", "userAction"), tuple(word for word in ACTIONS if ":" in word)),
    **dict.fromkeys(("auth", "has", "registered", "reachable", "enabledMethods"), MODES),
    **dict.fromkeys(("registers", "deletes", "removes", "loses", "allowed", "allowedCombinations"), MODES),
}
"""Properties that take other words too; one that is nearly a known word is a slip."""


class _Form(NamedTuple):
    """What a text has to be like."""

    fits: Callable[[str], bool]
    what: str
    example: str


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_ADDRESS: Final = _Form(is_address, "not an address", "203.0.113.7")
_COUNTRY: Final = _Form(lambda text: len(text) == 2 and text.isalpha(), "no ISO code", "DE")
_DURATION: Final = _Form(lambda text: minutes_of(text) is not None, "not a duration", "30m, 8h or 2d")
_FORMS: Final[Mapping[str, _Form]] = {
    **dict.fromkeys(("ip", "ipAddress"), _ADDRESS),
    **dict.fromkeys(("country", "countries"), _COUNTRY),
    **dict.fromkeys(("advances", "advancesMinutes"), _DURATION),
    "ranges": _Form(_is_network, "not a range of addresses", "203.0.113.0/24"),
}
_CASED: Final = MODES
"""Words that are compared as they are written."""
_NEARLY: Final = 0.8
_HOLDERS: Final = ("signIn", "effect", "user")
_MANY: Final = ("users", "strengths", "namedLocations")


def word_findings(value: Json, source: Source, path: Path) -> Iterator[Finding]:
    """What is wrong with the words of a situation or a fixture, sign-ins, effects and people included."""
    for key, item in value.items() if isinstance(value, dict) else ():
        here = (*path, key)
        if key in _HOLDERS:
            yield from word_findings(item, source, here)
        elif key in _MANY:
            yield from _each(item, source, here)
        elif key == "steps" and isinstance(item, list):
            for index, step in enumerate(item):
                yield from word_findings(step, source, (*here, index))
        else:
            yield from _about(key, item, source, here)


def _each(value: Json, source: Source, path: Path) -> Iterator[Finding]:
    """People and strengths by name; a strength may be nothing but its combinations."""
    for name, item in value.items() if isinstance(value, dict) else ():
        here = (*path, name)
        if isinstance(item, dict):
            yield from word_findings(item, source, here)
        else:
            yield from _about("allowed", item, source, here)


def _about(key: str, value: Json, source: Source, path: Path) -> Iterator[Finding]:
    for inner, word in _words(value):
        here = (*path, *inner)
        if key in _FORMS and not _FORMS[key].fits(word):
            what, example = _FORMS[key].what, _FORMS[key].example
            yield wrong(source, here, f"is {quoted(word)}, which is {what}", remedy=f"Write {example}.")
        if key in _ONE_OF:
            yield from _one_of(word, _ONE_OF[key], source, here)
        if key in _LIKE:
            yield from _nearly(word, _LIKE[key], source, here)


def _one_of(word: str, known: tuple[str, ...], source: Source, path: Path) -> Iterator[Finding]:
    if word.lower() not in {item.lower() for item in known}:
        message = f"is {quoted(word)}{suggestion(word, known)}"
        yield wrong(source, path, message, remedy=f"Known: {', '.join(known)}.")


def _nearly(word: str, known: Iterable[str], source: Source, path: Path) -> Iterator[Finding]:
    by_fold = {item.lower(): item for item in known}
    if word in by_fold.values() or (word.lower() in by_fold and by_fold[word.lower()] not in _CASED):
        return
    for close in get_close_matches(word.lower(), by_fold, n=1, cutoff=_NEARLY):
        message = f"is {quoted(word)}; did you mean {quoted(by_fold[close])}?"
        yield wrong(source, path, message, remedy=f"Known: {', '.join(by_fold.values())}.")


def _words(value: Json) -> Iterator[tuple[Path, str]]:
    """The words of a text or a list of texts, some joined by commas, each with its path."""
    items: list[tuple[Path, Json]] = (
        [((index,), item) for index, item in enumerate(value)] if isinstance(value, list) else [((), value)]
    )
    for inner, item in items:
        for word in item.split(",") if isinstance(item, str) else ():
            yield inner, word.strip()
