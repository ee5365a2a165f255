"""Signals that would end this process → an interruption like Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import Final

# What can be sent to a process and ends it if nobody cares; SIGQUIT is Ctrl-\.
_ENDING: Final = (
    *("SIGTERM", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF"),
    *("SIGXCPU", "SIGIO", "SIGPWR", "SIGSTKFLT", "SIGTRAP", "SIGSYS"),
)


@contextlib.contextmanager
def ending_signals() -> Iterator[None]:
    """Whatever else would end this process is an interruption like Ctrl-C: a passcode may be on screen."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101  # this is a coroutine
    names = [name for name in _ENDING if hasattr(signal, name)]
    added: list[signal.Signals] = []
    with contextlib.suppress(
        NotImplementedError, RuntimeError, ValueError
    ):  # Windows, or not the main thread
        for name in names:
            loop.add_signal_handler(signal.Signals[name], task.cancel)
            added.append(signal.Signals[name])
    try:
        yield
    finally:
        for number in added:
            loop.remove_signal_handler(number)
