"""A folder becomes a workspace, and documents are written into it; nothing that is there is overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from tapctl.errors import UsageError
from tapctl.model import Address
from tapctl.text.escape import visible
from tapctl.workspace.edit import with_pins
from tapctl.workspace.importing import Imported
from tapctl.workspace.placing import make_folders, place, replace, take_away
from tapctl.workspace.text import read_text

_SANDBOX = "sandbox"
_SETTINGS = """\
# What holds in every environment. What differs between tenants is in environments/.

defaultEnvironment: {environment}

# The accounts that must get in when everything else is broken, and the groups that hold them. Apply to a
# real tenant is refused until they are named here and pinned in the environment's file.
# breakGlass:
#   accounts: [emergency-1@example.com]
#   groups: [Break glass]
"""
_SUGGESTED = """
# What the tenant suggests. Nothing of it is in force until somebody has decided and written it above.
"""
_ENVIRONMENT = "tenantId: {tenant_id}\n"


def prepare(root: Path, environment: str | None, tenant_id: str | None, undo: ExitStack) -> bool:
    """Make a missing or empty folder a workspace: for the sandbox by itself, else with the tenant's id.

    Whether it made one, which `undo` takes away again. Raises UsageError if the tenant is not known.
    """
    if root.is_dir() and any(entry.name != ".tapctl" for entry in root.iterdir()):
        if tenant_id is not None:
            raise UsageError(f'"{root}" is a workspace already: write tenantId into the environment\'s file')
        return False
    name = environment or _SANDBOX
    if name != _SANDBOX and tenant_id is None:
        raise UsageError(f'"{root}" holds nothing that says which tenant {name!r} is: give --tenant-id')
    made: list[Path] = []
    undo.callback(take_away, made)
    make_folders(root / "environments", made)
    texts = {"tapctl.yaml": _SETTINGS.format(environment=name)}
    if name != _SANDBOX:
        texts[f"environments/{name}.yaml"] = _ENVIRONMENT.format(tenant_id=tenant_id)
    place(root, texts)
    made += [root / path for path in texts]
    return True


def propose_settings(
    root: Path, environment: str, hints: Iterable[str], undo: ExitStack, *, is_new: bool
) -> None:
    """Write what the tenant suggests into the settings: comments, for a person to judge. Settings that are
    there are somebody's, unless `prepare` has made them (`is_new`); `undo` takes away those made here."""
    lines = [f"# {visible(hint)}\n" for hint in hints]
    path = root / "tapctl.yaml"
    if not lines or (path.exists() and not is_new):
        return
    before = path.read_text(encoding="utf-8") if is_new else _SETTINGS.format(environment=environment)
    if not is_new:
        undo.callback(take_away, [path])
    replace({path: "".join([before, _SUGGESTED, *lines])})


def files_in(root: Path) -> list[str]:
    """Every file below the workspace, with slashes."""
    return [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]


def write_documents(root: Path, documents: Iterable[Imported]) -> None:
    """One new file each, all or none. Raises Refused for one that appeared meanwhile or cannot be written."""
    place(root, {document.file: document.text for document in documents})


def write_both(
    root: Path, environment: str, documents: Iterable[Imported], pins: Mapping[Address, str]
) -> None:
    """Documents and their pins, all or none. Raises Refused as `write_documents` does.

    Pins come first: a document without its pin means somebody else.
    """
    if not pins:
        write_documents(root, documents)
        return
    path = root / "environments" / f"{environment}.yaml"
    before = read_text(path) if path.exists() else None
    with ExitStack() as undo:
        write_pins(root, environment, pins)
        undo.callback(path.unlink) if before is None else undo.callback(replace, {path: before})
        write_documents(root, documents)
        undo.pop_all()


def write_pins(
    root: Path, environment: str, pins: Mapping[Address, str], *, are_renewed: bool = False
) -> str:
    """Add pins to the environment's file, or renew them, comments kept; the file's name in the workspace."""
    path = root / "environments" / f"{environment}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    before = read_text(path) if path.exists() else None
    text = with_pins(before, pins, are_renewed=are_renewed)
    replace({path: text})
    return path.relative_to(root).as_posix()
