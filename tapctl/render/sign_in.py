"""The answers of `tapctl simulate` → text, markdown or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.situation import SignIn
from tapctl.facts.snapshot import Unread
from tapctl.facts.unread import grouped
from tapctl.model import Json, JsonObject
from tapctl.render.comparison import comparison_json
from tapctl.render.decision import Where, asked, controls, deciding, inferences, sentence, trace
from tapctl.render.gfm import code, fenced, text
from tapctl.render.json import VERSION, headline, written
from tapctl.report import Headline
from tapctl.simulate.words import as_given
from tapctl.text.escape import spelled

if TYPE_CHECKING:
    from tapctl.facts.compare import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One question of a workspace, and its decision. `unread`: what the tenant did not show of the facts."""

    headline: Headline
    sign_in: SignIn
    decision: Decision
    where: Where
    unread: tuple[Unread, ...] = ()


def render_json(
    answers: Iterable[JsonObject],
    *,
    today: date,
    strict: bool,
    found: Headline | None,
    comparison: Comparison | None = None,
    unread: Iterable[Unread] = (),
) -> str:
    """The document that schemas/simulate-output.schema.json promises; situations of a file are about no
    environment."""
    about: JsonObject = {"environment": None, "tenant": None, "sandbox": False, "notice": None}
    return written(
        {
            "version": VERSION,
            "command": "simulate",
            **(headline(found) if found else about),
            "today": today.isoformat(),
            "strict": strict,
            "answers": [*answers],
            "notRead": [{"what": item.what, "why": item.why} for item in unread],
            "comparison": None if comparison is None else comparison_json(comparison),
        }
    )


def render_text(told: Told) -> str:
    """For a terminal: the decision, who decided it, what would open the door, and the steps."""
    return "\n".join(_text(told)) + "\n"


def _text(told: Told) -> Iterator[str]:
    yield f"Simulate: {spelled(told.headline.environment)} ({_tenant(told.headline)})"
    if told.headline.notice:
        yield told.headline.notice
    yield ""
    yield asked(told.sign_in)
    yield sentence(told.decision)
    for title, lines in _sections(told):
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def _tenant(found: Headline) -> str:
    return f"tenant {spelled(found.tenant_id)}" if found.tenant_id else "tenant not asked"


def _sections(told: Told) -> Iterator[tuple[str, list[str]]]:
    decision = told.decision
    sections = (
        ("Decided by", list(deciding(decision, told.where))),
        ("What would open it (one of these)", [spelled(need) for need in decision.needs]),
        ("Set aside for registration", [spelled(name) for name in decision.skipped_for_proof_up]),
        ("Holds for the session", list(controls(decision.session))),
        (
            "May hold for the session: nobody knows whether its policy applies",
            list(controls(decision.session_perhaps)),
        ),
        ("Rests on inference", list(inferences(decision))),
        ("Rests on a date", [spelled(name) for name in decision.switches]),
        ("Not given", [spelled(as_given(fact)) for fact in decision.missing]),
        ("Not read", [spelled(f"{item.what}: {item.why}") for item in grouped(told.unread)]),
        ("Steps", list(trace(decision, told.where))),
    )
    return ((title, lines) for title, lines in sections if lines)


def render_markdown(told: Told) -> str:
    """For a comment."""
    return "\n\n".join(_markdown(told)) + "\n"


def _markdown(told: Told) -> Iterator[str]:
    tenant = code(told.headline.tenant_id) if told.headline.tenant_id else "not asked"
    yield f"## Sign-in, simulated in {code(told.headline.environment)}, tenant {tenant}"
    if told.headline.notice:
        yield f"**{told.headline.notice}**"
    yield text(asked(told.sign_in))
    yield f"**{text(sentence(told.decision))}**"
    for title, lines in _sections(told):
        yield f"### {title}"
        yield fenced(lines) if title == "Steps" else "\n".join(f"- {text(line)}" for line in lines)


def render_answers_text(answers: Iterable[JsonObject]) -> str:
    """The answers to a file of situations, a line each."""
    return "".join(f"{line}\n" for answer in answers for line in _answer(answer))


def render_answers_markdown(answers: Iterable[JsonObject]) -> str:
    """The same as a list."""
    lines = (line for answer in answers for line in _answer(answer))
    return "\n".join(["## Answers", "", *(f"- {text(line.strip())}" for line in lines)]) + "\n"


def _answer(answer: JsonObject) -> Iterator[str]:
    name = spelled(str(answer["id"]))
    match answer:
        case {"problems": list(problems)}:
            for problem in problems:
                yield from _problem(name, problem)
        case {"steps": list(steps)}:
            for number, step in enumerate(steps, 1):
                yield f"{name} {number}: {_result(step)}"
        case _:
            yield f"{name}: {_result(answer)}"


def _problem(name: str, problem: Json) -> Iterator[str]:
    """What is wrong and where, and what to do about it. Everything in a file has a place there."""
    found = cast(JsonObject, problem)
    place = cast(JsonObject, found["place"])
    said = f"{place['file']}:{place['line']}:{place['column']}: {found['message']}"
    yield f"{name}: cannot be read: {spelled(said)}"
    yield from (f"  {spelled(str(remedy))}" for remedy in (found["help"],) if remedy)


def _result(answer: Json) -> str:
    match answer:
        case {
            "decision": str(decision),
            "by": list(by),
            "unmet": list(unmet),
            "missing": list(lacking),
            "reason": reason,
            "sessionPerhaps": dict(perhaps),
        }:
            details = [
                f"by {', '.join(map(str, by))}" if by else "",
                f"unmet {', '.join(map(str, unmet))}" if unmet else "",
                *_not_given(lacking),
                f"may hold for the session {', '.join(perhaps)}" if perhaps else "",
                str(reason or ""),
            ]
            return spelled("; ".join([decision, *filter(None, details)]))
        case {"accepted": accepted, "errors": list(errors), "missing": list(lacking)}:
            word = "accepted" if accepted else "not known" if accepted is None else "refused"
            return spelled("; ".join([word, *map(str, errors), *_not_given(lacking)]))
        case {"usable": usable, "reason": reason, "missing": list(lacking)}:
            word = "usable" if usable else "not known" if usable is None else "not usable"
            return spelled("; ".join([word, *([str(reason)] if reason else []), *_not_given(lacking)]))
        case _:
            return spelled(str(answer))


def _not_given(lacking: list[Json]) -> list[str]:
    return [f"not given {', '.join(map(str, lacking))}"] if lacking else []
