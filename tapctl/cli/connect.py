"""A checked workspace → one event loop and a gateway to its environment, for as long as a command lasts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tapctl.cli.progress import StderrProgress
from tapctl.errors import UsageError, WorkspaceError
from tapctl.model import Environment, Workspace

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway
    from tapctl.record import FileRecord
    from tapctl.sandbox import Store

T = TypeVar("T")

OURS = ".tapctl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person can be asked between two runs: then Ctrl-C is Python's again, and not the loop's."""

    gateway: Gateway
    progress: StderrProgress
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, and leave a clean line behind. A second Ctrl-C stops it at once: what was under way is
        cancelled, and comes to its end before the files are closed that it writes to."""
        try:
            return self.runner.run(work)
        except KeyboardInterrupt:
            self.runner.run(_cancelled())
            raise
        finally:
            self.progress.clear()


async def _cancelled() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def connected(workspace: Workspace) -> Iterator[Session]:
    """Raises UsageError for an environment that cannot be connected to, and whatever signing in raises."""
    environment, progress = workspace.environment, StderrProgress()
    with asyncio.Runner() as runner, ExitStack() as stack:
        if environment.is_sandbox:
            _check_sandbox(environment)
            store = stack.enter_context(sandbox_store(Path(workspace.root)))
            gateway = runner.run(_to_sandbox(store, environment, progress))
        else:
            gateway = runner.run(_to_tenant(workspace, progress))
        stack.callback(lambda: runner.run(gateway.close()))
        yield Session(gateway=gateway, progress=progress, runner=runner)


def _check_sandbox(environment: Environment) -> None:
    """What has the sandbox's name must not turn out to be somebody's tenant."""
    for name, value in (("tenantId", environment.tenant_id), ("graphEndpoint", environment.graph_endpoint)):
        if value is not None:
            place = environment.source.place(name)
            raise UsageError(
                f'{place}: environment "sandbox" is always the pretend tenant, so it takes no {name}; '
                "give the other tenant an environment of another name"
            )


async def _to_sandbox(store: Store, environment: Environment, progress: StderrProgress) -> Gateway:
    from tapctl.graph.sandbox import connect_sandbox
    from tapctl.sandbox import create_app

    return await connect_sandbox(create_app(store), environment=environment.name, progress=progress)


async def _to_tenant(workspace: Workspace, progress: StderrProgress) -> Gateway:
    from tapctl.graph.tenant import connect_tenant

    environment = workspace.environment
    if environment.tenant_id is None:
        file = f"{workspace.root}/environments/{environment.name}.yaml"
        place = environment.source.place("tenantId") or file
        raise UsageError(
            f'{place}: environment "{environment.name}" does not say which tenant it is; '
            "add a line `tenantId: <the tenant's id>`"
        )
    return await connect_tenant(
        environment=environment.name,
        tenant_id=environment.tenant_id,
        cloud=environment.cloud,
        graph_endpoint=environment.graph_endpoint,
        ca_requests_per_second=environment.ca_requests_per_second,
        passes_per_second=environment.passes_per_second,
        progress=progress,
    )


def our_folder(root: Path) -> Path:
    """`.tapctl` in the workspace, made and kept out of git. Raises WorkspaceError if that cannot be."""
    from tapctl.load import require_folder

    require_folder(root)
    folder = root / OURS
    if folder.is_symlink():
        raise WorkspaceError(
            f'"{folder}" is a link: what tapctl keeps there stays in the workspace; remove it'
        )
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f'"{folder}" cannot be written: {error.strerror}') from error
    return folder


@contextmanager
def record_in(root: Path, name: str, environment: str) -> Iterator[FileRecord]:
    """A new record in a folder of ours. Raises WorkspaceError if none can be kept."""
    from tapctl.record import FileRecord

    folder = our_folder(root) / name
    try:
        record = FileRecord(folder, environment)
    except OSError as error:
        raise WorkspaceError(f'a record cannot be kept in "{folder}": {error.strerror}') from error
    try:
        yield record
    finally:
        record.close()


@contextmanager
def sandbox_store(root: Path) -> Iterator[Store]:
    """The workspace's pretend tenant, seeded on its first use."""
    from tapctl.sandbox import Store, reset

    path = our_folder(root) / "sandbox.sqlite"
    try:
        store = Store(path)
    except sqlite3.Error as error:
        raise WorkspaceError(f'"{path}" cannot be read: {error}; remove it to start anew') from error
    try:
        with store.transaction():
            if store.is_empty:
                reset(store)
        yield store
    finally:
        store.close()
