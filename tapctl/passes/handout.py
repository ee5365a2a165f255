"""What a new hire is told about their pass, as plain text and as a page to print.

The passcode is not on it, unless the handout itself is what is handed over at the chosen place.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tapctl.passes.delivery import Made
from tapctl.passes.secret import Secret
from tapctl.text.escape import visible
from tapctl.text.times import Zones

ADDRESS = "https://aka.ms/mysecurityinfo"
# https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
ONE_TIME_MINUTES = 10

_DONTS = (
    "Do not sign in anywhere else with the pass first: mail and everything else comes last.",
    "Do not close the page before the method is registered.",
    "Do not send the passcode to anybody, by mail, chat or telephone. Nobody will ask for it.",
    "Do not type it on a page whose address you did not open yourself.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same for everybody: the page to open, what may be registered there, whom to ask."""

    address: str = ADDRESS
    methods: Sequence[str] = ()
    contact: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """One person's; the same content whichever way it is written. `facts` may hold the passcode."""

    title: str
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    steps: tuple[str, ...]
    donts: tuple[str, ...]
    last: str
    notice: str = ""


def handout(made: Made, here: Zones, setting: Setting, secret: Secret | None = None) -> Handout:
    """What to open, what to type, until when, what to register within how many minutes, what not to do."""
    zones = Zones(here=here.here, there=made.recipient.zone)
    methods = " or ".join(setting.methods) or "a method that works without a password, such as a passkey"
    return Handout(
        title=f"Your first sign-in, {made.recipient.display_name or made.recipient.name}",
        facts=(
            ("User name", made.recipient.name),
            ("Passcode", secret.reveal() if secret else "you get it separately, and only once"),
            ("Works from", _there(made.start, zones)),
            ("Works until", _there(made.end, zones)),
            ("How often", "once" if made.is_usable_once else "as often as needed until then"),
        ),
        steps=(
            f"Open {setting.address} on the device on which you want to register.",
            f"Type your user name, {made.recipient.name}.",
            "When it asks for a Temporary Access Pass, type the passcode, capitals and signs as they are.",
            f'Choose "Add sign-in method" and register {methods}. {_limit(made, zones)}',
            "Sign out, and sign in again with what you registered. The pass is not needed any more.",
        ),
        donts=_DONTS,
        last=f"If something does not work, ask {setting.contact or 'whoever gave you this'} for a new pass; "
        "an old one cannot be shown again.",
        notice=setting.notice,
    )


def _limit(made: Made, zones: Zones) -> str:
    if made.is_usable_once:
        return f"Finish within {ONE_TIME_MINUTES} minutes after you typed the passcode: it works only once."
    return f"Finish before {_there(made.end, zones)}."


def _there(moment: datetime, zones: Zones) -> str:
    """On the new hire's clock, and in UTC, which is the same for everybody."""
    there = moment.astimezone(zones.there) if zones.there else zones.local(moment)
    place = f" ({zones.there.key})" if zones.there else ""
    text = f"{there:%A %d %B %Y %H:%M %Z}{place}"
    return f"{text}, that is {moment:%Y-%m-%d %H:%M} UTC" if there.utcoffset() else text


def as_text(content: Handout) -> str:
    wide = max(len(name) for name, _ in content.facts)
    lines = [
        *([content.notice, ""] if content.notice else []),
        content.title,
        "",
        *(f"  {name:<{wide}}  {value}" for name, value in content.facts),
        "",
        *(f"{number}. {step}" for number, step in enumerate(content.steps, 1)),
        "",
        *(f"- {dont}" for dont in content.donts),
        "",
        content.last,
    ]
    return "\n".join(map(visible, lines)) + "\n"


def as_html(content: Handout) -> str:
    """One page that needs nothing from anywhere: no script, no picture, no font."""
    facts = "".join(
        f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in content.facts
    )
    steps = "".join(f"<li>{_text(step)}</li>" for step in content.steps)
    donts = "".join(f"<li>{_text(dont)}</li>" for dont in content.donts)
    notice = f"<p><strong>{_text(content.notice)}</strong></p>" if content.notice else ""
    return _PAGE.format(
        title=_text(content.title),
        facts=facts,
        steps=steps,
        donts=donts,
        last=_text(content.last),
        notice=notice,
    )


def _text(text: str) -> str:
    return html.escape(visible(text))


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 12pt/1.5 sans-serif; max-width: 42em; margin: 2em auto; padding: 0 1em; }}
th {{ text-align: left; padding-right: 1.5em; vertical-align: top; font-weight: normal; color: #555; }}
td {{ font-weight: bold; overflow-wrap: anywhere; }}
@page {{ margin: 2cm; }}
</style>
</head>
<body>
{notice}<h1>{title}</h1>
<table>{facts}</table>
<ol>{steps}</ol>
<h2>What not to do</h2>
<ul>{donts}</ul>
<p>{last}</p>
</body>
</html>
"""
