"""Who made the drift, as a document of `tapctl drift` tells it → words for the issue's marker. Pure.

The next run tells by them whether its answers are others. An answer that went because Entra keeps records for
a while only, or because the log was not read, is no other one: the issue goes on saying it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tapctl.model import Json

_SAID: Final = re.compile(r"\bby (?!whom is unknown).*?(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC \(")
_DIGITS: Final = re.compile(r"\D")
_SHOWN: Final = ("who", "when", "application", "ipAddress", "activity")
_MINUTE: Final = len("202611290000")
_DIGEST: Final = 8
_SIZE: Final = _DIGEST + _MINUTE
_MOST: Final = 500


def answers(drift: dict[str, Any]) -> dict[str, str]:
    """`who` holds an entry for each answer: what a reader sees of it, as a digest, and when it was. `oldest`
    is how far back the log was read."""
    told = sorted({*_of_objects(drift["drifted"]), *_of_findings(drift["findings"])})
    if len(told) > _MOST:
        told = [_entry([*told], max(entry[_DIGEST:] for entry in told))]
    return {"who": "".join(told) or "nobody", "oldest": _minute(drift["auditLog"]["oldest"]) or "unread"}


def are_others(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a reader is to see other answers than before."""
    return bool(_told(after) - _told(before)) or bool(retracted(before, after))


def retracted(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """What was said before and is not said now, although the log still reaches back to it."""
    oldest = after["oldest"]
    gone = _told(before) - _told(after)
    return {entry for entry in gone if oldest.isdecimal() and entry[_DIGEST:] >= oldest}


def _told(facts: Mapping[str, str]) -> set[str]:
    who = facts.get("who", "nobody")
    return set() if who == "nobody" else {who[at : at + _SIZE] for at in range(0, len(who), _SIZE)}


def _of_objects(drifted: Iterable[dict[str, Any]]) -> Iterator[str]:
    """An entry for each record that is named at an object, as the cause or maybe."""
    for item in drifted:
        found: defaultdict[str, list[Json]] = defaultdict(list)
        whole = {"path": "", "attribution": item["attribution"]}
        for field in (whole, *item["fields"]):
            attribution = field["attribution"] or {"causes": [], "suspects": []}
            for certainty in ("causes", "suspects"):
                for event in attribution[certainty]:
                    shown = [certainty, *(event[key] for key in _SHOWN)]
                    found[json.dumps(shown)].append([field["path"], event.get("entries", [])])
        for told, where in found.items():
            yield _entry([item["address"], told, where], _minute(json.loads(told)[2]))


def _of_findings(findings: Iterable[dict[str, Any]]) -> Iterator[str]:
    """An entry for each doer that a message names."""
    for item in findings:
        for said in _SAID.finditer(item["message"]):
            yield _entry([item["rule"], item["address"], said[0]], _minute("".join(said.groups())))


def _entry(said: Json, minute: str) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:_DIGEST] + minute


def _minute(time: str | None) -> str:
    return _DIGITS.sub("", time or "")[:_MINUTE]
