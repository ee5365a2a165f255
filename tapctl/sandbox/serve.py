"""Serve the sandbox over HTTP on this machine, for any client that speaks Graph."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from tapctl.sandbox.app import create_app
from tapctl.sandbox.misbehave import WELL_BEHAVED, Misbehaviour
from tapctl.sandbox.store import Store

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(
    store: Store,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    misbehaviour: Misbehaviour = WELL_BEHAVED,
    ready: Callable[[str], None] = lambda url: None,
    certificate: tuple[str, str] | None = None,
) -> None:
    """Blocks until interrupted. Port 0 is any free one; `certificate` is a file and its key."""
    if host not in LOOPBACK:
        raise ValueError(
            f"the sandbox asks nobody for a password: it listens on loopback only, not on {host}"
        )
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    with listener:
        url = _url(host, listener.getsockname()[1], is_secure=certificate is not None)
        config = uvicorn.Config(
            create_app(store, misbehaviour=misbehaviour),
            log_config=None,
            log_level="critical",
            lifespan="off",
            ssl_certfile=certificate[0] if certificate else None,
            ssl_keyfile=certificate[1] if certificate else None,
        )
        _Server(config, lambda: ready(url)).run([listener])


def _url(host: str, port: int, *, is_secure: bool) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if is_secure else 'http'}://{name}:{port}"
