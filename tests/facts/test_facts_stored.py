"""A snapshot's file: what goes in comes out, people are pseudonyms, and mistakes have a line."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from facts_tools import read
from jsonschema import Draft202012Validator
from trial import Tenant, folder, policy

from tapctl import schema
from tapctl.checked import Checked
from tapctl.errors import UsageError
from tapctl.facts.counts import count_of
from tapctl.facts.merge import facts_for
from tapctl.facts.privacy import hidden, pseudonym, recognised
from tapctl.facts.snapshot import FactsSnapshot, SeenGroup, SeenPerson, SeenRole, Unread
from tapctl.facts.stored import read_snapshot
from tapctl.facts.storing import to_json, written
from tapctl.facts.summary import summarise
from tapctl.model import Address
from tapctl.pipeline import check
from tapctl.sandbox.seed import DOMAIN

GROUP = "20000000-0000-4000-8000-0000000000aa"
SMALL = FactsSnapshot(
    environment="production",
    tenant_id="11111111-2222-3333-4444-555555555555",
    is_sandbox=False,
    taken_at="2026-11-25T14:00:00Z",
    names={"Group": {GROUP: "Größe"}},
    groups={GROUP: SeenGroup(users=frozenset({"a@x", "b@x"}), groups=frozenset({"g"}), is_complete=False)},
    absent_groups=frozenset({"None"}),
    roles={"r": SeenRole(active=frozenset({"a@x"})), "s": SeenRole(eligible=frozenset({"b@x"}))},
    people={
        "a@x": SeenPerson(type="member", is_enabled=True, methods=("fido2",)),
        "b@x": SeenPerson(),
    },
    objects={Address("SmsPolicy", "SmsPolicy"): {"state": "disabled"}, Address("NamedLocation", "a/b"): {}},
    security_defaults=False,
    join_needs_mfa=True,
    unread=(Unread(what="licences", why="403"),),
)


def file(folder: Path, text: str) -> Path:
    path = folder / "facts.json"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, **changed: Any) -> str:
    value = {**to_json(SMALL), **changed}
    with pytest.raises(UsageError) as caught:
        read_snapshot(file(folder, json.dumps(value, indent=1)))
    return str(caught.value)


@pytest.fixture
def taken(tmp_path: Path) -> tuple[Checked, FactsSnapshot]:
    documents = [policy("P", includeGroups=["New hires"], excludeGroups=["Break glass"])]
    checked = check(folder(tmp_path, documents), None)
    return checked, asyncio.run(read(Tenant(), checked))


def test_a_snapshot_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_snapshot(file(tmp_path, written(SMALL))) == SMALL


def test_yaml_of_the_same_shape_is_read_too(tmp_path: Path) -> None:
    text = "\n".join(f"{key}: {json.dumps(value)}" for key, value in to_json(SMALL).items())

    assert read_snapshot(file(tmp_path, text)) == SMALL


def test_what_is_written_is_what_the_schema_says(taken: tuple[Checked, FactsSnapshot]) -> None:
    raw = json.loads((schema.folder() / "facts-snapshot.schema.json").read_text(encoding="utf-8"))

    for snapshot in (SMALL, taken[1]):
        Draft202012Validator(raw).validate(json.loads(written(snapshot)))


def test_each_person_and_group_has_a_line_of_its_own() -> None:
    assert [line for line in written(SMALL).splitlines() if '"a@x": ' in line] == [
        '    "a@x": {"type": "member", "enabled": true, "methods": ["fido2"]},'
    ]


def test_nobody_is_named_but_those_whom_the_folder_names(taken: tuple[Checked, FactsSnapshot]) -> None:
    snapshot = taken[1]

    text = written(hidden(snapshot, b"salt", snapshot.names["User"].values()))

    assert "mia.larsen" not in text
    assert f"emergency-1@{DOMAIN}" in text


def test_pseudonyms_change_no_count(taken: tuple[Checked, FactsSnapshot]) -> None:
    checked, snapshot = taken

    assert count_of(facts_for(checked, hidden(snapshot, b"salt", ())), "New hires") == 3


def test_a_pseudonym_is_recognised_with_the_salt_alone(taken: tuple[Checked, FactsSnapshot]) -> None:
    kept, mia = hidden(taken[1], b"salt", ()), f"Mia.Larsen@{DOMAIN}"

    assert mia in recognised(kept, b"salt", [mia]).people
    assert mia not in recognised(kept, b"other", [mia]).people
    assert pseudonym(b"salt", mia) == pseudonym(b"salt", mia.lower())


def test_roles_that_were_not_read_stay_so(tmp_path: Path) -> None:
    unread = FactsSnapshot(environment="e", tenant_id="t", is_sandbox=True, taken_at="")

    assert hidden(unread, b"salt", ()).roles is None
    assert read_snapshot(file(tmp_path, written(unread))) == unread


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        sandbox="yes",
        people={"a@x": {"type": "membre", "enabled": 1, "methods": ["fido2", 3], "mail": "a@x"}},
        objects={"Nonsense/x": {}, "SmsPolicy": []},
        surprise=1,
        takenAt=3,
    )

    lines = told.splitlines()
    assert len(lines) == 9
    assert all(line.startswith(f"{tmp_path}/facts.json:") for line in lines)
    assert 'did you mean "member"?' in told


def test_a_snapshot_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    told = mistakes(tmp_path, version=2, tenantId=None)

    assert "version is 2, and this tapctl reads version 1" in told
    assert "tapctl facts --out" in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1]", "is no snapshot"),
        ("", "holds 0"),
        ("version: 1\n---\nversion: 1\n", "holds 2"),
        ('{"version": 1, "version": 1}', "twice"),
        ('{"version": [', "is not YAML"),
    ],
)
def test_what_is_no_snapshot_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_snapshot(file(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_snapshot(tmp_path / "none.json")


def test_a_file_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as huge:
        huge.truncate((64 << 20) + 1)

    with pytest.raises(UsageError, match="more than 64 MB"):
        read_snapshot(path)


def test_a_group_that_only_holds_a_role_is_inside_no_group() -> None:
    inside = {"g": SeenGroup(groups=frozenset({"h", GROUP})), "h": SeenGroup()}
    held = {"holds a role": SeenGroup(groups=frozenset({"in it"})), "in it": SeenGroup()}
    seen = replace(SMALL, groups={**SMALL.groups, **inside, **held})

    assert summarise(seen).nested == 2
    assert summarise(replace(seen, groups=held)).nested == 0
