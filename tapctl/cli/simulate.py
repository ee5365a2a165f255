"""`tapctl simulate`: one question of the workspace, or a file of situations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tapctl.cli.known_facts import facts_option, snapshot_of
from tapctl.cli.options import Options, common
from tapctl.cli.printing import put

if TYPE_CHECKING:
    from tapctl.evaluate.situation import SignIn
    from tapctl.facts.compare import Comparison
    from tapctl.model import Json, JsonObject
    from tapctl.simulate.workspace import Company


@click.command("simulate")
@common
@click.argument("file", metavar="[FILE.json]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--fixture",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The directory that FILE.json is about.",
)
@click.option("--user", metavar="UPN", help="Who signs in. What else is said about the user comes on top.")
@click.option(
    "--group", "groups", metavar="NAME", multiple=True, help="A group the user is in; `none` for no group."
)
@click.option(
    "--role", "roles", metavar="NAME", multiple=True, help="A role that the user has; `none` for no role."
)
@click.option("--user-type", metavar="TYPE", help="member, internalGuest, b2bCollaborationGuest, ...")
@click.option("--registered", metavar="METHOD,...", help="All methods that the user has registered.")
@click.option("--reachable", metavar="METHOD,...", help="Those that the user can use now.")
@click.option("--pass", "held_pass", metavar="none|oneTime|multiUse", help="The pass that the user holds.")
@click.option(
    "--app", "apps", metavar="NAME", multiple=True, help="What is signed in to: a name or an appId."
)
@click.option("--action", metavar="register|join", help="Instead of an application: a user action.")
@click.option("--context", metavar="ID", help="Instead of an application: an authentication context.")
@click.option(
    "--method",
    metavar="METHOD,...",
    help="What has been proved: password, pass, passkey, fido2, ... Left out: not known.",
)
@click.option("--country", metavar="CODE", help="The country of the address, or unknown.")
@click.option(
    "--location",
    "locations",
    metavar="NAME",
    multiple=True,
    help="A named location; `none` for none of them.",
)
@click.option("--ip", metavar="ADDRESS", help="The public address.")
@click.option("--platform", metavar="NAME", help="android, iOS, windows, macOS, linux.")
@click.option(
    "--client", metavar="TYPE", help="browser, mobileAppsAndDesktopClients, exchangeActiveSync, other."
)
@click.option(
    "--device", metavar="WORD,...", help="unregistered, or some of compliant, joined, hybridJoined, ..."
)
@click.option(
    "--risk", "risks", metavar="KIND=LEVEL", multiple=True, help="signIn=high, user=low, ...; or none."
)
@click.option("--flow", metavar="NAME", help="none, deviceCodeFlow, authenticationTransfer.")
@click.option("--via", metavar="NAME", help="What brings the user to registration: windowsHelloProvisioning.")
@click.option("--scope", "scopes", metavar="NAME", multiple=True, help="A delegated permission asked for.")
@click.option("--as-of", metavar="DAY", help="Some rules of Entra changed on a date [default: today].")
@click.option("--now", metavar="TIME", help="With an offset: whether a pass works.")
@click.option("--enforce", metavar="POLICY", multiple=True, help="A policy that counts as enabled.")
@click.option("--strict", is_flag=True, help="What rests on inference is unknown.")
@facts_option
@click.option(
    "--compare",
    is_flag=True,
    help="Ask the tenant's own What-If about its live policies too, and show where the two differ.",
)
def command(
    options: Options,
    *,
    file: Path | None,
    fixture: Path | None,
    strict: bool,
    facts: str | None,
    compare: bool,
    **asked: Any,
) -> int:
    """What the policies decide about a sign-in, and why.

    With FILE.json, each situation of the file is answered by the policies in it
    (schemas/Situation.schema.json; --fixture adds a directory). Otherwise the options ask one question of
    the workspace's policies as they are in the environment. A fact that is not given is not known: no policy
    that asks for it counts as not applying. Nothing is sent anywhere but by --facts live and --compare,
    which only read.

    \b
    tapctl simulate --group "New hires" --registered password --app Office365 --method password
    tapctl simulate situations.json --fixture directory.json --format json
    """
    from tapctl.errors import UsageError

    given = given_of(asked)
    if file is not None:
        if facts is not None or compare:
            raise UsageError(f"{file} brings its own facts and policies: leave out --facts and --compare")
        if given:
            raise UsageError(f"with {file} the questions are in the file: leave out the other options")
        return _answer_file(file, fixture, options, strict=strict)
    if fixture is not None:
        raise UsageError("--fixture goes with FILE.json")
    if compare and not asked["user"]:
        raise UsageError("--compare needs --user: the tenant can be asked about its own people only")
    return _answer_question(given, options, strict=strict, facts=facts, compares=compare)


def given_of(asked: dict[str, Any]) -> JsonObject:
    """The options as a sign-in test would write them; what is not said is not there."""
    given: JsonObject = {
        "application": _list(asked["apps"]),
        "scopes": _list(asked["scopes"]),
        "enforce": _list(asked["enforce"]),
        "method": _split(asked["method"]),
        "device": _split(asked["device"]),
        "asOf": asked["as_of"],
        **{key: asked[key] for key in ("action", "context", "platform", "client", "flow", "via", "now")},
        "user": _user(asked),
        "location": _said(
            {"country": asked["country"], "ip": asked["ip"], "named": _named(asked["locations"])}
        ),
        "risk": _risk(asked["risks"]),
    }
    return {key: value for key, value in given.items() if value is not None}


def _user(asked: dict[str, Any]) -> Json:
    about: JsonObject = {
        "groups": _named(asked["groups"]),
        "roles": _named(asked["roles"]),
        "type": asked["user_type"],
        "registered": _split(asked["registered"]),
        "reachable": _split(asked["reachable"]),
        "pass": asked["held_pass"],
    }
    found = {key: value for key, value in about.items() if value is not None}
    if not found:
        upn: Json = asked["user"]
        return upn
    return {**found, **({"upn": asked["user"]} if asked["user"] else {})}


def _named(names: Sequence[str]) -> Json:
    return [] if tuple(names) == ("none",) else _list(names)


def _risk(risks: Sequence[str]) -> Json:
    """Each `kind=level`; a word alone is for the test's own reader to judge."""
    if not risks:
        return None
    if len(risks) == 1 and "=" not in risks[0]:
        return risks[0]
    return {kind: level for kind, _, level in (risk.partition("=") for risk in risks)}


def _said(values: JsonObject) -> Json:
    return {key: value for key, value in values.items() if value is not None} or None


def _list(values: Sequence[str]) -> Json:
    return [*values] or None


def _split(text: str | None) -> Json:
    return None if text is None else [part.strip() for part in text.split(",")]


def _answer_file(file: Path, fixture: Path | None, options: Options, *, strict: bool) -> int:
    from datetime import UTC, datetime

    from tapctl.cli.output import say
    from tapctl.render.decision import finding_lines
    from tapctl.render.sign_in import render_answers_markdown, render_answers_text, render_json
    from tapctl.simulate.answer import answer
    from tapctl.simulate.exchange import read_fixture, read_questions
    from tapctl.simulate.json_text import parse, read

    today, facts = datetime.now(UTC).date(), None
    if fixture is not None:
        facts, mistakes = read_fixture(*parse(read(fixture), str(fixture)))
        if mistakes:
            say("\n".join(line for item in mistakes for line in finding_lines(item)))
            return 1
    questions = read_questions(*parse(read(file), str(file)), facts, today)
    answers = [answer(question, strict=strict) for question in questions]
    match options.format:
        case "json":
            text = render_json(answers, today=today, strict=strict, found=None)
        case "markdown":
            text = render_answers_markdown(answers)
        case _:
            text = render_answers_text(answers)
    put(text)
    wrong = [item for question in questions for item in question.mistakes]
    if wrong and options.format == "json":  # the others say it in the answer
        say("\n".join(line for item in wrong for line in finding_lines(item)))
    return 1 if wrong else 0


def _answer_question(
    given: JsonObject, options: Options, *, strict: bool, facts: str | None, compares: bool
) -> int:
    from datetime import UTC, datetime

    from tapctl.cli.output import say
    from tapctl.cli.simulate_words import in_options, lacking
    from tapctl.errors import UsageError
    from tapctl.pipeline import check
    from tapctl.render.comparison import comparison_markdown, comparison_text
    from tapctl.render.decision import finding_lines
    from tapctl.render.sign_in import Told, render_json, render_markdown, render_text
    from tapctl.report import offline_headline
    from tapctl.simulate.answer import decision_json
    from tapctl.simulate.journey import walk
    from tapctl.simulate.workspace import company_of, mistakes_in
    from tapctl.testing.case import question

    if said_too_little := lacking(given):
        raise UsageError(said_too_little)
    checked, today = check(options.workspace, options.environment), datetime.now(UTC).date()
    if mistakes := mistakes_in(checked):
        say("\n".join(line for item in mistakes for line in finding_lines(item)))
        return 1
    snapshot = snapshot_of(checked, facts, _people(given))
    if facts == "live" and "asOf" not in given:
        given = {"now": datetime.now(UTC).isoformat(), **given}
    company = company_of(checked, snapshot)
    case = question(given, company, today)
    if case.mistakes:
        said = in_options(case.mistakes)
        raise UsageError("\n".join(line for item in said for line in finding_lines(item)))
    (asked,) = case.steps
    (stage,) = walk(company.enforcing(asked.enforce), [asked.step], strict=strict, traced=True)
    comparison, tenant_id = _compared(company, stage.sign_in) if compares else (None, "")
    headline = offline_headline(checked.workspace.environment, snapshot.tenant_id if snapshot else tenant_id)
    unread = snapshot.unread if snapshot else ()
    told = Told(
        headline=headline,
        sign_in=stage.sign_in,
        decision=stage.decision,
        where=company.place,
        unread=unread,
    )
    match options.format:
        case "json":
            answer: JsonObject = {"id": "question", **decision_json(stage.decision, company.place)}
            text = render_json(
                [answer], today=today, strict=strict, found=headline, comparison=comparison, unread=unread
            )
        case "markdown":
            text = render_markdown(told) + (f"\n{comparison_markdown(comparison)}" if comparison else "")
        case _:
            text = render_text(told) + (f"\n{comparison_text(comparison)}" if comparison else "")
    put(text)
    return 0


def _people(given: JsonObject) -> list[str]:
    """Whom the question is about, so that `--facts live` reads them whatever policies name."""
    user = given.get("user")
    name = user.get("upn") if isinstance(user, dict) else user
    return [name] if isinstance(name, str) and not name.startswith(("sp:", "mi:")) else []


def _compared(company: Company, sign_in: SignIn) -> tuple[Comparison, str]:
    """What the tenant says, and which tenant that is."""
    from tapctl.cli.connect import connected
    from tapctl.facts.compare import compare

    with connected(company.checked.workspace) as session:
        found = session.run(compare(session.gateway, company.policies, company.facts, sign_in))
        return found, session.gateway.tenant_id
