"""Everything that can be said of drift, as people and programs see it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from audit_records import NOW, record
from drift_tenants import DELETED, LOCATIONS, POLICIES, SINCE, Base, named, pass_policy
from jsonschema import Draft4Validator, Draft202012Validator
from sarif_schema import SARIF_SCHEMA

from tapctl import schema
from tapctl.drift.causes import by
from tapctl.drift.events import Actor, Event
from tapctl.drift.news import News, news
from tapctl.model import Address
from tapctl.render.drift_html import render as render_html
from tapctl.render.drift_json import render as render_json
from tapctl.render.drift_markdown import render as render_markdown
from tapctl.render.drift_sarif import render as render_sarif
from tapctl.render.drift_text import render as render_text

OTHER = "99999999-0000-4000-8000-00000000000{}"


def everything(base: Base) -> News:
    """Each kind of difference, with a record, with half of one, and without any."""
    tenant = base.changed()
    enforced, group = named(tenant, POLICIES, "Enforced"), named(tenant, "groups", "Pilots")
    before = copy.deepcopy(enforced)
    extra = [user["id"] for user in tenant["users"][5:7]]
    enforced["conditions"]["users"] |= {"excludeUsers": extra, "excludeGroups": [group["id"]]}
    enforced["modifiedDateTime"] = "2026-11-20T10:00:00Z"
    half = copy.deepcopy(enforced)
    half["conditions"]["users"]["excludeUsers"] = extra[:1]
    gone = named(tenant, POLICIES, "Reported")
    tenant[POLICIES].remove(gone)
    tenant[DELETED] = [{**gone, "deletedDateTime": "2026-11-20T10:00:00Z"}]
    made = {
        **enforced,
        "id": OTHER.format(1),
        "displayName": "Stranger",
        "createdDateTime": "2026-11-20T10:00:00Z",
    }
    tenant[POLICIES].append(made)
    tenant[LOCATIONS].append(
        {**named(tenant, LOCATIONS, "Office"), "id": OTHER.format(2), "displayName": "Owned by us"}
    )
    pass_policy(tenant)["maximumLifetimeInMinutes"] = 43200
    group["description"] = "two\nlines"
    silent = record({}, {}, activity="Update group", target=group["id"])
    silent["targetResources"][0]["modifiedProperties"] = []
    tenant["auditLogs/directoryAudits"] = [
        record(before, half, target=enforced["id"]),
        record(gone, None, activity="Delete conditional access policy", target=gone["id"]),
        record(None, made, activity="Add conditional access policy", target=OTHER.format(1)),
        silent,
    ]
    compared, evidence = base.compared(tenant)
    found = news(compared, base.checked(), evidence, SINCE)
    headline = replace(found.headline, caller="ingrid@nordwind.example")
    return replace(found, headline=headline, adopted=("all.yaml",), requests=7)


def stable(text: str, base: Base) -> str:
    """Without what is another in each run: the folder, and ids that the sandbox makes up."""
    ids = {item["id"]: f"<{item['displayName']}>" for item in base.tenant[POLICIES]}
    for old, new in {f"{base.root}/": "", **ids}.items():
        text = text.replace(old, new)
    return text


def test_the_text(base: Base, golden: Callable[[str, str], None]) -> None:
    golden("drift.txt", stable(render_text(everything(base), width=1000), base))


def test_the_markdown(base: Base, golden: Callable[[str, str], None]) -> None:
    golden("drift.md", stable(render_markdown(everything(base)), base))


def test_the_page(base: Base, golden: Callable[[str, str], None]) -> None:
    page = stable(render_html(everything(base)), base)

    golden("drift.html", page)
    assert "<script" not in page


def test_a_page_about_nothing_says_so(base: Base) -> None:
    nothing = replace(everything(base), drifted=(), undeclared=(), findings=(), adopted=())
    assert "The tenant is what the files say." in render_html(nothing)


def test_a_name_is_no_markup_in_the_page(base: Base) -> None:
    found = everything(base)
    renamed = [replace(item, address=Address(item.address.kind, "<b>\u202e")) for item in found.drifted]
    page = render_html(replace(found, drifted=tuple(renamed)))

    assert "<b>" not in page
    assert "\u202e" not in page


def test_each_difference_is_a_result_on_its_line(base: Base) -> None:
    found = everything(base)
    run = json.loads(render_sarif(found))["runs"][0]
    said = {(item["ruleId"], line_of(item)): item["message"]["text"] for item in run["results"]}

    declared = [item for item in found.drifted if item.place]
    for item in declared:
        places = [field.place for field in item.fields] or [item.place]
        assert all((f"drift-{item.what}", place.line if place else 0) in said for place in places)
    assert {item.what for item in declared} == {"changed", "missing"}
    assert any("excludeUsers of Enforced gains" in text and "; " in text for text in said.values())
    assert any("can be restored" in text for text in said.values())


def test_sarif_of_drift_follows_its_schema(base: Base) -> None:
    if not SARIF_SCHEMA.is_file():
        pytest.skip("the SARIF schema is not here: .ci/run fetches it from npm")

    validator = Draft4Validator(json.loads(SARIF_SCHEMA.read_text(encoding="utf-8")))
    validator.validate(json.loads(render_sarif(everything(base))))


def line_of(result: Any) -> int:
    return int(result["locations"][0]["physicalLocation"]["region"]["startLine"])


def test_colour_is_only_where_it_is_asked_for(base: Base) -> None:
    found = everything(base)

    assert "\x1b[" in render_text(found, colour=True)
    assert "\x1b" not in render_text(found)


def test_json_keeps_its_promise(base: Base) -> None:
    found: Any = json.loads(render_json(everything(base)))

    Draft202012Validator(schema.read("drift-output")).validate(found)
    assert {item["what"] for item in found["drifted"]} == {"changed", "missing", "unwanted"}


def test_a_log_that_could_not_be_read_is_said_everywhere(base: Base) -> None:
    found = everything(base)
    blind = replace(found, log=replace(found.log, unread="403 <b>\n  ask."))

    assert "could not be read, so who did it is unknown: 403 <b>; ask." in render_text(blind)
    assert "403 \\<b\\>; ask." in render_markdown(blind)


def test_a_hundred_drifted_objects_fit_an_issue(base: Base) -> None:
    found = everything(base)
    many = replace(found, drifted=found.drifted * 100, undeclared=found.undeclared * 3000)

    assert len(render_markdown(many)) < 65_000
    assert "more; see `--format json`" in render_markdown(many)
    assert "and 2980 more" in render_text(many)


def test_a_real_tenant_with_nothing_undeclared_is_told_in_fewer_words(base: Base) -> None:
    found = everything(base)
    real = replace(found, headline=replace(found.headline, is_sandbox=False), undeclared=())

    for shown in (render_markdown(real), render_html(real)):
        assert "SANDBOX" not in shown
        assert "Not declared here" not in shown


def test_every_drifted_object_is_named(base: Base) -> None:
    found = everything(base)
    named = [
        replace(item, address=Address(item.address.kind, f"Object {number:04} {'with a long name ' * 5}"))
        for number, item in enumerate(found.drifted * 60)
    ]
    shown = render_markdown(replace(found, drifted=tuple(named), findings=()))

    assert [number for number in range(len(named)) if f"Object {number:04}" not in shown] == []
    assert "more objects, by name</summary>" in shown
    assert len(shown) < 65_000


def test_a_record_may_name_nobody() -> None:
    event = Event(id="1", moment=NOW, activity="Update policy", actor=Actor())

    assert by(event).startswith("by somebody the record does not name, address unknown, 2026-11-25")


def test_no_name_goes_on_with_the_sentence() -> None:
    actor = Actor(kind="application", name="App, from 203.0.113.9")
    event = Event(id="1", moment=NOW, activity='Add "policy"', actor=actor, ip_address="198.51.100.7")

    said = by(event)
    assert said.startswith('by application "App, from 203.0.113.9", from 198.51.100.7, 2026-11-25')
    assert said.endswith('("Add \\"policy\\"")')


def test_what_is_unclear_is_neither_to_adopt_nor_to_apply(base: Base) -> None:
    tenant = base.changed()
    twin = copy.deepcopy(named(tenant, POLICIES, "Enforced"))
    tenant[POLICIES].append(twin | {"id": "99999999-0000-4000-8000-000000000001"})
    run = json.loads(render_sarif(base.news(tenant)))["runs"][0]
    (said,) = [item["message"]["text"] for item in run["results"] if item["ruleId"] == "drift-unclear"]

    assert said.endswith(
        "Say which is meant, as the error about it says: until then nothing is adopted or applied."
    )
