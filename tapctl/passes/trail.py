"""What the tenant's logs tell of passes: who made and deleted them, and who signed in since.

The audit log names an administrator's pass "Admin registered security info", and the reason says which info:
https://learn.microsoft.com/entra/architecture/security-operations-privileged-accounts (checked 2026-11). It
reaches back 30 days (7 without a licence), arrives late, and is not everybody's to read: whatever was not
found there may have happened all the same.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Literal, TypeAlias

from tapctl.errors import GraphError
from tapctl.graph.gateway import Gateway
from tapctl.graph.odata import FILTER_CHUNK, odata_quote
from tapctl.model import Json, JsonObject
from tapctl.passes.graph import moment_of
from tapctl.shapes import as_text

AUDITS: Final = "auditLogs/directoryAudits"
SIGN_INS: Final = "auditLogs/signIns"
RETENTION: Final = timedelta(days=30)
# The record of a pass carries the time of its writing, not of the pass.
SLACK: Final = timedelta(minutes=10)
_ABOUT_PASSES: Final = "temporary access pass"

Deed: TypeAlias = Literal["made", "deleted"]
_DEEDS: Final[dict[str, Deed]] = {
    "admin registered security info": "made",
    "admin deleted security info": "deleted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Somebody (`actor`) made or deleted a pass of the user `user_id`; `user_name` as it was then."""

    at: datetime
    deed: Deed
    actor: str
    is_app: bool
    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The records of each user by lower-case id, oldest first; `unread` says why there are none to see."""

    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    since: datetime | None = None
    unread: str = ""

    def making_of(self, user_id: str, created: datetime | None) -> Record | None:
        """The record of the making of a pass, told by its time."""
        if created is None:
            return None
        made = self._of(user_id, "made")
        near = [record for record in made if abs(record.at - created) <= SLACK]
        return min(near, key=lambda record: abs(record.at - created), default=None)

    def last(self, user_id: str, deed: Deed) -> Record | None:
        return next(reversed(self._of(user_id, deed)), None)

    def _of(self, user_id: str, deed: Deed) -> list[Record]:
        return [record for record in self.records.get(user_id.lower(), ()) if record.deed == deed]


async def read_trail(gateway: Gateway, since: datetime, users: Set[str] | None = None) -> Trail:
    """One request for a thousand records, of which those about passes are kept; only of these users (ids in
    lower case), if some are named. A log that cannot be read is no error here."""
    filtered = (
        f"activityDateTime ge {_written(since)} and category eq 'UserManagement'"
        " and loggedByService eq 'Authentication Methods' and startswith(activityDisplayName,'Admin')"
    )
    found: list[Record] = []
    try:
        async for page in gateway.pages(AUDITS, {"$filter": filtered}):
            records = (record for item in page for record in records_of(item))
            found += (record for record in records if users is None or record.user_id.lower() in users)
    except GraphError as error:
        return Trail(since=since, unread=str(error))
    return trail_of(found, since)


def trail_of(found: Iterable[Record], since: datetime) -> Trail:
    """Records in any order."""
    records: defaultdict[str, list[Record]] = defaultdict(list)
    for record in sorted(found, key=lambda one: one.at):
        records[record.user_id.lower()].append(record)
    return Trail(records={user: tuple(some) for user, some in records.items()}, since=since)


def records_of(item: JsonObject) -> Iterator[Record]:
    """What an entry of the audit log tells of passes.

    The reason may be missing; if it is there and speaks of something else, so does the record."""
    deed = _DEEDS.get(as_text(item.get("activityDisplayName")).casefold())
    reason = as_text(item.get("resultReason")).casefold()
    at = moment_of(item.get("activityDateTime"))
    is_about_passes = not reason or _ABOUT_PASSES in reason
    if deed is None or at is None or item.get("result") == "failure" or not is_about_passes:
        return
    actor, is_app = _actor(item.get("initiatedBy"))
    targets = item.get("targetResources")
    for target in targets if isinstance(targets, list) else ():
        if isinstance(target, dict) and as_text(target.get("id")):
            yield Record(
                at=at,
                deed=deed,
                actor=actor,
                is_app=is_app,
                user_id=as_text(target.get("id")),
                user_name=as_text(target.get("userPrincipalName")),
            )


def _actor(initiator: Json) -> tuple[str, bool]:
    """A person's name or an application's; an id where there is no name."""
    both = initiator if isinstance(initiator, dict) else {}
    user, app = both.get("user"), both.get("app")
    if isinstance(user, dict) and (name := _first(user, "userPrincipalName", "displayName", "id")):
        return name, False
    return _first(app if isinstance(app, dict) else {}, "displayName", "appId", "servicePrincipalId"), True


def _first(item: JsonObject, *names: str) -> str:
    return next((text for name in names if (text := as_text(item.get(name)))), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIns:
    """When each user (lower-case id) first signed in since their time; `unread` says why not."""

    first: Mapping[str, datetime] = field(default_factory=dict)
    unread: str = ""


async def read_sign_ins(gateway: Gateway, since: Mapping[str, datetime]) -> SignIns:
    """Successful sign-ins of these users, each since a time of its own: a request for fifteen of them, or for
    each page of theirs. Nothing of the log is kept but that moment."""
    wanted = iter(since.items())
    chunks = [dict(some) for some in iter(lambda: [*islice(wanted, FILTER_CHUNK)], [])]
    found = Moments(since)
    try:
        await asyncio.gather(*(_sign_ins(gateway, chunk, found) for chunk in chunks))
    except GraphError as error:
        return SignIns(unread=str(error))
    return found.sign_ins


async def _sign_ins(gateway: Gateway, since: Mapping[str, datetime], found: Moments) -> None:
    people = " or ".join(f"userId eq {odata_quote(user.lower())}" for user in since)
    filtered = f"createdDateTime ge {_written(min(since.values()))} and ({people})"
    async for page in gateway.pages(SIGN_INS, {"$filter": filtered}):
        found.add(page)


class Moments:
    """The first success of each user, in their own time, among the entries of the sign-in log so far."""

    def __init__(self, since: Mapping[str, datetime]) -> None:
        self._since = {user.lower(): moment for user, moment in since.items()}
        self._first: dict[str, datetime] = {}

    def add(self, items: Iterable[JsonObject]) -> None:
        for item in items:
            user, status = as_text(item.get("userId")).lower(), item.get("status")
            at = moment_of(item.get("createdDateTime"))
            is_success = isinstance(status, dict) and status.get("errorCode") == 0
            if is_success and at is not None and user in self._since and at >= self._since[user]:
                self._first[user] = min(at, self._first.get(user, at))

    @property
    def sign_ins(self) -> SignIns:
        return SignIns(first=self._first)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
