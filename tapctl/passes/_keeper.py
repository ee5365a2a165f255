"""Stands between tapctl and a command, and outlives tapctl. A program of its own, importing nothing of ours.

    python -I -S _keeper.py HANDLE PROGRAM WORD...

The command is started at once, and waits. What comes on standard input, a length on a line of its own and
then that many bytes, is given to it; if tapctl dies before all of that came, the command is killed without
having seen the end of its input, so that no vault stores an empty secret. How it ended is written to HANDLE,
an open file locked by whoever started this: the lock lasts as long as this process.
"""

import contextlib
import os
import select
import subprocess
import sys

UNREAD = 126  # it ended well without having read


def main() -> int:
    """The command's exit code."""
    handle, command = int(sys.argv[1]), sys.argv[2:]
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  # words, and no shell
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot be started: {error}\n")
        return 127
    code = _watch(child)
    os.write(handle, str(code).encode())
    os.fsync(handle)
    return code if 0 <= code < 256 else 1


def _watch(child: "subprocess.Popen[bytes]") -> int:
    given = _given(child)
    if child.poll() is not None:
        return child.returncode or UNREAD
    if given is None:
        child.kill()
        return child.wait()
    is_read = _give(child, given)
    return child.wait() or (0 if is_read else UNREAD)


def _given(child: "subprocess.Popen[bytes]") -> "bytes | None":
    """What is for the command; None if it ended first, or not all of it came."""
    found = b""
    while child.poll() is None:
        if not select.select([0], [], [], 0.05)[0]:
            continue
        some = os.read(0, 65536)
        if not some:
            break
        found += some
    size, _, text = found.partition(b"\n")
    return text if size.isdigit() and len(text) == int(size) else None


def _give(child: "subprocess.Popen[bytes]", text: bytes) -> bool:
    assert child.stdin is not None  # noqa: S101  # a pipe was asked for
    try:
        child.stdin.write(text)
        child.stdin.close()
    except BrokenPipeError:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
