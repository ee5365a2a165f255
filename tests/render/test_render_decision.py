from datetime import date

import pytest

from tapctl.evaluate.decision import Applied, Decision
from tapctl.evaluate.facts import Person
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.situation import SignIn
from tapctl.model import Finding, Place
from tapctl.render.decision import asked, deciding, finding_lines, inferences, sentence, trace

DAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(verdict="allow"), "Allowed: no enforced policy applies."),
        (
            Decision(verdict="allow", policies=(Applied(policy="A", result="applied"),)),
            "Allowed: everything that is asked for is met.",
        ),
        (Decision(verdict="block"), "Blocked."),
        (Decision(verdict="challenge", unmet=("mfa",)), "Asked for mfa, which the user can do now."),
        (
            Decision(verdict="register", unmet=("mfa",)),
            "Sent to register what is asked for (mfa), which is let through.",
        ),
        (
            Decision(verdict="unsatisfiable", unmet=("strength:P", "mfa")),
            "Stopped: strength:P, mfa is asked for, and there is no way to it from here.",
        ),
        (
            Decision(verdict="unsatisfiable", detail="53004"),
            "Stopped: at this risk nobody registers a method (53004).",
        ),
        (
            Decision(verdict="unknown", missing=("asOf",), switches=("s1", "s2")),
            "Not known: on that day a change is being rolled out (s1, s2).",
        ),
        (
            Decision(
                verdict="unknown", missing=("apps",), by_application={"Office365": "allow", "T\x1b": "block"}
            ),
            "Not known: its applications are treated differently (Office365: allow, T\\x1b: block).",
        ),
        (
            Decision(verdict="refusedBeforePolicy", reason="the pass is \x1b[2Jused"),
            "Refused before any policy is looked at: the pass is \\x1b[2Jused.",
        ),
        (
            Decision(verdict="unknown", missing=("groups", "platform")),
            "Not known: it depends on groups, platform, which is not given.",
        ),
        (
            Decision(verdict="unknown", missing=("clientApp", "auth", "signInRisk", "user.type")),
            "Not known: it depends on client, method, risk.signIn, user.type, which is not given.",
        ),
        (
            Decision(verdict="unknown", inferences=("E18",)),
            "Not known: it rests on what Microsoft does not document (E18).",
        ),
        (
            Decision(verdict="unknown"),
            "Not known: it depends on what no fact tells here.",
        ),
    ],
)
def test_every_decision_is_a_sentence(decision: Decision, said: str) -> None:
    assert sentence(decision) == said


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"apps": ("Office365",)}, "Office365"),
        ({"context": "c1"}, "context c1"),
        ({"action": "urn:user:registersecurityinfo"}, "register security information"),
        ({"action": "urn:user:registerdevice"}, "urn:user:registerdevice"),
    ],
)
def test_a_question_names_who_what_and_how(target: dict[str, str], said: str) -> None:
    sign_in = SignIn(user="mia", person=Person(groups=frozenset({"New hires"})), as_of=DAY, **target)  # type: ignore[arg-type]  # one target each

    assert asked(sign_in) == f"mia (in New hires), to {said}, with methods that are not given"


def test_a_question_with_nothing_proved_says_so() -> None:
    assert (
        asked(SignIn(user="mia", auth=frozenset(), apps=("app",), as_of=DAY)) == "mia, to app, with nothing"
    )


def test_who_decided_is_told_with_its_place_if_it_has_one() -> None:
    decision = Decision(verdict="block", by=("Declared", "Only in the tenant"))

    told = deciding(decision, lambda name, _: Place("a.yaml", 3, 1) if name == "Declared" else None)

    assert list(told) == ["a.yaml:3:1: Declared", "Only in the tenant"]


def test_what_nobody_documents_is_told_with_its_source() -> None:
    rule = next(rule for rule, said in RULES.items() if said.grade == "inferred")

    (line,) = inferences(Decision(verdict="allow", inferences=(rule,)))

    assert line == f"{rule}: {RULES[rule].says} ({RULES[rule].source})"


def test_the_registration_to_which_one_is_sent_is_told_below() -> None:
    decision = Decision(verdict="register", inner=Decision(verdict="block"))

    assert list(trace(decision, lambda *_: None)) == ["Registration, to which the user would be sent: block"]


def test_a_mistake_is_told_with_its_place_and_what_to_do() -> None:
    mistake = Finding(
        rule="r", severity="error", message="is no\ttime", help="Write Z.", place=Place("a", 1, 2)
    )
    bare = Finding(rule="r", severity="error", message="is no time")

    assert list(finding_lines(mistake)) == ["a:1:2: is no\\ttime", "  Write Z."]
    assert list(finding_lines(bare)) == ["is no time"]
