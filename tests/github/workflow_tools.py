"""Workflow files → their steps, and the command lines in them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from tapctl.cli.main import group

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_OPTIONAL = re.compile(r'\$\{\w+:\+(--?\w+) "\$\w+"\}')
_REDIRECTION = re.compile(r"\s*(<|>>?)\s*\S+")
_STANDS_FOR = {
    "$MODE": "update",
    "$ALLOW": "enforces",
    "$TAPCTL_ALLOW": "enforces",
    "${ALLOW#none}": "enforces",
    "$CHECKSUM": "0" * 64,
}


def jobs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


def scripts(text: str) -> Iterator[str]:
    """Every `run:` of a workflow."""
    for job in jobs(text).values():
        yield from (step["run"] for step in job.get("steps", []) if "run" in step)


def command_lines(script: str) -> Iterator[list[str]]:
    """The arguments of each call of tapctl, with something in place of every variable."""
    for line in script.replace("\\\n", " ").splitlines():
        for part in re.split(r"\|\||&&|;|\|", line):
            plain = _REDIRECTION.sub("", _OPTIONAL.sub(r"\1 name", part)).strip()
            if plain.startswith("tapctl "):
                words = shlex.split(plain)[1:]
                yield [_STANDS_FOR.get(word, re.sub(r"\$\{?\w+\}?", "name", word)) for word in words]


def parse(arguments: list[str]) -> click.Context:
    """Let click read the arguments, and do nothing. Raises click.UsageError for what there is not."""
    found: click.Command = group
    context = click.Context(group)
    while isinstance(found, click.Group):
        _, inner, arguments = found.resolve_command(context, arguments)
        assert inner is not None
        found = inner
    return found.make_context("tapctl", [*arguments], parent=context)


def run_job(
    job: Mapping[str, Any], folder: Path, expressions: Mapping[str, str], **more: str
) -> dict[str, int]:
    """Run a job's own steps as a runner does, one after the other; what each exited with, by name.

    `expressions` are the values of what stands in ${{ }}; packages are taken to be installed.
    """

    def resolved(value: Any) -> str:
        return _EXPRESSION.sub(lambda found: expressions[found[1]], str(value))

    codes: dict[str, int] = {}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in job["steps"]:
        if "run" not in step or step["name"] == "Install tapctl":
            continue
        if (
            any(codes.values())
            and "cancelled()" not in step.get("if", "")
            and "always()" not in step.get("if", "")
        ):
            continue
        env = {**job.get("env", {}), **step.get("env", {})}
        environ = {**os.environ, "PATH": path, "CI": "true", **more}
        environ |= {name: resolved(value) for name, value in env.items()}
        done = subprocess.run(  # noqa: S603
            ["/bin/bash", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env=environ,
            check=False,
            capture_output=True,
            text=True,
        )
        codes[step["name"]] = done.returncode
        (folder / f"{step['name']}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return codes
