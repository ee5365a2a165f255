"""Writing OData: names come from strangers and may not end a literal, a segment or a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from urllib.parse import quote

# Microsoft Entra refuses more than 15 comparisons in one $filter:
# https://learn.microsoft.com/graph/aad-advanced-queries (checked 2026-11).
FILTER_CHUNK = 15
SAFE_IN_VALUE = "'(),:/$@"


def odata_quote(text: str) -> str:
    """A string literal for `$filter`: in single quotes, with quotes inside doubled."""
    return "'" + text.replace("'", "''") + "'"


def path_segment(text: str) -> str:
    """One path segment of any text, such as a guest's userPrincipalName with `#EXT#`."""
    return quote(text, safe="@")


def in_filters(field: str, values: Iterable[str], chunk: int = FILTER_CHUNK) -> Iterator[str]:
    """`field in ('a','b')` for all values, each once and in order, as many filters as it takes."""
    remaining = iter(dict.fromkeys(values))
    while some := list(islice(remaining, chunk)):
        quoted = [odata_quote(value) for value in some]
        yield f"{field} eq {quoted[0]}" if len(quoted) == 1 else f"{field} in ({','.join(quoted)})"


def relative_url(path: str, params: Mapping[str, str] | None = None) -> str:
    """A path relative to `/v1.0` and OData options, percent-encoded; what is already encoded stays.

    Raises ValueError for a path that holds a query or dot segments: untrusted text goes through path_segment.
    """
    path = path.strip("/")
    if "?" in path or {".", ".."} & set(path.split("/")):
        raise ValueError(f"not a Graph path: {path}")
    encoded = quote(path, safe="/%$()',;:@=!*+~")
    if not params:
        return encoded
    options = (f"{quote(key, safe='$@')}={quote(value, safe=SAFE_IN_VALUE)}" for key, value in params.items())
    return f"{encoded}?{'&'.join(options)}"
