"""Stands between tapctl and a command, and outlives tapctl. A program of its own, importing nothing of ours.

    python -I -S _keeper.py HANDLE PROGRAM WORD...

The command is started at once, and waits. What comes on standard input, a length on a line of its own and
then that many bytes, is given to it; if tapctl dies before all of that came, the command is killed without
having seen the end of its input, so that no vault stores an empty secret. How it ended (its exit code, or
"unread" if it ended well without having read) is written to HANDLE, an open file locked by whoever started
this: the lock lasts as long as this process.
"""

import contextlib
import os
import select
import subprocess
import sys

UNREAD = "unread"
_PR_SET_DUMPABLE = 4
_PIECE = 4096  # what a pipe takes without waiting, once it takes anything
_PAUSE = 0.05  # seconds between looks whether the command has ended


def main() -> int:
    """The command's exit code."""
    no_core_dumps()
    handle, command = int(sys.argv[1]), sys.argv[2:]
    reading, writing = os.pipe()
    try:
        child = subprocess.Popen(command, stdin=reading)  # noqa: S603  # words, and no shell
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot be started: {error}\n")
        return 127
    was_given = _watch(child, writing)
    code = child.wait()
    is_read = was_given and not os.read(reading, 1)  # nothing is left in the pipe
    os.pwrite(handle, (str(code) if code or is_read else UNREAD).encode(), 0)  # there is room for it
    os.fsync(handle)
    return code if 0 < code < 256 else int(bool(code) or not is_read)


def no_core_dumps() -> None:
    """A crash must not write this process's memory to a disk. Linux gives a dump to a program even where the
    limit is 0, but makes none of a process that is not dumpable (core(5), prctl(2))."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(ImportError, OSError, AttributeError, TypeError):  # only Linux has it
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _watch(child: "subprocess.Popen[bytes]", writing: int) -> bool:
    """Whether the command was given all that is for it, and the end of its input."""
    given = _given(child)
    if child.poll() is not None:
        return False
    if given is None:
        child.kill()
        return False
    return _give(child, writing, given)


def _given(child: "subprocess.Popen[bytes]") -> "bytes | None":
    """What is for the command; None if it ended first, or not all of it came."""
    found = b""
    while child.poll() is None:
        if not select.select([0], [], [], _PAUSE)[0]:
            continue
        some = os.read(0, 65536)
        if not some:
            break
        found += some
    size, _, text = found.partition(b"\n")
    return text if size.isdigit() and len(text) == int(size) else None


def _give(child: "subprocess.Popen[bytes]", writing: int, text: bytes) -> bool:
    """False if it ended first. The pipe does not break: this process holds its other end."""
    while text:
        if child.poll() is not None:
            return False
        if select.select([], [writing], [], _PAUSE)[1]:
            text = text[os.write(writing, text[:_PIECE]) :]
    os.close(writing)
    return True


if __name__ == "__main__":
    sys.exit(main())
