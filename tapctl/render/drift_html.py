"""News → one page of HTML, for an archive or a mail: what drifted, who did it, what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.drift.causes import Attribution
from tapctl.drift.drifted import Drifted
from tapctl.drift.news import News
from tapctl.drift.undeclared import Undeclared
from tapctl.model import Severity
from tapctl.render import drift_words as words
from tapctl.render import html_parts as parts
from tapctl.text.escape import visible

_CLASSES: Final = {
    "changed": "update",
    "renamed": "update",
    "missing": "delete",
    "unwanted": "create",
    "unclear": "update",
}
_FIRST: Final[tuple[Severity, ...]] = ("error", "warning")


def render(news: News) -> str:
    """The whole page."""
    title = f"Drift in {visible(news.headline.environment)}: {visible(words.headline(news))}"
    main = [
        *(line for severity in _FIRST for line in _findings(news, severity)),
        *_drifted(news),
        *_findings(news, "note"),
        *_undeclared(news),
    ]
    return parts.page(title, _header(news), main, _footer(news))


def _header(news: News) -> Iterator[str]:
    yield f"<header>\n<h1>Drift in {parts.code(news.headline.environment)}</h1>"
    if news.headline.notice:
        yield f'<p class="notice">{parts.text(news.headline.notice)}</p>'
    yield f'<p class="summary">{parts.text(words.headline(news))}.</p>'
    if news.drifted:
        yield f"<p>{parts.text(words.since(news))}</p>"
    yield f"{parts.tenant(news.headline)}\n</header>"


def _footer(news: News) -> Iterator[str]:
    said = [f"Adopted into {parts.code(path)}." for path in news.adopted]
    said += [parts.text(log)] if (log := words.log(news)) else []
    if said:
        yield f"<footer>{''.join(f'<p>{line}</p>' for line in said)}</footer>"


def _findings(news: News, severity: Severity) -> Iterator[str]:
    return parts.findings(severity, tuple(item for item in news.findings if item.severity == severity))


def _drifted(news: News) -> Iterator[str]:
    if not news.drifted:
        return
    head = parts.table_head(("What", "Object", "Kind", "Fields", "By whom, when last"))
    yield f"<section>\n<h2>Differences</h2>\n{head}"
    for number, item in enumerate(news.drifted, start=1):
        name = f'<a href="#drift-{number}">{parts.code(item.address.name)}</a>'
        fields = "<br>".join(parts.code(found.line.path) for found in item.fields)
        who = "<br>".join(f"{parts.code(name)}, {when}" for name, when in words.actors(item).items())
        yield parts.row((_mark(item), name, parts.text(item.address.kind), fields, who or "unknown"))
    yield "</tbody>\n</table></div>\n</section>\n<section>\n<h2>Details</h2>"
    for number, item in enumerate(news.drifted, start=1):
        yield from _details(item, f"drift-{number}")
    yield "</section>"


def _mark(item: Drifted) -> str:
    mark = f"{words.SYMBOLS[item.what]} {item.what} {words.age(item.is_newer)}".strip()
    return f'<span class="{_CLASSES[item.what]}">{parts.text(mark)}</span>'


def _details(item: Drifted, anchor: str) -> Iterator[str]:
    kind = f" <small>{parts.text(item.address.kind)}</small>"
    name = f"{_mark(item)} {parts.code(item.address.name)}{kind}"
    yield f'<details open id="{anchor}"><summary>{name}</summary>'
    place = f", {parts.code(str(item.place))}" if item.place else ""
    yield f"<p>{parts.text(words.said(item))}{place}</p>"
    if item.attribution is not None:
        yield _causes(item.attribution)
    if item.restore:
        yield f"<p>{parts.text(item.restore)}</p>"
    if item.fields:
        yield "<dl>"
        for found in item.fields:
            new = " (new)" if found.is_newer else ""
            sides = "".join(parts.sides(found.line))
            yield f"<dt>{parts.code(found.line.path)}{new}</dt><dd>{sides}{_causes(found.attribution)}</dd>"
        yield "</dl>"
    yield "</details>"


def _causes(attribution: Attribution) -> str:
    return f"<ul>{''.join(f'<li>{parts.text(said)}</li>' for said in words.causes(attribution))}</ul>"


def _undeclared(news: News) -> Iterator[str]:
    if news.undeclared:
        title = f"Not declared here, left alone ({len(news.undeclared)})"
        yield f"<section>\n<details><summary>{title}</summary><ul>"
        yield from map(_stray, words.newest_first(news.undeclared))
        yield "</ul></details>\n</section>"


def _stray(item: Undeclared) -> str:
    mark = f" ({words.lately(item)})" if item.lately else ""
    said = [parts.text(said) for said in (words.dated(item), *words.doers(item)) if said]
    return f"<li>{', '.join([parts.code(str(item.address)) + mark, *said])}</li>"
