"""Laws of plan and apply for documents of every kind, made from the schemas themselves.

`HYPOTHESIS_PROFILE=thorough pytest tests/test_schema_apply_laws.py` tries thousands.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from schema_objects import LISTED, NEWER, NEWER_TYPE, SINGLE, Style, newer_paths, specs
from schema_tenant import ANSWERS, EXAMPLES, IDS, company, few, fill, held
from trial import DOMAIN, Document, Tenant, absent, adopt, carry_out, folder, plan

from tapctl.canonical import with_values
from tapctl.directory import build
from tapctl.kinds import kinds
from tapctl.match import as_observed
from tapctl.model import Change, Finding, errors_in
from tapctl.pipeline import check
from tapctl.sandbox import Settings, dump
from tapctl.sandbox.newer import remember
from tapctl.sandbox.seed import GROUPS, PEOPLE, numbered
from tapctl.sandbox.shapes import SHAPES, VARIANTS
from tapctl.workspace.emit import literal

# Each object goes by its name or by its id, so that nothing is said twice in two ways.
THERE = {
    "User": [f"ingrid.solberg@{DOMAIN}", f"Mia.Larsen@{DOMAIN}", PEOPLE["karin.holm"]],
    "Group": ["New hires", "Break glass", GROUPS["All staff"].upper()],
    "Role": ["Global Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d"],
    "Application": ["Office 365 Exchange Online", "797f4846-ba00-4fd7-ba43-dac1f8f63013"],
    "ServicePrincipal": ["Nordwind Timesheets", numbered(3, 2)],
    "NamedLocation": ["Headquarters", numbered(5, 2)],
    "AuthenticationStrength": ["Multifactor authentication", "00000000-0000-0000-0000-000000000004"],
    "AuthenticationContext": ["c1", "c2"],
    "TermsOfUse": ["House rules"],
}
fewer = settings(few, max_examples=EXAMPLES // 3)
OURS = ("First", "Second", "Third")
NOBODY = build({}, {}, {})
CONTEXTS = ("c11", "c12", "c13")


@st.composite
def documents(draw: st.DrawFn, *, with_newer: bool = False) -> list[Document]:
    """A folder: documents of some kinds under a few names, which refer to each other and to the tenant."""
    wanted = draw(st.lists(st.sampled_from((*LISTED, *SINGLE)), min_size=1, max_size=4, unique=True))
    there = {kind: list(names) for kind, names in THERE.items()}

    def refer(kinds: Sequence[str]) -> st.SearchStrategy[str]:
        return st.sampled_from(there[kinds[0]])

    found = []
    for kind in sorted(wanted, key=lambda kind: kind not in there):  # what is referred to comes first
        some = st.lists(st.sampled_from(OURS), min_size=1, max_size=2, unique=True)
        # Of groups only what is asked for is read; in features, newer ones too, the service fills targets in.
        is_kept = kind not in ("Group", "MicrosoftAuthenticatorPolicy")
        style = Style(refer=refer, is_answer=False, with_newer=with_newer and is_kept)
        made = [_named(kind, name, draw(specs(kind, style))) for name in draw(some)]
        alone = {key: item for key, item in made[0].items() if key != "name"}
        found += made if kind in LISTED else [alone]
        there.get(kind, []).extend(str(item["spec"].get("id", item["name"])) for item in made)
    return found


def _named(kind: str, name: str, spec: dict[str, Any]) -> Document:
    """What can never change in place is part of the name."""
    written = {key: item for key, item in spec.items() if key not in ("displayName", "securityEnabled")}
    if kind == "AuthenticationContext":
        written["id"] = CONTEXTS[OURS.index(name)]
    if kind == "NamedLocation":
        name += " (addresses)" if spec.get("ipRanges") else " (countries)"
    strength = (spec.get("grantControls") or {}).get("authenticationStrength") or {}  # sent as its id alone
    for member in NEWER:
        strength.pop(member, None)
    newer = newer_paths(written)
    return {"kind": kind, "name": name, "spec": written, **({"newer": newer} if newer else {})}


@st.composite
def strangers(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """An object of every kind, under a name that no document has."""
    found = {kind: [draw(specs(kind, ANSWERS))] for kind in (*LISTED, *SINGLE)}
    for (item,) in found.values():
        item["displayName"] = "Somebody else's"
    found["AuthenticationContext"][0]["id"] = "c99"
    return found


def undeclared(tenant: Tenant, wanted: Sequence[Document]) -> dict[tuple[str, str], str]:
    """Everything in the tenant, byte by byte, but for what documents declare and the log of what was done."""
    declared = {item.get("name", kinds()[item["kind"]].path.rpartition("/")[2].lower()) for item in wanted}
    return {
        (path, object_id): json.dumps(item)
        for path in tenant.store.collections()
        for object_id, item in tenant.store.objects(path).items()
        if not declared & {item.get("displayName"), object_id} and not path.startswith(("auditLogs", "("))
    }


def scattered(root: Path, wanted: Sequence[Document], random: Random, files: int) -> Path:
    """The same documents in another order, in several files and folders."""
    shuffled = list(wanted)
    random.shuffle(shuffled)
    for number in range(files):
        texts = [json.dumps(item, ensure_ascii=False) for item in shuffled[number::files]]
        place = root / f"{random.choice('abc')}" / f"{random.randrange(9)}" / f"{number}.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n---\n".join(texts), encoding="utf-8")
    return root


def unplaced(change: Change) -> Change:
    return replace(change, place=None)


def said(found: Finding) -> tuple[str, ...]:
    return found.rule, found.severity, str(found.address), found.message


@given(documents(), documents())
@fewer
def test_one_apply_leads_from_any_folder_to_any_other(first: list[Document], second: list[Document]) -> None:
    tenant, root = company(), Path(tempfile.mkdtemp())
    put_into_force(folder(root, first), tenant)

    put_into_force(folder(root, [*second, *gone(first, second)]), tenant)


@st.composite
def policies(draw: st.DrawFn) -> Document:
    """A policy for people, without what nobody knows how to take away where blocks are merged."""
    style = Style(refer=lambda kinds: st.sampled_from(THERE[kinds[0]]), is_answer=False, with_newer=False)
    spec = _named("ConditionalAccessPolicy", "First", draw(specs("ConditionalAccessPolicy", style)))["spec"]
    conditions, session = spec["conditions"], spec.get("sessionControls") or {}
    assume(not conditions.get("clientApplications"))
    conditions.pop("insiderRiskLevels", None)
    (session.get("cloudAppSecurity") or {})["cloudAppSecurityType"] = "monitorOnly"
    (session.get("persistentBrowser") or {})["mode"] = draw(st.sampled_from(("always", "never")))
    for side in ("include", "exclude"):
        guests = (conditions.get("users") or {}).get(f"{side}GuestsOrExternalUsers") or {}
        guests.pop("externalTenants", None)
    return {"kind": "ConditionalAccessPolicy", "name": "First", "spec": spec}


@given(policies(), policies())
@few
def test_one_apply_leads_from_any_policy_to_any_other_where_blocks_are_merged(
    first: Document, second: Document
) -> None:
    tenant, root = company(), Path(tempfile.mkdtemp())
    tenant.sandbox = Settings(merges_blocks=True)
    put_into_force(folder(root, [first]), tenant)

    put_into_force(folder(root, [second]), tenant)


@given(held(names=OURS), documents())
@fewer
def test_one_apply_leads_from_any_tenant_to_any_folder(
    objects: dict[str, list[dict[str, Any]]], wanted: list[Document]
) -> None:
    tenant, root = company(), Path(tempfile.mkdtemp())
    for item in objects.get("Group", ()):
        item["securityEnabled"] = True
    fill(tenant, objects)

    put_into_force(folder(root, wanted), tenant)


def knowing_what_is_newer() -> Tenant:
    """The company, whose service takes every newer member and type."""
    tenant = company()
    types = {f"{shape}: {NEWER_TYPE.removeprefix('#microsoft.graph.')}" for shape in VARIANTS}
    remember(tenant.store, frozenset(types | {f"{shape}/{name}" for shape in SHAPES for name in NEWER}))
    return tenant


KNOWN = Style(refer=lambda wanted: st.sampled_from(IDS[wanted[0]]), is_answer=True)


@given(specs("NamedLocation", KNOWN), specs("ConditionalAccessPolicy", KNOWN))
@few
def test_what_was_imported_is_made_again_as_it_was(location: Document, policy: Document) -> None:
    tenant, root = knowing_what_is_newer(), folder(Path(tempfile.mkdtemp()), [], settings={}, pins={})
    kinds_of_both = ("NamedLocation", "ConditionalAccessPolicy")
    objects = dict(zip(kinds_of_both, ([location], [policy]), strict=True))
    for (item,) in objects.values():
        item["displayName"] = "First"
    fill(tenant, objects)
    adopt(root, tenant, kinds_of_both)
    before = {name: tenant.one(kinds()[name].path, "First") for name in kinds_of_both}
    for name in kinds_of_both:
        tenant.store.remove(kinds()[name].path, before[name]["id"])

    put_into_force(root, tenant)

    for name in kinds_of_both:
        assert said_by(name, tenant.one(kinds()[name].path, "First")) == said_by(name, before[name])


def said_by(name: str, item: Document) -> Any:
    """What an object says, with what no schema knows."""
    pair = as_observed(kinds()[name], item, NOBODY)
    return with_values(pair.before or {}, pair.extra)


@given(documents(with_newer=True))
@few
def test_what_is_newer_arrives_and_is_kept(wanted: list[Document]) -> None:
    tenant, root = knowing_what_is_newer(), Path(tempfile.mkdtemp())

    put_into_force(folder(root, wanted), tenant)

    held = json.dumps(literal(dump(tenant.store)), sort_keys=True)
    lost = [
        (item["kind"], name)
        for item in wanted
        for name, value in newer_values(item["spec"])
        if json.dumps({name: value}, sort_keys=True)[1:-1] not in held
    ]
    assert lost == []


def newer_values(spec: Any) -> Iterator[tuple[str, Any]]:
    """The members and types that no schema knows."""
    if isinstance(spec, list):
        yield from (pair for item in spec for pair in newer_values(item))
    for key, item in spec.items() if isinstance(spec, dict) else ():
        if key in NEWER or item == NEWER_TYPE:
            yield key, item
        else:
            yield from newer_values(item)


def put_into_force(root: Path, tenant: Tenant) -> None:
    """One apply of a folder, after which a plan is empty."""
    assert [finding.message for finding in errors_in(check(root, None).findings)] == []
    planned = plan(root, tenant)
    errors = errors_in(planned.plan.findings)
    assume(all(finding.rule != "renamed-in-tenant" for finding in errors))  # refused, and rightly
    assert [finding.message for finding in errors] == []

    result = carry_out(planned, tenant)

    assert {str(item.address): item.why for item in result.outcomes if item.status != "applied"} == {}
    again = plan(root, tenant).plan
    assert [finding.message for finding in errors_in(again.findings)] == []
    assert {str(change.address): change.fields for change in again.pending} == {}


def gone(first: Sequence[Document], second: Sequence[Document]) -> list[Document]:
    """Documents that take away what only the first folder declares."""
    kept = {(item["kind"], item.get("name")) for item in second}
    return [
        {**absent(item["kind"], item["name"]), **identity(item)}
        for item in first
        if "name" in item and (item["kind"], item["name"]) not in kept
    ]


def identity(item: Document) -> Document:
    """A context is known by its id, which stands in its spec."""
    return {"spec": {"id": item["spec"]["id"]}} if item["kind"] == "AuthenticationContext" else {}


@given(strangers(), documents(), documents())
@fewer
def test_nothing_undeclared_is_ever_touched(
    objects: dict[str, list[dict[str, Any]]], first: list[Document], second: list[Document]
) -> None:
    tenant, root = company(), Path(tempfile.mkdtemp())
    fill(tenant, objects)
    before = undeclared(tenant, [*first, *second])

    carry_out(plan(folder(root, first), tenant), tenant)
    carry_out(plan(folder(root, [*second, *gone(first, second)]), tenant), tenant)

    assert undeclared(tenant, [*first, *second]) == before


@given(held(names=OURS), documents(), st.randoms(use_true_random=False), st.integers(1, 4))
@fewer
def test_a_plan_does_not_depend_on_where_documents_stand(
    objects: dict[str, list[dict[str, Any]]], wanted: list[Document], random: Random, files: int
) -> None:
    tenant, root = company(), Path(tempfile.mkdtemp())
    fill(tenant, objects)
    first = plan(folder(root, wanted), tenant).plan
    (root / "documents.yaml").unlink()

    second = plan(scattered(root, wanted, random, files), tenant).plan

    assert (first.checksum, first.fingerprint) == (second.checksum, second.fingerprint)
    assert list(map(unplaced, first.changes)) == list(map(unplaced, second.changes))
    assert sorted(map(said, first.findings)) == sorted(map(said, second.findings))
