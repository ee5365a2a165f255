"""What `--facts live` or `--facts FILE` means, for the commands that ask the evaluator."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from tapctl.checked import Checked
    from tapctl.cli.connect import Session
    from tapctl.facts.snapshot import FactsSnapshot

SALT: Final = "facts.salt"
_SALT_BYTES: Final = 32

C = TypeVar("C", bound="Callable[..., Any]")


def facts_option(command: C) -> C:
    """Gives a command `--facts`, as `facts`: see `snapshot_of`."""
    return click.option(
        "--facts",
        metavar="FILE|live",
        help="Directory facts: a snapshot that `tapctl facts` wrote, or `live` to read the tenant now.",
    )(command)


def snapshot_of(
    checked: Checked, chosen: str | None, people: Collection[str] = (), *, session: Session | None = None
) -> FactsSnapshot | None:
    """What `--facts` means: nothing, `live`, or a file. `people` (userPrincipalNames or ids) are read too, or
    looked for under their pseudonyms. `session` is the connection, where there is one already.

    Raises UsageError for the facts of another tenant.
    """
    if chosen is None:
        return None  # most runs: what reads facts is slow to load
    from tapctl.cli.connect import OURS, connected
    from tapctl.errors import UsageError
    from tapctl.facts.privacy import recognised
    from tapctl.facts.reading import read_facts
    from tapctl.facts.stored import read_snapshot

    if chosen == "live":
        with nullcontext(session) if session else connected(checked.workspace) as found:
            return found.run(read_facts(found.gateway, checked, people))
    snapshot, environment = read_snapshot(Path(chosen)), checked.workspace.environment
    expected = environment.tenant_id or snapshot.tenant_id
    if snapshot.is_sandbox is not environment.is_sandbox or snapshot.tenant_id.lower() != expected.lower():
        whose = f'environment "{snapshot.environment}" (tenant {snapshot.tenant_id})'
        raise UsageError(
            f'"{chosen}" holds facts of {whose}, and not of "{environment.name}"; '
            f"take its own: tapctl facts -e {environment.name} --out FILE"
        )
    salt = Path(checked.workspace.root) / OURS / SALT
    if not salt.is_file():
        return snapshot
    return recognised(snapshot, own_salt(salt.parent), {*users_named_in(checked), *people})


def users_named_in(checked: Checked) -> frozenset[str]:
    """The users whose names are in the folder: no file gives away more by holding them."""
    linked = (link.reference for link in checked.resolved.links)
    accounts = checked.workspace.settings.break_glass.accounts
    return frozenset({*accounts, *(reference.text for reference in linked if reference.kind == "User")})


def own_salt(folder: Path) -> bytes:
    """The workspace's secret for pseudonyms, made on its first use. Raises WorkspaceError."""
    from tapctl.errors import WorkspaceError

    path = folder / SALT
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            salt = path.read_bytes()
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(salt := secrets.token_bytes(_SALT_BYTES))
    except OSError as error:
        raise WorkspaceError(f'"{path}" cannot be used: {error.strerror}') from error
    if len(salt) != _SALT_BYTES:
        raise WorkspaceError(f'"{path}" is damaged; remove it, and take new snapshots')
    return salt
