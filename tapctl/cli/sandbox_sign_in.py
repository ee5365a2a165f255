"""`tapctl sandbox sign-in`: somebody of the pretend tenant uses their pass and registers a method."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from tapctl.cli.connect import sandbox_store
from tapctl.cli.formats import Format
from tapctl.cli.options import Options, common, only_sandbox
from tapctl.cli.printing import put
from tapctl.errors import UsageError
from tapctl.report import SANDBOX_NOTICE
from tapctl.text.escape import visible

if TYPE_CHECKING:
    from tapctl.model import JsonObject
    from tapctl.sandbox import Attempt, MovedClock, Session, Store

NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened, for whoever looks on; `refused` says why what was tried could not be registered."""

    user: str
    tenant: str
    attempt: Attempt
    offered: tuple[str, ...] = ()
    method: str = ""
    registered: JsonObject | None = None
    refused: str = ""

    @property
    def is_as_wanted(self) -> bool:
        return self.attempt.refusal is None and not self.refused


@click.command("sign-in")
@common
@click.argument("user")
@click.option("--register", "method", metavar="METHOD", help="Register this method; a terminal asks else.")
@click.option(
    "--register-after",
    type=click.IntRange(0),
    default=0,
    metavar="MINUTES",
    help="How long the person takes until then: the clock is moved on.",
)
@click.option("--at", "moment", metavar="TIME", help="Pretend that it is then: 2026-11-02T09:00+01:00.")
def sign_in_command(
    options: Options, *, user: str, method: str | None, register_after: int, moment: str | None
) -> int:
    """Sign USER in with a pass, and register a method.

    The pass is asked for, or is the first line of standard input. It has to be valid by the pass policy as it
    is now; a one-time pass works once and leaves ten minutes to register. Conditional Access is not evaluated
    here. Records go to the sandbox's sign-in and audit logs; those of a moved clock say so.

    METHOD is one that the tenant enables for USER: fido2, windowsHelloForBusiness, platformCredential,
    microsoftAuthenticator, phoneSignIn, softwareOath or phone.
    """
    from tapctl.sandbox import MovedClock, sign_in, tenant_id
    from tapctl.sandbox.registration import METHODS

    only_sandbox(options)
    if method is not None and method not in METHODS:
        raise UsageError(f'there is no method "{method}"; known are {", ".join(METHODS)}')
    clock = MovedClock()
    if moment is not None:
        clock.move_to(_moment(moment))
    with sandbox_store(options.workspace) as store:
        store.clock = clock
        try:
            attempt = sign_in(store, user, _code())
        except KeyError as error:
            raise UsageError(f'nobody in the sandbox is called "{user}"') from error
        story = Story(user=user, tenant=tenant_id(store), attempt=attempt)
        if attempt.session is not None:
            story = _go_on(store, clock, story, attempt.session, method, register_after)
        _show(story, clock.moved, options.format)
    return 0 if story.is_as_wanted else 1


def _moment(text: str) -> datetime:
    from tapctl.text.times import Zones, moment_of

    try:
        return moment_of(text, Zones())
    except ValueError as error:
        raise UsageError(f"--at: {error}") from error


def _code() -> str:
    """Typed without being shown, or the first line of what is piped in; kept nowhere."""
    if sys.stdin.isatty():
        return str(click.prompt("Temporary Access Pass", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _go_on(
    store: Store, clock: MovedClock, story: Story, session: Session, method: str | None, minutes: int
) -> Story:
    """What the person does once they are in."""
    from tapctl.sandbox import CannotRegisterError, offered, register

    known = tuple(offered(store, session.user))
    story = replace(story, offered=known)
    chosen = method or _chosen(known)
    if chosen == NOTHING:
        return story
    clock.move_on(timedelta(minutes=minutes))
    try:
        return replace(story, method=chosen, registered=register(store, session, chosen))
    except CannotRegisterError as error:
        return replace(story, method=chosen, refused=str(error))


def _chosen(known: tuple[str, ...]) -> str:
    if not sys.stdin.isatty():
        return NOTHING
    choice = click.Choice([*known, NOTHING])
    return str(click.prompt("Signed in. Register", type=choice, default=NOTHING, err=True))


def _show(story: Story, moved: timedelta, output_format: Format) -> None:
    match output_format:
        case "json":
            from tapctl.render.json import written

            put(written(_as_json(story, moved)))
        case "markdown":
            from tapctl.render.gfm import text

            lines = [f"**{SANDBOX_NOTICE}**", "", *(f"- {text(line)}" for line in _lines(story, moved))]
            put("\n".join(lines) + "\n")
        case _:
            put("".join(f"{visible(line)}\n" for line in [*_lines(story, moved), SANDBOX_NOTICE]))


def _lines(story: Story, moved: timedelta) -> Iterator[str]:
    entry, session, refusal = story.attempt.entry, story.attempt.session, story.attempt.refusal
    if moved:
        yield f"The clock was moved by {_signed(moved)} for this; the records say so"
    if refusal is not None:
        yield f"{entry['userPrincipalName']} is not let in: {refusal.message} (AADSTS{refusal.code})"
        yield f"Why: {refusal.why}"
    if session is None:
        return
    kind = "a one-time pass" if session.is_one_time else "a pass"
    yield f"{entry['userPrincipalName']} signed in with {kind} at {_time(session.since)}"
    yield f"Can register until {_time(session.register_until)}: {', '.join(story.offered)}"
    if story.registered is not None:
        yield f"Registered {story.method}"
    elif story.refused:
        yield f"Not registered: {story.refused}"
    else:
        yield "Nothing was registered (--register METHOD does that)"


def _as_json(story: Story, moved: timedelta) -> JsonObject:
    entry, session, refusal = story.attempt.entry, story.attempt.session, story.attempt.refusal
    made = story.registered
    return {
        "version": 1,
        "command": "sandbox sign-in",
        "environment": "sandbox",
        "tenant": story.tenant or None,
        "sandbox": True,
        "notice": SANDBOX_NOTICE,
        "user": {"id": entry["userId"], "userPrincipalName": entry["userPrincipalName"]},
        "at": entry["createdDateTime"],
        "clockMovedBySeconds": round(moved.total_seconds()),
        "accepted": session is not None,
        "refusal": {"code": refusal.code, "message": refusal.message, "why": refusal.why}
        if refusal
        else None,
        "oneTime": session.is_one_time if session else None,
        "registerUntil": session.register_until.isoformat() if session else None,
        "offered": [*story.offered],
        "registered": {"method": story.method, "id": made["id"], "at": made["createdDateTime"]}
        if made
        else None,
        "notRegistered": story.refused or None,
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _signed(moved: timedelta) -> str:
    return f"{'-' if moved < timedelta() else '+'}{timedelta(seconds=round(abs(moved).total_seconds()))}"
