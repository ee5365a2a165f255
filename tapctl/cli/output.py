"""Where results go: a Report in the chosen format to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO, assert_never

import click

from tapctl.cli.options import Format
from tapctl.cli.run_link import run_link
from tapctl.render.escape import visible
from tapctl.report import Report

if TYPE_CHECKING:
    from tapctl.render.sign_in_tests import Tested
    from tapctl.sheet import Sheet

_WIDEST = 120
_ENDLESS = 100_000


def show(report: Report, output_format: Format) -> None:
    """The result of a command."""
    match output_format:
        case "json":
            from tapctl.render.json import render as render_json

            click.echo(render_json(report), nl=False)
        case "markdown":
            from tapctl.render.markdown import render as render_markdown

            linked = replace(report, link=run_link(os.environ))
            click.echo(render_markdown(linked), nl=False)
        case "html":
            from tapctl.render.html import render as render_html

            click.echo(render_html(report), nl=False)
        case "sarif":
            from tapctl.render.sarif import render as render_sarif

            click.echo(render_sarif(report), nl=False)
        case "junit":
            from tapctl.render.junit import render as render_junit

            click.echo(render_junit(report), nl=False)
        case "text":
            show_text(report, sys.stdout)
        case _:
            assert_never(output_format)


def show_text(report: Report, stream: TextIO) -> None:
    """For a person, who may be reading stderr because stdout is for a program."""
    from tapctl.render.terminal import render

    click.echo(render(report, width=width(stream), colour=wants_colour(stream)), file=stream, nl=False)


def show_sheet(sheet: Sheet, output_format: Format, stream: TextIO | None = None) -> None:
    """What a command says about people; to stderr where stdout is for a document at the end."""
    from tapctl.render.sheet import render_markdown, render_text

    stream = stream or sys.stdout
    if output_format == "markdown":
        click.echo(render_markdown(sheet), file=stream, nl=False)
        return
    text = render_text(sheet, width=width(stream), colour=wants_colour(stream))
    click.echo(text, file=stream, nl=False)


def show_sign_in_tests(tested: Tested, output_format: Format) -> None:
    """The result of `tapctl test`."""
    from tapctl.render import sign_in_tests

    renderers = {
        "text": sign_in_tests.render_text,
        "json": sign_in_tests.render_json,
        "markdown": sign_in_tests.render_markdown,
        "junit": sign_in_tests.render_junit,
    }
    click.echo(renderers[output_format](tested), nl=False)


def width(stream: TextIO) -> int:
    """A file or a pipe is not wrapped: people search in it."""
    if not stream.isatty() and not os.environ.get("COLUMNS"):
        return _ENDLESS
    return min(shutil.get_terminal_size().columns, _WIDEST)


def wants_colour(stream: TextIO) -> bool:
    """https://no-color.org"""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(message: str) -> None:
    """A word to the person, escaped line by line."""
    click.echo("\n".join(visible(line) for line in message.split("\n")), err=True)
