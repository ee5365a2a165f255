"""GitHub's API on loopback, as far as comments and issues go, built from its documentation.

https://docs.github.com/rest/issues and https://docs.github.com/graphql/reference/mutations#minimizecomment
(checked 2026-11). It pages, refuses whoever has no token, and can be told to misbehave.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_never-to-be-seen"
BOT = "github-actions[bot]"
REPOSITORY = "/repos/contoso/entra"
Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Trouble:
    """The answer to the next request of this method; `is_done` carries it out all the same."""

    method: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    is_done: bool = False
    content: bytes = b""


@dataclass
class GitHub:
    """What is there, and what was asked. `page` is how much of a list comes at once."""

    page: int = 100
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    trouble: list[Trouble] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        self.issue("A pull request", pull_request=True)

    @property
    def writes(self) -> list[str]:
        return [asked for asked in self.asked if not asked.startswith("GET")]

    @property
    def variables(self) -> dict[str, str]:
        return {
            "GITHUB_API_URL": self.address,
            "GITHUB_GRAPHQL_URL": f"{self.address}/graphql",
            "GITHUB_REPOSITORY": "contoso/entra",
            "GITHUB_TOKEN": TOKEN,
        }

    def issue(self, title: str, body: str = "", by: str = BOT, **more: Any) -> dict[str, Any]:
        number = len(self.issues) + 1
        url = f"https://github.example/contoso/entra/issues/{number}"
        new = {"number": number, "title": title, "body": body, "user": {"login": by}, "state": "open"}
        self.issues[number] = {**new, "html_url": url, "comments": [], **more}
        return self.issues[number]

    def comment(self, issue: int, body: str, by: str = BOT) -> dict[str, Any]:
        number = 1000 + len(self.comments)
        url = f"https://github.example/contoso/entra/issues/{issue}#issuecomment-{number}"
        new = {"id": number, "node_id": f"IC_{number}", "body": body, "user": {"login": by}, "html_url": url}
        self.comments[number] = {**new, "issue": issue}
        return self.comments[number]

    def said(self, issue: int) -> list[str]:
        return [item["body"] for item in self.comments.values() if item["issue"] == issue]

    def answer(self, method: str, target: str, headers: Any, body: Any) -> Answer:
        self.asked.append(f"{method} {target}")
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        for trouble in self.trouble:
            if trouble.method == method:
                self.trouble.remove(trouble)
                if trouble.is_done:
                    self.carry_out(method, target, body)
                found = trouble.content or {"message": trouble.message}
                return trouble.status, found, trouble.headers
        return self.carry_out(method, target, body)

    def carry_out(self, method: str, target: str, body: Any) -> Answer:
        parts = urlsplit(target)
        path = parts.path.removeprefix(REPOSITORY)
        if method == "POST" and path == "/graphql":
            return self.minimize(body)
        if found := re.fullmatch(r"/issues/(\d+)/comments", path):
            issue = int(found[1])
            if issue not in self.issues:
                return 404, {"message": "Not Found"}, {}
            if method == "POST":
                return 201, self.comment(issue, body["body"]), {}
            return self.listed([c for c in self.comments.values() if c["issue"] == issue], parts)
        if found := re.fullmatch(r"/issues/comments/(\d+)", path):
            self.comments[int(found[1])] |= body
            return 200, self.comments[int(found[1])], {}
        if found := re.fullmatch(r"/issues/(\d+)", path):
            self.issues[int(found[1])] |= body
            return 200, self.issues[int(found[1])], {}
        if path == "/issues" and method == "POST":
            return 201, self.issue(**body), {}
        if path == "/issues":
            state = parse_qs(parts.query).get("state", ["open"])[0]
            newest = [item for item in reversed(self.issues.values()) if item["state"] == state]
            return self.listed(newest, parts)
        return 404, {"message": "Not Found"}, {}

    def listed(self, items: list[Any], parts: Any) -> Answer:
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        size, page = min(int(query["per_page"]), self.page), int(query.get("page", "1"))
        more = {}
        if len(items) > page * size:
            following = f"{self.address}{parts.path}?per_page={size}&page={page + 1}"
            following += f"&state={query['state']}" if "state" in query else ""
            more["Link"] = f'<{following}>; rel="next", <{following}>; rel="last"'
        return 200, items[(page - 1) * size : page * size], more

    def minimize(self, body: Any) -> Answer:
        node = body["variables"]["comment"]
        if not any(item["node_id"] == node for item in self.comments.values()):
            return 200, {"errors": [{"type": "NOT_FOUND", "message": f"Could not resolve to {node}"}]}, {}
        self.hidden.append(node)
        return 200, {"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}}, {}


@contextmanager
def serving(github: GitHub) -> Iterator[GitHub]:
    """Serve it meanwhile, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length)) if length else None
            status, found, headers = github.answer(self.command, self.path, self.headers, body)
            content = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
