"""Where the passcodes and the handouts of a run go, made of what the command line says."""

from __future__ import annotations

from pathlib import Path

from tapctl.cli.passes._wishes import Wishes
from tapctl.errors import WorkspaceError
from tapctl.model import Workspace
from tapctl.passes.delivery import Delivery, Made, Written, as_json, passcode_only
from tapctl.passes.handout import ADDRESS, Setting, as_html, as_text, handout
from tapctl.report import SANDBOX_NOTICE
from tapctl.text.times import Zones


def delivery_of(
    wishes: Wishes, zones: Zones, workspace: Workspace, folder: Path, *, is_for_one: bool
) -> Delivery | None:
    """Raises NotDelivered for recipients that are none."""
    notice = SANDBOX_NOTICE if workspace.environment.is_sandbox else ""
    written = _written(wishes, zones, notice)
    if wishes.to_terminal:
        from tapctl.passes.delivery.terminal import Terminal

        return Terminal(zones=zones, notice=notice)
    if wishes.to_command is not None:
        from tapctl.passes.delivery.command import Command

        return Command(wishes.to_command, written, folder)
    if wishes.to_file is not None:
        from tapctl.passes.delivery.file import EncryptedFiles, keys_in, keys_of

        keys = keys_of(wishes.recipients)
        keys += keys_in(wishes.recipients_file) if wishes.recipients_file else []
        is_folder = not is_for_one or wishes.to_file.is_dir()
        return EncryptedFiles(wishes.to_file, keys, written, is_folder=is_folder)
    return None


def _written(wishes: Wishes, zones: Zones, notice: str) -> Written:
    if wishes.contents == "json":
        return as_json
    if wishes.contents not in ("handout", "handout-html"):
        return passcode_only
    write = as_text if wishes.contents == "handout" else as_html
    setting = _handout_setting(wishes, notice)
    return lambda made, secret: write(handout(made, zones, setting, secret))


def _handout_setting(wishes: Wishes, notice: str) -> Setting:
    return Setting(
        address=wishes.handout_address or ADDRESS,
        methods=(wishes.handout_methods,) if wishes.handout_methods else (),
        contact=wishes.handout_contact,
        notice=notice,
    )


def prove_handouts(folder: Path | None) -> None:
    """Raises WorkspaceError if nothing can be written there."""
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = folder / ".tapctl-trial"
        trial.write_text("", encoding="utf-8")
        trial.unlink()
    except OSError as error:
        raise WorkspaceError(f'handouts cannot be written to "{folder}": {error.strerror}') from error


def write_handouts(wishes: Wishes, zones: Zones, made: Made, *, is_sandbox: bool) -> str:
    """Why one could not be written; empty if all is well. The passcode is at its place by now, so this stops
    nothing."""
    from tapctl.passes.delivery.file import file_name

    if wishes.handout is None:
        return ""
    content = handout(made, zones, _handout_setting(wishes, SANDBOX_NOTICE if is_sandbox else ""))
    try:
        for write, suffix in ((as_text, ".txt"), (as_html, ".html")):
            path = wishes.handout / file_name(made.recipient, suffix)
            path.write_text(write(content), encoding="utf-8")
    except OSError as error:
        return f"the handout of {made.recipient.name} cannot be written: {error.strerror}"
    return ""
