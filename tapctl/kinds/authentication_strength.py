"""AuthenticationStrength: which combinations of methods a policy accepts. Built-in ones are only named."""

from __future__ import annotations

from collections.abc import Iterable

from tapctl.canonical import expand
from tapctl.kind import BUILT_IN, Kind, Lookup, Request, Write, changed_properties
from tapctl.kinds._verdicts import wrong
from tapctl.model import JsonObject, Resource, Verdict
from tapctl.shapes import as_list, as_objects

# The ids are the same in every tenant; the names have changed over the years
# (https://learn.microsoft.com/graph/api/authenticationstrengthroot-list-policies, checked 2026-11).
_BUILT_IN_IDS = {
    "Multifactor authentication": "00000000-0000-0000-0000-000000000002",
    "Passwordless MFA": "00000000-0000-0000-0000-000000000003",
    "Phishing-resistant MFA": "00000000-0000-0000-0000-000000000004",
    "Phishing resistant MFA": "00000000-0000-0000-0000-000000000004",
}


def _rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    if resource.address.name in _BUILT_IN_IDS:
        yield wrong(
            (),
            f"{resource.address.name!r} is built into Entra and cannot be declared",
            "Refer to it by this name in policies, or declare a strength of your own under another name.",
            rule="built-in-strength",
        )
    yield from _twins(resource, spec)
    allowed = spec.get("allowedCombinations")
    for index, item in enumerate(_configurations(spec)):
        for combination in as_list(item.get("appliesToCombinations")):
            if isinstance(allowed, list) and combination not in allowed:
                yield wrong(
                    ("combinationConfigurations", index),
                    f"appliesToCombinations names {combination!r}, which allowedCombinations does not hold",
                    "Add the combination to allowedCombinations or take it out here.",
                    rule="combination-not-allowed",
                )


def _twins(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    first: dict[tuple[str, ...], int] = {}
    for index, item in enumerate(_configurations(spec)):
        other = first.setdefault(_subject(item), index)
        if other != index:
            _, *names = _subject(item)
            said = f"combinationConfigurations[{index}] restricts {' and '.join(map(repr, names))}"
            yield wrong(
                ("combinationConfigurations", index),
                f"{said}, and so does combinationConfigurations[{other}]: Graph keeps one for a combination",
                "Write both as one entry: its lists take what the two hold.",
                rule="combination-restricted-twice",
            )


def _requests(kind: Kind, write: Write) -> list[Request]:
    """PATCH changes name and description only; combinations go through an action, and what restricts
    a combination is a collection of its own (authenticationstrengthpolicy-updateallowedcombinations)."""
    path = kind.object_path(write.id)
    match write.action:
        case "create":
            plain = [name for name in write.after if name != "combinationConfigurations"]
            post = Request(method="POST", path=kind.path, body=kind.body(write, plain))
            return [post, *(_add(f"{kind.path}/{{id}}", item) for item in _configurations(write.after))]
        case "update":
            return [*_changes(kind, write, path)]
        case "delete":
            return [Request(method="DELETE", path=path)]
        case _:
            return []


def _changes(kind: Kind, write: Write, path: str) -> Iterable[Request]:
    """Restrictions that go or change are taken off only once the combinations are right."""
    changed = changed_properties(write)
    if write.renamed or "description" in changed:
        body = kind.body(write, ["description"] if "description" in changed else [])
        yield Request(method="PATCH", path=path, body=body)
    if "allowedCombinations" in changed:
        body = {"allowedCombinations": write.after.get("allowedCombinations", [])}
        yield Request(method="POST", path=f"{path}/updateAllowedCombinations", body=body)
    if "combinationConfigurations" in changed:
        wanted, had = _configurations(write.after), _configurations(write.before)
        ids = _ids(kind, write.observed)
        for item in wanted:
            if item in had:
                continue
            same = next((old for old in had if _subject(old) == _subject(item)), None)
            yield _add(path, item) if same is None else _amend(path, ids[_subject(same)], same, item)
        kept = [_subject(item) for item in wanted]
        for item in had:
            if _subject(item) not in kept:
                url = f"{path}/combinationConfigurations/{ids[_subject(item)]}"
                yield Request(method="DELETE", path=url)


def _add(path: str, item: JsonObject) -> Request:
    return Request(method="POST", path=f"{path}/combinationConfigurations", body=item)


def _amend(path: str, configuration: str, before: JsonObject, after: JsonObject) -> Request:
    """What PATCH does not mention it keeps: a list that goes is sent empty."""
    body: JsonObject = {**{key: [] for key in before}, **after}
    return Request(method="PATCH", path=f"{path}/combinationConfigurations/{configuration}", body=body)


def _subject(item: JsonObject) -> tuple[str, ...]:
    """What a restriction is about: Graph keeps one per combination."""
    return (
        str(item.get("@odata.type")),
        *sorted({str(name) for name in as_list(item.get("appliesToCombinations"))}),
    )


def _refusal(before: JsonObject, after: JsonObject, observed: JsonObject) -> str:
    """Graph changes a restriction, and takes it off, under the restriction's own id only
    (authenticationcombinationconfiguration-update and
    authenticationstrengthpolicy-delete-combinationconfigurations)."""
    ids, wanted = _ids(KIND, observed), _configurations(after)
    for item in _configurations(before):
        if item not in wanted and _subject(item) not in ids:
            _, *names = _subject(item)
            return (
                f"Graph gives no id for what restricts {' and '.join(map(repr, names))}: without it that can "
                "be neither changed nor taken off; leave it as it is here, or change it in the portal first"
            )
    return ""


def _ids(kind: Kind, observed: JsonObject) -> dict[tuple[str, ...], str]:
    expanded = expand(kind.field, observed)
    found = _configurations(expanded) if isinstance(expanded, dict) else []
    return {_subject(item): str(item["id"]) for item in found if item.get("id")}


def _configurations(spec: JsonObject) -> list[JsonObject]:
    return as_objects(spec.get("combinationConfigurations"))


def _service_managed(observed: JsonObject) -> str:
    return BUILT_IN if observed.get("policyType") == "builtIn" else ""


KIND = Kind(
    name="AuthenticationStrength",
    path="policies/authenticationStrengthPolicies",
    documentation="https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy",
    read_permission="Policy.Read.AuthenticationMethod",
    write_permissions=("Policy.ReadWrite.AuthenticationMethod",),
    write_instead=("Policy.ReadWrite.ConditionalAccess",),
    lookup=Lookup(
        kind="AuthenticationStrength",
        path="policies/authenticationStrengthPolicies",
        by="list",
        well_known=_BUILT_IN_IDS,
        permission="Policy.Read.AuthenticationMethod",
    ),
    contained="combinationConfigurations",
    rules=_rules,
    refusal=_refusal,
    service_managed=_service_managed,
    requests=_requests,
)
