"""Where results go: a Report in the chosen format to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO, assert_never

from tapctl.cli.formats import Format
from tapctl.cli.options import Options
from tapctl.cli.printing import put, put_error
from tapctl.cli.run_link import run_link
from tapctl.report import Report

if TYPE_CHECKING:
    from tapctl.render.sign_in_tests import Tested
    from tapctl.report.sheet import Sheet

_WIDEST = 120
ENDLESS = 100_000


def show(report: Report, output_format: Format) -> None:
    """The result of a command."""
    if output_format == "text":
        show_text(report, sys.stdout)
    else:
        put(rendered(report, output_format))


def answer(report: Report, options: Options) -> None:
    """The result of a command, on stdout and in every file that --also names."""
    show(report, options.format)
    write_also(report, options)


def write_also(report: Report, options: Options) -> None:
    """The result, in every file that --also names."""
    options.also.write(lambda output_format: rendered(report, output_format))


def rendered(report: Report, output_format: Format) -> str:
    """The result as a document; text is as for a file."""
    match output_format:
        case "json":
            from tapctl.render.json import render as render_json

            return render_json(report)
        case "markdown":
            from tapctl.render.markdown import render as render_markdown

            return render_markdown(replace(report, link=run_link(os.environ)))
        case "html":
            from tapctl.render.html import render as render_html

            return render_html(report)
        case "sarif":
            from tapctl.render.sarif import render as render_sarif

            return render_sarif(report)
        case "junit":
            from tapctl.render.junit import render as render_junit

            return render_junit(report)
        case "text":
            from tapctl.render.terminal import render as render_text

            return render_text(report, width=ENDLESS, colour=False)
        case _:
            assert_never(output_format)


def show_text(report: Report, stream: TextIO) -> None:
    """For a person, who may be reading stderr because stdout is for a program."""
    from tapctl.render.terminal import render

    put(render(report, width=width(stream), colour=wants_colour(stream)), stream)


def show_sheet(sheet: Sheet, output_format: Format, stream: TextIO | None = None) -> None:
    """What a command says about people; to stderr where stdout is for a document at the end."""
    from tapctl.render.sheet import render_markdown, render_text

    stream = stream or sys.stdout
    if output_format == "markdown":
        put(render_markdown(sheet), stream)
        return
    text = render_text(sheet, width=width(stream), colour=wants_colour(stream))
    put(text, stream)


def answer_sign_in_tests(tested: Tested, options: Options) -> None:
    """The result of `tapctl test`."""
    from tapctl.render import sign_in_tests

    renderers = {
        "text": sign_in_tests.render_text,
        "json": sign_in_tests.render_json,
        "markdown": sign_in_tests.render_markdown,
        "junit": sign_in_tests.render_junit,
    }
    put(renderers[options.format](tested))
    options.also.write(lambda output_format: renderers[output_format](tested))


def width(stream: TextIO) -> int:
    """A file or a pipe is not wrapped: people search in it."""
    if not stream.isatty() and not os.environ.get("COLUMNS"):
        return ENDLESS
    return min(shutil.get_terminal_size().columns, _WIDEST)


def wants_colour(stream: TextIO) -> bool:
    """https://no-color.org"""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(message: str) -> None:
    """A word to the person, escaped line by line."""
    put_error(message)
