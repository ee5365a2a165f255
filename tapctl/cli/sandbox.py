"""`tapctl sandbox ...`: the pretend tenant of the workspace, for people and for other Graph clients."""

from __future__ import annotations

import base64
import json
from typing import IO, TYPE_CHECKING

import click

from tapctl.cli.connect import sandbox_store
from tapctl.cli.options import Options, common, only_sandbox
from tapctl.cli.output import say
from tapctl.cli.printing import put
from tapctl.cli.sandbox_sign_in import sign_in_command
from tapctl.errors import UsageError
from tapctl.model import Json, JsonObject
from tapctl.text.numbers import loads

if TYPE_CHECKING:
    from tapctl.sandbox import Misbehaviour, Store


@click.group("sandbox")
def command() -> None:
    """The pretend tenant: a small company behind Microsoft Graph's paths, kept in the workspace.

    It is what `-e sandbox` plans against. SANDBOX: nothing real was changed.
    """


command.add_command(sign_in_command)


@command.command("load")
@common
@click.argument("file", type=click.File("rb"))
def load_command(options: Options, *, file: IO[bytes]) -> int:
    """Replace its content by FILE (- is stdin).

    FILE holds one JSON object, whose keys are Graph collection paths ("groups",
    "identity/conditionalAccess/policies", ...) and whose values are what GET returns: an array of objects,
    or the object of a singleton. A collection left out is empty. Properties and values that the published
    Graph v1.0 does not have (an export's preview features) are kept; from then on the sandbox also takes them
    in requests, until a reset.
    """
    from tapctl.sandbox import load, unserved

    only_sandbox(options)
    tenant = _parsed(file.read(), file.name)
    with sandbox_store(options.workspace) as store:
        try:
            load(store, tenant)
        except ValueError as error:
            raise UsageError(f"{file.name}: {error}") from error
        if kept := unserved(tenant):
            say(f"SANDBOX: kept, but not served to anybody: {', '.join(kept)}")
        _tell(options, store, "load", f"replaced by {file.name}", unserved=kept)
    return 0


@command.command("dump")
@common
def dump_command(options: Options) -> int:
    """Write its content as JSON, as `sandbox load` takes it."""
    from tapctl.render.json import written
    from tapctl.sandbox import dump

    only_sandbox(options)
    with sandbox_store(options.workspace) as store:
        put(written(dump(store)))
    return 0


@command.command("reset")
@common
def reset_command(options: Options) -> int:
    """Throw its content away and start again from the seeded company."""
    from tapctl.sandbox import reset

    only_sandbox(options)
    with sandbox_store(options.workspace) as store:
        reset(store)
        _tell(options, store, "reset", "back to the seeded company", unserved=[])
    return 0


@command.command("serve")
@common
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="0 is any free one.", show_default=True
)
@click.option(
    "--misbehave",
    metavar="NAME=N,...",
    help="Be a bad server: latency, conditional_access_per_second, throttle_conditional_access_every, "
    "throttle_other_every, retry_after, unavailable_every, drop_answer_every, lag_reads, lag_seconds.",
)
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False), help="Speak https: PEM file.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False), help="The certificate's private key.")
def serve_command(
    options: Options,
    *,
    host: str,
    port: int,
    misbehave: str | None,
    certificate: str | None,
    key: str | None,
) -> int:
    """Serve it over HTTP on this machine, for any Graph client. Ctrl-C ends it."""
    from tapctl.sandbox import tenant_id
    from tapctl.sandbox.serve import LOOPBACK, serve

    only_sandbox(options)
    if (certificate is None) != (key is None):
        raise UsageError("--certificate and --key go together")
    if host not in LOOPBACK:
        raise UsageError(
            f"the sandbox asks nobody for a password: it listens on loopback only, not on {host}"
        )
    plan = _misbehaviour(misbehave or "")
    with sandbox_store(options.workspace) as store:
        try:
            serve(
                store,
                host,
                port,
                misbehaviour=plan,
                ready=lambda url: say(_invitation(url, tenant_id(store))),
                certificate=(certificate, key) if certificate and key else None,
            )
        except OSError as error:
            raise UsageError(f"cannot listen on {host}:{port}: {error}") from error
    return 0


def _parsed(content: bytes, name: str) -> JsonObject:
    try:
        tenant: Json = loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from error
    if not isinstance(tenant, dict):
        raise UsageError(f"{name} is not one JSON object with Graph collection paths as its keys")
    return tenant


def _tell(options: Options, store: Store, what: str, said: str, *, unserved: list[str]) -> None:
    """What it holds now: a line for people, or a JSON object."""
    from tapctl.render.json import written
    from tapctl.report import SANDBOX_NOTICE
    from tapctl.sandbox import tenant_id

    counts = {path: len(store.objects(path)) for path in store.collections() if not path.startswith("(")}
    if options.format != "json":
        shown = ("users", "groups", "identity/conditionalAccess/policies")
        content = ", ".join(f"{counts.get(path, 0)} {path.rpartition('/')[2]}" for path in shown)
        say(f"SANDBOX: {said}, {content}")
        return
    answer: JsonObject = {
        "version": 1,
        "command": f"sandbox {what}",
        "environment": "sandbox",
        "tenant": tenant_id(store) or None,
        "sandbox": True,
        "notice": SANDBOX_NOTICE,
        "objects": dict(counts),
        "unserved": [*unserved],
    }
    put(written(answer))


def _misbehaviour(text: str) -> Misbehaviour:
    from tapctl.sandbox import Misbehaviour
    from tapctl.sandbox.misbehave import parse_header
    from tapctl.sandbox.values import RefusedError

    if "forbidden" in text:
        raise UsageError("--misbehave takes numbers only; forbidden paths are set over HTTP")
    try:
        return parse_header(text) if text else Misbehaviour()
    except RefusedError as error:
        raise UsageError(f"--misbehave: {error.message}") from error


def _invitation(url: str, tenant: str) -> str:
    return (
        f"SANDBOX: serving the pretend tenant at {url}/v1.0 (Ctrl-C ends it)\n"
        "To plan against it, let an environment file (not sandbox.yaml) say\n"
        f"    tenantId: {tenant}\n"
        f"    graphEndpoint: {url}\n"
        "    caRequestsPerSecond: 0\n"
        f"and set TAPCTL_ACCESS_TOKEN={_pretend_token(tenant)}"
    )


def _pretend_token(tenant: str) -> str:
    """Opens nothing: it is not signed, and only says which tenant it is for."""
    parts: tuple[JsonObject, ...] = ({"alg": "none"}, {"tid": tenant, "scp": "sandbox"}, {})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
