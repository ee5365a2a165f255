"""`pass issue` over real sockets that break in the middle of a bulk run."""

from __future__ import annotations

import asyncio
import base64
import json
import shlex
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx
import pytest
from cli_tools import Cli

from tapctl.passes.issuing import making
from tapctl.sandbox import Store, create_app, reset

Break: TypeAlias = Literal["before it is made", "after it is made", "in the middle of the answer"]
TENANT = "11111111-2222-3333-4444-555555555555"
NAMES = [f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir", "chloe.martin")]
METHODS = "temporaryAccessPassMethods"
VAULT = (
    "import sys, pathlib; code = sys.stdin.read(); open('vault.txt', 'a').write(f'{sys.argv[1]} {code}\\n')"
)


class Server(HTTPServer):
    """The pretend tenant, which hangs up on every other request to make a pass. `codes` are all passcodes
    that it ever made, `valid` each person's last."""

    def __init__(self, hangs_up: Break) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hangs_up = hangs_up
        self.creations = 0
        self.codes: list[str] = []
        self.valid: dict[str, str] = {}
        self.app: Any = None

    def serve(self) -> None:
        """In its own thread, where its database is."""
        store = Store()
        reset(store)
        self.app = create_app(store)
        self.serve_forever(poll_interval=0.01)
        store.close()

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        async def main() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, headers=headers, content=body)

        answer = asyncio.run(main())
        if method == "POST" and path.endswith(METHODS):
            self.valid[path.split("/")[3]] = answer.json()["temporaryAccessPass"]
            self.codes.append(answer.json()["temporaryAccessPass"])
        return answer


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *arguments: Any) -> None: ...

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_creation = self.command == "POST" and self.path.endswith(METHODS)
        self.server.creations += is_creation
        hangs_up = self.server.hangs_up if is_creation and self.server.creations % 2 else None
        if hangs_up == "before it is made":
            return
        headers = {
            name: self.headers[name]
            for name in ("Authorization", "Content-Type", "Prefer")
            if name in self.headers
        }
        answer = self.server.ask(self.command, self.path, headers, body)
        if hangs_up == "after it is made":
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content[: len(answer.content) // 2 if hangs_up else None])


@contextmanager
def serving(hangs_up: Break) -> Iterator[Server]:
    server = Server(hangs_up)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def token() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'tid': TENANT, 'oid': '7', 'upn': 'ada@nordwind.example'})}.sig"


def handed_over(root: Path) -> list[tuple[str, str]]:
    lines = (root / "vault.txt").read_text(encoding="utf-8").splitlines()
    return [(name, code) for name, _, code in (line.partition(" ") for line in lines)]


@pytest.mark.parametrize("hangs_up", ["before it is made", "after it is made", "in the middle of the answer"])
def test_nobody_gets_two_passes_and_nothing_keeps_a_passcode(
    cli: Cli, hangs_up: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPCTL_ACCESS_TOKEN", token())
    monkeypatch.setattr(making, "LOOKS", (0.0, 0.01))
    monkeypatch.setattr("tapctl.passes.issuing.late.LAST_LOOKS", (0.0, 0.01))
    (cli.root / "vault.py").write_text(VAULT, encoding="utf-8")
    place = ["--to-command", shlex.join([sys.executable, "vault.py", "{id}"])]
    with serving(hangs_up) as server:
        address = f"http://localhost:{server.server_port}"
        cli.write(
            "environments/live.yaml", f"tenantId: {TENANT}\ngraphEndpoint: {address}\npassesPerSecond: 0\n"
        )
        result = cli("pass", "issue", "-e", "live", *NAMES, *place, "--yes")

    assert result.code == 0, result
    given = handed_over(cli.root)
    assert set(Counter(name for name, _ in given).values()) == {1}
    assert dict(given) == server.valid
    assert len(server.codes) == len(NAMES) * (1 if hangs_up == "before it is made" else 2)
    (cli.root / "vault.txt").unlink()
    written = [path.read_bytes() for path in cli.root.rglob("*") if path.is_file()]
    written += [result.out.encode(), result.err.encode()]
    assert not [code for code in server.codes for text in written if code.encode() in text]
