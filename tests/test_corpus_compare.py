"""Real policies and what became of them: a comparison finds every change people made, and no other."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tapctl import directory
from tapctl.canonical import at, canonical, expand, is_noise, to_wire, unknown, with_values
from tapctl.diff import field_changes
from tapctl.kind import Kind, Strange
from tapctl.kinds import kinds
from tapctl.model import Json, JsonObject
from tapctl.schema import Field

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus"
FILES = {
    "conditional-access-policies.jsonl": "ConditionalAccessPolicy",
    "named-locations.jsonl": "NamedLocation",
    "authentication-strengths.jsonl": "AuthenticationStrength",
    "authentication-methods.jsonl": "TemporaryAccessPassPolicy",
}
KINDS = {"ca-policy": "ConditionalAccessPolicy", "named-location": "NamedLocation"}
NOBODY = directory.build({}, {}, {})

SERVICE_OWNED = (
    "id",
    "createdDateTime",
    "modifiedDateTime",
    "deletedDateTime",
    "templateId",
    "partialEnablementStrategy",
    # A strength is an object of its own; a policy holds its id.
    "grantControls.authenticationStrength.allowedCombinations",
)

LONE_CONTROL = "AND over a single control says nothing; it is evened out to OR, as Graph answers it"
WITHOUT_ID = "a template names the strength without its id, which Graph never answers and validation refuses"
# Pairs that cannot agree, by repository and path: what is missed, what is extra, and why that is right.
ARGUED: dict[tuple[str, str], tuple[set[str], set[str], str]] = {
    (
        "dferrell30/Zero-Trust-Conditional-Access-Deployment-Playbook",
        "policies/04-admin-protection/policy.json",
    ): (set(), {"grantControls.operator"}, LONE_CONTROL),
    (
        "AlexFilipin/ConditionalAccess",
        (
            "PolicyRepository/Application protection/409 - RING - Application protection - "
            "Specific apps Require Strong Auth.json"
        ),
    ): ({"grantControls.authenticationStrength.displayName"}, {"grantControls.operator"}, WITHOUT_ID),
    (
        "AlexFilipin/ConditionalAccess",
        (
            "PolicyRepository/Global Secure Access/801 - RING - Global Secure Access - "
            "M365 Traffic Require Strong Auth.json"
        ),
    ): ({"grantControls.authenticationStrength.displayName"}, set(), WITHOUT_ID),
}


@functools.cache
def lines(file: str) -> tuple[JsonObject, ...]:
    if not (path := CORPUS / file).is_file():
        pytest.skip("the corpus of real policies is not beside this checkout")
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def pairs() -> Iterator[tuple[str, JsonObject]]:
    for number, pair in enumerate(lines("edit-pairs.jsonl"), 1):
        yield f"{number}: {pair['repo']} {pair['path']}", pair


def objects() -> Iterator[tuple[str, Kind, JsonObject]]:
    for file, name in FILES.items():
        for number, line in enumerate(lines(file), 1):
            item, kind = cast(JsonObject, line["object"]), kinds()[name]
            if not kind.singleton or item.get("@odata.type") == kind.odata_type:
                yield f"{file}:{number}", kind, item


def expanded(kind: Kind, item: JsonObject) -> JsonObject:
    return cast(JsonObject, expand(kind.field, kind.from_graph(item)))


def compared(kind: Kind, item: JsonObject) -> JsonObject:
    """Everything that a plan compares of an object, its name too."""
    spec = kind.normalise(canonical(kind.field, expanded(kind, item), NOBODY.as_name), Strange())
    spec = with_values(spec, dict(unknown(kind.field, expanded(kind, item))))
    return {**spec, "displayName": item.get("displayName")}


def changed_paths(pair: JsonObject) -> set[str]:
    kind = kinds()[KINDS[str(pair["kind"])]]
    before, after = cast(JsonObject, pair["before_object"]), cast(JsonObject, pair["after_object"])
    return {change.path for change in field_changes(compared(kind, before), compared(kind, after))}


def expected_paths(pair: JsonObject) -> set[str]:
    """The recorded changes without what the service owns and what says nothing on either side."""
    recorded = [str(change[0]) for change in cast("list[list[Json]]", pair["changes"])]
    return {
        path
        for path in recorded
        if path not in SERVICE_OWNED
        and not any(sign in path for sign in ("@odata.", "#microsoft.graph."))
        and not all(is_empty(at(pair[side], *path.split("."))) for side in ("before_object", "after_object"))
    }


def is_empty(value: Json) -> bool:
    """null, or nothing but null, [] and {} inside."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    return value is None or value == []


def is_same_place(recorded: str, found: str, pair: JsonObject) -> bool:
    """Recorded changes stop where a whole object came or went; ours go on to its leaves."""
    sides = [at(pair[side], *recorded.split(".")) for side in ("before_object", "after_object")]
    came_or_went = not all(isinstance(side, dict) for side in sides)
    return found == recorded or (came_or_went and found.startswith(f"{recorded}."))


def disagreement(pair: JsonObject) -> tuple[set[str], set[str]]:
    """Recorded changes that a comparison missed, and those that it made up."""
    recorded, found = expected_paths(pair), changed_paths(pair)
    missed = {path for path in recorded if not any(is_same_place(path, other, pair) for other in found)}
    extra = {path for path in found if not any(is_same_place(other, path, pair) for other in recorded)}
    return missed, extra


def test_noise_is_no_change() -> None:
    noisy = {where: changed_paths(pair) for where, pair in pairs() if pair["noise_only"]}

    assert len(noisy) == 160
    assert {where: paths for where, paths in noisy.items() if paths} == {}


def test_every_other_edit_is_found_where_it_was_made() -> None:
    wrong = {}
    for where, pair in pairs():
        missed, extra, _ = ARGUED.get((str(pair["repo"]), str(pair["path"])), (set(), set(), ""))
        if not pair["noise_only"] and disagreement(pair) not in ((set(), set()), (missed, extra)):
            wrong[where] = disagreement(pair)

    assert wrong == {}


def test_every_other_edit_is_a_change() -> None:
    silent = [where for where, pair in pairs() if not pair["noise_only"] and not changed_paths(pair)]

    assert silent == []


def test_no_argument_is_stale() -> None:
    seen = {
        (str(pair["repo"]), str(pair["path"])) for _, pair in pairs() if disagreement(pair) != (set(), set())
    }

    assert {key for key in ARGUED if key not in seen} == set()


def test_the_canonical_form_is_stable() -> None:
    unstable = []
    for where, kind, item in objects():
        once = kind.normalise(canonical(kind.field, expanded(kind, item), as_is), Strange())
        wire = cast(JsonObject, to_wire(kind.field, once, as_is))
        if kind.normalise(canonical(kind.field, expanded(kind, wire), as_is), Strange()) != once:
            unstable.append(where)

    assert unstable == []


def as_is(_: Field, text: str) -> str:
    return text


def test_unknown_properties_survive() -> None:
    """Whatever holds something, at the top of an object or in a block of it, is in what is compared, without
    what Graph adds for clients."""
    lost = [
        (where, key)
        for where, kind, item in objects()
        for path, block in blocks(item)
        for key, value in block.items()
        if not is_noise(key) and not is_empty(value) and is_unknown(kind.field, (*path, key))
        if at(compared(kind, item), *path, key) != unannotated(value)
    ]

    assert lost == []


def unannotated(value: Json) -> Json:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key == "@odata.type" or "@odata." not in key}
        return {key: unannotated(item) for key, item in kept.items()}
    return [unannotated(item) for item in value] if isinstance(value, list) else value


def blocks(item: JsonObject, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    yield path, item
    for key, value in item.items():
        if isinstance(value, dict):
            yield from blocks(value, (*path, key))


def is_unknown(field: Field, path: tuple[str, ...]) -> bool:
    """Whether the last key of `path` is the first that the schema does not have."""
    for key in path[:-1]:
        if key not in field.properties or field.properties[key].is_read_only:
            return False
        field = field.properties[key]
    return path[-1] not in field.properties


def test_the_corpus_holds_every_kind() -> None:
    counted = [kind.name for _, kind, _ in objects()]

    assert {name: counted.count(name) for name in FILES.values()} == {
        "ConditionalAccessPolicy": 289,
        "NamedLocation": 25,
        "AuthenticationStrength": 15,
        "TemporaryAccessPassPolicy": 3,
    }
