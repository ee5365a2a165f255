"""What git says about the repository that a folder is in. Only reads: no shell, no hook, no network."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tapctl.text.escape import visible

_SECONDS: Final = 30
_LONGEST_SAID: Final = 200
# A repository's own configuration may name programs to run; none of them is.
_PLAIN: Final = (
    "--no-replace-objects",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "log.showSignature=false"),
)
_QUIET: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`output` is as git gave it; `said` is what it complained of, safe to show, where it `failed`."""

    output: bytes = b""
    said: str = ""
    failed: bool = False


def ask_git(root: Path, *words: str) -> Answer:
    """Raises OSError where there is no git to run."""
    try:
        done = subprocess.run(  # noqa: S603  # words of ours, and no shell
            ["git", *_PLAIN, "-C", str(root), *words],  # noqa: S607  # the one that the user's PATH has
            capture_output=True,
            check=True,
            timeout=_SECONDS,
            env={**os.environ, **_QUIET},
        )
    except subprocess.TimeoutExpired:
        return Answer(said=f"no answer within {_SECONDS} seconds", failed=True)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
        return Answer(said=visible(lines[0])[:_LONGEST_SAID] if lines else "", failed=True)
    return Answer(output=done.stdout)
