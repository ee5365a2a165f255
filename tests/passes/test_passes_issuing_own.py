"""Whatever becomes of requests and looks: a pass of this run is this run's until it is gone, and is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from issuing import DOMAIN, PATH, Trial, entries, is_creation
from trial import Message, Receive, Send

from tapctl.graph.sandbox import AsgiApp
from tapctl.passes.issue_report import Account, json_of, sheet_of
from tapctl.report import Headline
from tapctl.sandbox.passes import find_pass
from tapctl.sandbox.seed import PEOPLE

NAME = "mia.larsen"
MIA = f"{NAME}@{DOMAIN}"
HEADLINE = Headline(environment="sandbox", tenant_id="", is_sandbox=True)
ANSWERS: Final = {"torn": 201, "unavailable": 503, "denied": 403, "wrong": 400}
FATES = st.sampled_from(["fine", "lost", "torn", "dropped", "unavailable", "denied", "wrong", "late"])
ENDS = st.sampled_from(["end", "place fails", "killed"])
TURN = st.tuples(st.lists(FATES, max_size=5), st.lists(st.booleans(), max_size=5), ENDS, st.integers(0, 4))


@dataclass
class Fates:
    """What becomes of one creation after the other, and which looks get an answer; afterwards all is well."""

    trial: Trial
    creations: list[str] = field(default_factory=list)
    looks: list[bool] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    late: list[tuple[Message, Message]] = field(default_factory=list)

    def __call__(self, app: AsgiApp) -> AsgiApp:
        async def odd(scope: Message, receive: Receive, send: Send) -> None:
            if is_creation(scope):
                await self._create(app, scope, receive, send)
            elif str(scope.get("path")).endswith(PATH) and self.looks and not self.looks.pop(0):
                await _answer(send, 503)
            else:
                await app(scope, receive, send)

        return odd

    async def _create(self, app: AsgiApp, scope: Message, receive: Receive, send: Send) -> None:
        fate = self.creations.pop(0) if self.creations else "fine"
        if fate == "late":
            self.late.append((scope, {**await receive(), "more_body": False}))
        if fate in ("fine", "lost", "torn"):
            await app(scope, receive, send if fate == "fine" else _nowhere)
            self._note()
        while self.late and fate != "late":
            kept, body = self.late.pop()
            await app(kept, _saying(body), _nowhere)
            self._note()
        if fate in ANSWERS:
            await _answer(send, ANSWERS[fate])
        elif fate != "fine":
            raise ConnectionResetError("the answer was lost")

    def _note(self) -> None:
        self.made.append(self.held)

    @property
    def held(self) -> str:
        found = find_pass(self.trial.tenant.store, PEOPLE[NAME])
        return found["id"] if found else ""


def _saying(body: Message) -> Receive:
    async def again() -> Message:
        return body

    return again


async def _nowhere(message: Message) -> None: ...


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def kill(trial: Trial, after: int) -> None:
    """As if the process had ended so many lines after the last request was begun."""
    lines = trial.record.splitlines(keepends=True)
    begun = max((at for at, line in enumerate(lines) if '"begun"' in line), default=len(lines))
    (trial.folder / f"{trial.run}.issue.jsonl").write_text("".join(lines[: begun + 1 + after]))


def told(trial: Trial) -> tuple[str, Any]:
    """What people and programs are told of the person."""
    account = Account(
        status="incomplete", headline=HEADLINE, worklist=trial.worklist, run=trial.run, delivery="file"
    )
    text = "\n".join(sheet_of(account).sections[0].items[0].lines)
    return text, json.loads("".join(json_of(account)))["people"][0]


def turn(trial: Trial, fates: Fates, creations: Sequence[str], looks: Sequence[bool], end: str) -> None:
    fates.creations, fates.looks = [*creations], [*looks]
    trial.kept.fails = MIA if end == "place fails" else ""
    trial.go(entries(NAME))


@settings(max_examples=30, deadline=None)
@given(turns=st.lists(TURN, min_size=1, max_size=4))
def test_no_pass_of_this_run_is_called_another_s_or_none_at_all(turns: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(folder=Path(folder))
        fates = Fates(trial)
        trial.tenant.between.append(fates)
        for creations, looks, end, after in turns:
            turn(trial, fates, creations, looks, end)
            text, person = told(trial)
            assert "else" not in trial.record + text
            if person["state"] == "lost":
                assert person["passId"] == (fates.held or None)
                assert ("they still hold" in text) == bool(fates.held)
            assert len({*person["replaced"]}) == len(person["replaced"])
            assert fates.held not in person["replaced"]
            if end == "killed":
                kill(trial, after)
        for _ in range(2):  # the first may let go of a late one
            turn(trial, fates, (), (), "end")

        assert trial.states == ["delivered"]
        assert trial.works == {MIA: True}
        assert set(told(trial)[1]["replaced"]) <= {*fates.made}


@pytest.mark.parametrize(
    ("creations", "end"),
    [
        (["lost", *["unavailable"] * 3], "end"),
        (["lost", "lost", *["unavailable"] * 2], "end"),
        (["torn", *["dropped"] * 3], "end"),
        (["fine"], "place fails"),
    ],
)
def test_a_pass_whose_passcode_is_lost_is_named_until_it_is_replaced(
    tmp_path: Path, creations: list[str], end: str
) -> None:
    trial = Trial(folder=tmp_path)
    fates = Fates(trial)
    trial.tenant.between.append(fates)
    turn(trial, fates, creations, (), end)
    turn(trial, fates, ["unavailable"] * 4, (), "end")

    assert f"they still hold {fates.held}, made by this run, and its passcode is lost" in told(trial)[0]
    turn(trial, fates, (), (), "end")
    assert (trial.states, trial.works) == (["delivered"], {MIA: True})
