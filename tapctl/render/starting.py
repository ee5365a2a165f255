"""What `tapctl init` wrote, or why it wrote nothing → text, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tapctl.render import gfm
from tapctl.render.json import VERSION, written
from tapctl.text.escape import visible
from tapctl.text.words import counted
from tapctl.workspace.placing import Placed

_WORDS: Final = {"new": "written", "same": "is there already", "differs": "is there and DIFFERS"}
_REFUSED: Final = {**_WORDS, "new": "would be new"}


def render_text(found: Sequence[Placed], steps: Sequence[str], *, is_refused: bool) -> str:
    """For a terminal."""
    words = _REFUSED if is_refused else _WORDS
    files = [f"  {visible(item.path)}  {words[item.standing]}" for item in found]
    after = [f"  {visible(step)}" for step in steps]
    return "\n".join([_headline(found, is_refused=is_refused), *files, "", "Next:", *after]) + "\n"


def _headline(found: Sequence[Placed], *, is_refused: bool) -> str:
    if is_refused:
        differ = sum(item.standing == "differs" for item in found)
        return f"Nothing was written: {counted(differ, 'file')} would have been overwritten."
    new = sum(item.standing == "new" for item in found)
    return f"{counted(new, 'file')} written." if new else "Everything is there already: nothing to write."


def render_markdown(found: Sequence[Placed], steps: Sequence[str], *, is_refused: bool) -> str:
    """For a page or a comment."""
    words = _REFUSED if is_refused else _WORDS
    files = [f"- {gfm.code(item.path)} {words[item.standing]}" for item in found]
    after = gfm.fenced([visible(step) for step in steps])
    headline = f"**{_headline(found, is_refused=is_refused)}**"
    return "\n".join([headline, "", *files, "", "Next:", "", after]) + "\n"


def render_json(found: Sequence[Placed], steps: Sequence[str], *, is_refused: bool) -> str:
    """As schemas/init-output.schema.json promises."""
    return written(
        {
            "version": VERSION,
            "command": "init",
            "status": "refused" if is_refused else "written",
            "files": [{"path": item.path, "standing": item.standing} for item in found],
            "next": [*steps],
        }
    )
