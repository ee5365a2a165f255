"""The one way for text to stdout and stderr: no line of it is one that a pipeline's runner obeys."""

from __future__ import annotations

from typing import TextIO

import click

from tapctl.text.escape import unheard, visible


def put(text: str, stream: TextIO | None = None) -> None:
    """Lines that are ready to be shown, with their line breaks; on stdout unless said otherwise."""
    click.echo(unheard(text), file=stream, nl=False)


def put_error(message: str) -> None:
    """A word to the person on stderr, escaped line by line."""
    click.echo(unheard("\n".join(visible(line) for line in message.split("\n"))), err=True)
