"""Any text that a tenant holds comes back as it was: written, loaded, compared, and made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trial import EMERGENCY, POLICIES, Tenant, adopt, folder, plan, policy, settle

from tapctl.canonical import at
from tapctl.directory import Directory
from tapctl.kinds import kinds
from tapctl.load.environment import expanded
from tapctl.load.settings import Section
from tapctl.load.yaml12 import Allowance
from tapctl.match import Matched, as_observed, is_as_said
from tapctl.model import Address, Finding, Json, JsonObject, Path, Resource, Snapshot, Source
from tapctl.sandbox.seed import numbered
from tapctl.schema import Field
from tapctl.validate import validate
from tapctl.workspace.document import draft
from tapctl.workspace.emit import read_back, render
from tapctl.workspace.importing import Request, propose

STRENGTHS = "policies/authenticationStrengthPolicies"
NOBODY = Directory(ids={}, names={})
ENDS = ("", "\n", "\n\n", "\r\n", "\r", "\x85", "\u2028", "\u2029", " ", "\t", " \n", "\n ")
OTHERS = (
    "NO",
    "null",
    "~",
    "1e3",
    "0x1F",
    "1_0",
    "2027-01-31",
    "<<",
    "=",
    "---",
    "...",
    "# a",
    "- a",
    "${a}",
)
TEXTS = st.one_of(
    st.text(min_size=1),
    st.text("ab :#-?|>{}[]'\"\\$~\n\r\t\x85\u2028\u2029\x00\x1b\ufeff", min_size=1),
    st.tuples(st.sampled_from(ENDS), st.sampled_from(OTHERS), st.sampled_from(ENDS)).map("".join),
)


def free(field: Field, path: Path = ()) -> Iterator[Path]:
    """Where text stands that nobody but a person decides."""
    for name, child in field.properties.items():
        if not child.is_read_only:
            yield from free(child, (*path, name))
    if field.items is not None:
        yield from free(field.items, (*path, 0))
    decided = field.properties or field.items or field.enum or field.references or field.words
    if not (decided or field.unit or field.is_boolean) and field.format in ("", "rule"):
        yield path


PLACES = [(name, path) for name, kind in kinds().items() for path in free(kind.field) if path != ("id",)]


def holding(path: Path, text: str) -> Json:
    """The least that holds `text` at `path`."""
    if not path:
        return text
    head, *rest = path
    inner = holding(tuple(rest), text)
    return [inner] if head == 0 else {str(head): inner}


def held(value: Json, path: Path) -> Json:
    for head in path:
        value = value[0] if isinstance(value, list) else at(value, str(head))
    return value


def loaded(text: str) -> Resource:
    """The document, as load reads it."""
    (value,) = read_back(text)
    assert isinstance(value, dict)
    findings: list[Finding] = []
    section = Section(value=value, source=Source(places={}), findings=findings)
    document = expanded(section, "sandbox", {}, Allowance(100_000)).value
    assert findings == []
    kind, spec, newer = str(document["kind"]), document["spec"], document.get("newer", [])
    assert isinstance(spec, dict)
    assert isinstance(newer, list)
    address = Address(kind, str(document.get("name", kind)))
    return Resource(address=address, spec=spec, source=Source(places={}), newer=frozenset(map(str, newer)))


@pytest.mark.parametrize(("name", "path"), PLACES)
@given(text=TEXTS)
def test_any_text_is_loaded_as_it_is_held(name: str, path: Path, text: str) -> None:
    kind = kinds()[name]
    inner = holding(path, text)
    assert isinstance(inner, dict)
    observed: JsonObject = {"id": numbered(8, 1), "displayName": "Some", **inner}

    resource = loaded(render(draft(as_observed(kind, observed, NOBODY)), schema_path="s.json"))

    said = {"displayName": resource.address.name, **resource.spec}
    assert held(said, path) == text
    ((desired,), _) = validate([resource])
    assert is_as_said(desired, observed, NOBODY)


@given(name=TEXTS)
def test_any_name_is_loaded_as_it_is_held(name: str) -> None:
    location: JsonObject = {"id": numbered(8, 1), "displayName": name, "countriesAndRegions": ["NO"]}
    snapshot = Snapshot(
        environment="e", tenant_id="t", is_sandbox=True, objects={"NamedLocation": (location,)}, entries={}
    )

    (document,) = propose(Matched(pairs=(), directory=NOBODY, findings=()), snapshot, Request()).documents

    ((desired,), _) = validate([loaded(document.text)])
    assert desired.display_name == name
    assert is_as_said(desired, location, NOBODY)


@pytest.mark.parametrize("end", ENDS)
def test_texts_are_made_again_as_they_were(end: str, tenant: Tenant, tmp_path: FilePath) -> None:
    root = folder(tmp_path, [])
    texts = {"displayName": f"Ours{end}", "description": f"One\n  two{end}"}
    custom = {"policyType": "custom", "allowedCombinations": ["fido2"]}
    kept = tenant.put(STRENGTHS, **custom, **texts)
    device = {"mode": "exclude", "rule": f'device.trustType -eq "ServerAD"{end}'}
    only = {"conditions": {"devices": {"deviceFilter": device}}}
    made = policy("Ruled", only=only)["spec"]
    strong = {"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": kept}}
    users = {"includeUsers": ["All"], "excludeUsers": [*EMERGENCY]}
    conditions = {**made["conditions"], "users": users}
    tenant.put(POLICIES, displayName="Ruled", state="disabled", conditions=conditions, grantControls=strong)
    adopt(root, tenant, ["AuthenticationStrength", "ConditionalAccessPolicy"])
    assert plan(root, tenant).plan.pending == ()

    tenant.clear(POLICIES)
    tenant.store.remove(STRENGTHS, kept)
    settle(root, tenant)

    (strength,) = [one for one in tenant.store.objects(STRENGTHS).values() if one["policyType"] == "custom"]
    (ruled,) = tenant.store.objects(POLICIES).values()
    assert {name: strength[name] for name in texts} == texts
    assert ruled["conditions"]["devices"]["deviceFilter"] == device
    assert plan(root, tenant).plan.pending == ()
