"""`tapctl explain`: what a kind, a field, a rule or a finding means."""

from __future__ import annotations

import sys

import click

from tapctl.cli.completing import topics
from tapctl.cli.options import Options, common
from tapctl.cli.printing import put


@click.command("explain")
@common
@click.argument("topic", metavar="[KIND[.FIELD] | RULE]", required=False, shell_complete=topics)
def command(options: Options, *, topic: str | None) -> int:
    """Explain a kind, one of its fields, a rule or a finding by its id; without one, list them.

    A field is named by its path: TemporaryAccessPassPolicy.isUsableOnce. Where only one kind has a field of
    that name, the name alone is enough. Offline; letter case does not matter.
    """
    from tapctl.cli.output import width
    from tapctl.explain import explain
    from tapctl.render import explanation

    found = explain(topic)
    match options.format:
        case "json":
            text = explanation.render_json(found)
        case "markdown":
            text = explanation.render_markdown(found)
        case _:
            text = explanation.render_text(found, width(sys.stdout))
    put(text)
    return 0
