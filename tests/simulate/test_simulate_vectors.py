"""Every published vector, through the JSON that `tapctl simulate` reads and writes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tapctl.simulate.answer import answer
from tapctl.simulate.exchange import read_fixture, read_questions
from tapctl.simulate.json_text import parse

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
TODAY = date(2026, 11, 25)
THOUGHT_WRONG: dict[str, str] = {}
"""Vectors whose expectation is disputed, with the argument and its source. None is at present."""

pytestmark = pytest.mark.skipif(
    not (VECTORS / "vectors.json").is_file(), reason="the shared vectors are not beside this checkout"
)


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_bytes()) if (VECTORS / name).is_file() else []


def answered(vector: Any) -> Any:
    facts, mistakes = read_fixture(*parse((VECTORS / "fixture.json").read_bytes(), "fixture.json"))
    (question,) = read_questions(*parse(json.dumps(vector).encode(), "vector.json"), facts, TODAY)

    assert not mistakes
    return answer(question)


def differing(expected: Any, found: Any) -> dict[str, Any]:
    """What of an expectation does not hold; `liveWhatIf` is Microsoft's answer and not ours."""
    return {key: found.get(key) for key, value in expected.items() if not agrees(key, value, found)}


def agrees(key: str, expected: Any, found: Any) -> bool:
    match key:
        case "liveWhatIf":
            return True
        case "decisionAnyOf":
            return bool(found["decision"] in expected)
        case "policies" | "reasons":
            return bool({name: found[key].get(name) for name in expected} == expected)
        case _ if isinstance(expected, list):
            return sorted(found[key]) == sorted(expected)
        case _:
            return bool(found[key] == expected)


@pytest.mark.parametrize("vector", read("vectors.json"), ids=lambda vector: vector["id"])
def test_the_answer_is_the_expected_one(vector: Any) -> None:
    if vector["id"] in THOUGHT_WRONG:
        pytest.xfail(THOUGHT_WRONG[vector["id"]])
    found = answered(vector)

    if "steps" in vector:
        pairs = zip(vector["steps"], found["steps"], strict=True)
        assert [differing(step["expect"], part) for step, part in pairs] == [{}] * len(vector["steps"])
    else:
        assert differing(vector["expect"], found) == {}
