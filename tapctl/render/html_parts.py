"""What our pages of HTML are made of: one page that needs nothing else, for screen and paper.

Names come from strangers: every text is escaped and stands apart from the direction of what is around it,
and the page's own policy lets it load and run nothing.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tapctl.model import Finding, Severity
from tapctl.render.html_style import STYLE
from tapctl.render.values import block, shown
from tapctl.report import FieldLine, Headline
from tapctl.text.escape import named, spelled, visible

SEVERITIES: Final[dict[Severity, str]] = {
    "error": "Errors",
    "brake": "Brakes: apply needs a word for each",
    "warning": "Warnings",
    "note": "Notes",
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, header: Iterable[str], main: Iterable[str], footer: Iterable[str]) -> str:
    """The whole document; `title` is plain text, the rest is HTML."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">',
            f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            *header,
            "<main>",
            *main,
            "</main>",
            *footer,
            "</body>\n</html>\n",
        ]
    )


def text(words: str) -> str:
    """Words in a sentence, on one line: a name must not look like a line of ours."""
    return html.escape(visible(words))


def prose(words: str) -> str:
    """A sentence of ours, in which commands stand in backticks and names may have doubled spaces."""
    parts = words.split("`")
    if len(parts) % 2 == 0:
        return html.escape(spelled(words))
    return "".join(
        code(part) if number % 2 else html.escape(spelled(part)) for number, part in enumerate(parts)
    )


def lines(words: str) -> str:
    """Words of ours that take several lines."""
    return "<br>".join(map(text, words.split("\n")))


def code(words: str) -> str:
    """A name or a value, apart from the direction of the text around it."""
    return f"<code>{html.escape(named(words))}</code>"


def tenant(headline: Headline) -> str:
    """Which tenant was asked, and as whom."""
    asked = f"Tenant {code(headline.tenant_id)}" if headline.tenant_id else "The tenant was not asked"
    caller = f", as {code(headline.caller)}" if headline.caller else ""
    return f"<p>{asked}{caller}.</p>"


def findings(severity: Severity, found: Sequence[Finding], title: str = "") -> Iterator[str]:
    """A section for those of one severity, if there are any."""
    if found:
        title = title or SEVERITIES[severity]
        yield f'<section class="{severity}">\n<h2>{title} ({len(found)})</h2>\n<ul>'
        yield from map(_finding, found)
        yield "</ul>\n</section>"


def _finding(finding: Finding) -> str:
    place = f" at {code(str(finding.place))}" if finding.place else ""
    help_text = f"<br>{prose(finding.help)}" if finding.help else ""
    asks = finding.severity == "brake" and finding.flag
    flag = f"<br>Allow it with {code(finding.flag)}" if asks else ""
    return f"<li>{html.escape(spelled(finding.message))}{place} ({code(finding.label)}){help_text}{flag}</li>"


def table_head(heads: Iterable[str]) -> str:
    """The start of a table that may be wider than the screen."""
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return f'<div class="wide"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>'


def row(cells: Iterable[str]) -> str:
    """One row of a table."""
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def sides(field: FieldLine) -> Iterator[str]:
    """What a field loses and gains."""
    if field.is_set:
        yield from (_side("del", [shown(item)]) for item in field.removed)
        yield from (_side("ins", [shown(item)]) for item in field.added)
    else:
        for tag, side in (("del", field.before), ("ins", field.after)):
            if side is not None:
                yield _side(tag, block(side))


def _side(tag: str, said: Iterable[str]) -> str:
    """Lines that are escaped for people already; the sign is text, for whoever sees no colour."""
    sign = "-" if tag == "del" else "+"
    body = "\n".join(f"{sign} {html.escape(line)}" for line in said)
    return f"<{tag}><pre>{body}</pre></{tag}>"
