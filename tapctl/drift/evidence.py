"""What a drift report rests on besides the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tapctl.drift.joined import Joined
from tapctl.drift.strangers import Stranger
from tapctl.drift.turned_off import Account
from tapctl.model import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the tenant was asked beyond the plan. `unread` says why the audit log could not be read, if so;
    `deleted` are the deleted items of each kind, as Graph answered them; `undeleted` why they are unknown.
    `strangers` are the ids that nothing has any more, `joined` who is in the break-glass groups, `accounts`
    whether the break-glass accounts are enabled."""

    now: datetime
    records: tuple[JsonObject, ...] = ()
    unread: str = ""
    deleted: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    undeleted: Mapping[str, str] = field(default_factory=dict)
    strangers: tuple[Stranger, ...] = ()
    joined: tuple[Joined, ...] = ()
    accounts: tuple[Account, ...] = ()
