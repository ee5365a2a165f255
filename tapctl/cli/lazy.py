"""A click group whose commands are imported when they are called, so that `--help` stays quick."""

from __future__ import annotations

import difflib
import importlib
import keyword
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem


class LazyCommands(click.Group):
    """`lines` is each command's line in the help; the command itself is `<package>.<name>.command`."""

    def __init__(self, *args: Any, lines: Mapping[str, str], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self._package = lines, package

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lines:
            return None
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        found = importlib.import_module(f"{self._package}.{module.replace('-', '_')}").command
        assert isinstance(found, click.Command)  # noqa: S101  # for mypy: a test calls each
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.lines and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], self.lines, n=1)
            hint = f' Did you mean "{close[0]}"?' if close else f" Known are {', '.join(self.lines)}."
            raise click.UsageError(f'There is no command "{args[0]}".{hint}', ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """From the lines: no command is imported only to be offered."""
        offered = [
            CompletionItem(name, help=line)
            for name, line in self.lines.items()
            if name.startswith(incomplete) and not incomplete.startswith("-")
        ]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines.items()))
