"""How one version of the passkeys policy admits fewer models of keys than another, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.canonical import at, texts
from tapctl.model import Json, JsonObject


def fewer_keys(before: JsonObject, after: JsonObject) -> str:
    """What it says of the keys that people have and that would do no more; empty if all do. Attestation
    is asked for at registration and takes nothing from who has a key."""
    had, has = dict(_restrictions(before)), dict(_restrictions(after))
    return "; ".join(
        said for profile in has if profile in had and (said := _fewer(had[profile], has[profile]))
    )


def _restrictions(spec: JsonObject) -> Iterator[tuple[str, Json]]:
    """Those for everybody, and those of each profile by its id."""
    yield "", spec.get("keyRestrictions")
    profiles = spec.get("passkeyProfiles")
    for profile in profiles if isinstance(profiles, list) else ():
        yield str(at(profile, "id")), at(profile, "keyRestrictions")


def _fewer(before: Json, after: Json) -> str:
    had, has = set(texts(before, "aaGuids")), set(texts(after, "aaGuids"))
    if not _is_enforced(after):
        return ""
    if _allows(after) and _is_enforced(before) and _allows(before):
        lost = had - has
    elif _allows(after):
        return f"admits no keys but those of {', '.join(sorted(has))}" if has else "admits no keys at all"
    elif _is_enforced(before):
        lost = had & has if _allows(before) else has - had
    else:
        lost = has
    return f"no longer admits keys of {', '.join(sorted(lost))}" if lost else ""


def _is_enforced(restrictions: Json) -> bool:
    return at(restrictions, "isEnforced") is True


def _allows(restrictions: Json) -> bool:
    return at(restrictions, "enforcementType") == "allow"
