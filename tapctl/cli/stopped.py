"""What stopped a command → a document in place of its result, in any format."""

from __future__ import annotations

from typing import assert_never

from tapctl.cli.formats import Format
from tapctl.text.escape import visible


def stopped(
    error: BaseException,
    output_format: Format,
    environment: str | None,
    settings: str = "tapctl.yaml",
) -> str:
    """`environment` is the one that was asked about, if somebody said one; `settings` the workspace's file of
    settings, where code scanning shows what is about no line."""
    match output_format:
        case "json":
            from tapctl.render.json import render_error

            return render_error(error, environment)
        case "markdown":
            from tapctl.render.markdown import render_error

            return render_error(error, environment)
        case "html":
            from tapctl.render.html import render_error

            return render_error(error, environment)
        case "sarif":
            from tapctl.render.sarif import render_error as render_sarif

            return render_sarif(error, settings, environment)
        case "junit":
            from tapctl.render.junit import render_error as render_junit

            return render_junit(error)
        case "text":
            return "\n".join(visible(line) for line in f"Error: {error}".split("\n")) + "\n"
        case _:
            assert_never(output_format)
