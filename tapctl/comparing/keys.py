"""How one version of the passkeys policy admits fewer keys than another, by model or type, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.canonical import at, texts
from tapctl.model import Json, JsonObject


def fewer_keys(before: JsonObject, after: JsonObject) -> str:
    """What it says of the keys that people have and that would do no more; empty if all do. Attestation
    is asked for at registration and takes nothing from who has a key."""
    had, has = dict(_restrictions(before)), dict(_restrictions(after))
    fewer = [_fewer(had[profile], has[profile]) for profile in has if profile in had]
    return "; ".join(
        dict.fromkeys(filter(None, (*fewer, *_fewer_types(before, after), *_moved(before, after))))
    )


def _fewer_types(before: JsonObject, after: JsonObject) -> Iterator[str]:
    has = _profiles(after)
    for name, profile in _profiles(before).items():
        lost = _types(profile) - _types(has[name]) if name in has else ()
        if lost:
            yield f"no longer admits passkeys that are {' or '.join(sorted(lost))}"


def _moved(before: JsonObject, after: JsonObject) -> Iterator[str]:
    """Targets that lose a profile and get none that admits as much."""
    had, has = _profiles(before), _profiles(after)
    targets = dict(_targets(after))
    for target, named in _targets(before):
        kept = targets.get(target, named)
        for name in sorted(named - kept):
            admitted = [has[other] for other in kept if other in has]
            if name in had and not any(_admits_as_much(other, had[name]) for other in admitted):
                shown = at(had[name], "name") or name
                yield f"no longer takes the passkey profile {shown!r} for {target}"


def _admits_as_much(profile: Json, other: Json) -> bool:
    restrictions = (at(each, "keyRestrictions") for each in (other, profile))
    return _types(profile) >= _types(other) and not _fewer(*restrictions)


def _targets(spec: JsonObject) -> Iterator[tuple[str, frozenset[str]]]:
    """Whom it is for, and the profiles that they may use."""
    listed = spec.get("includeTargets")
    for target in listed if isinstance(listed, list) else ():
        named = texts(target, "allowedPasskeyProfiles") or (str(spec.get("defaultPasskeyProfile") or ""),)
        yield str(at(target, "id")), frozenset(named)


def _types(profile: Json) -> set[str]:
    return set(texts(profile, "passkeyTypes"))


def _profiles(spec: JsonObject) -> dict[str, Json]:
    listed = spec.get("passkeyProfiles")
    return {str(at(profile, "id")): profile for profile in (listed if isinstance(listed, list) else ())}


def _restrictions(spec: JsonObject) -> Iterator[tuple[str, Json]]:
    """Those for everybody, and those of each profile by its id."""
    yield "", spec.get("keyRestrictions")
    for name, profile in _profiles(spec).items():
        yield name, at(profile, "keyRestrictions")


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
