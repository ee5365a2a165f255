"""Where a passcode goes, once: a place that is proved usable first, then opened for each person.

    delivery = ...                          a terminal, a folder of encrypted files, or a command
    delivery.prove()                        before anything is checked or created
    slot = await delivery.open(handover)    for one person, before their pass is created
    await slot.deliver(...)                 or slot.close(), when there is nothing to deliver

There is no mail: a passcode in a mailbox is read by whoever reads the mailbox, is kept by servers and backups
on the way, and reaches a new hire only where they cannot sign in yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from tapctl.passes.secret import Secret

Contents: TypeAlias = Literal["passcode", "json", "handout", "handout-html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """For whom a pass is made. `name` is their userPrincipalName, `display_name` what people call them, and
    `zone` where they are, if a roster says so."""

    id: str
    name: str
    display_name: str = ""
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A pass that was just created, as far as the record may know it."""

    recipient: Recipient
    pass_id: str
    start: datetime
    end: datetime
    is_usable_once: bool


Written: TypeAlias = Callable[[Made, Secret], str]
"""What is handed over: the passcode and whatever goes with it. Its result is as secret as the passcode."""


class Slot(Protocol):
    """A place that waits for one passcode."""

    @property
    def target(self) -> str:
        """Where it is, for the record."""

    @property
    def proof(self) -> str:
        """A path that shows later whether the passcode arrived (see proof.py); empty where nothing can."""

    async def deliver(self, made: Made, secret: Secret) -> None:
        """Hand it over, and return when it is safe there. Raises NotDelivered."""

    async def close(self) -> None:
        """There is nothing to hand over: leave no trace."""


class Delivery(Protocol):
    """`kind` is its word in records, `at_once` how many slots may be open together; `waits_for_a_person`:
    handing over takes as long as somebody takes."""

    kind: str
    at_once: int
    waits_for_a_person: bool

    def prove(self) -> None:
        """Raises NotDelivered if nothing could be handed over here."""

    def objection(self, recipient: Recipient) -> str:
        """Why this person's passcode cannot go here; empty if it can. Asked for everybody at first."""

    async def open(self, recipient: Recipient, void: str = "") -> Slot:
        """`void` is the digest of what this run has put there for them before and opens nothing any more,
        which may be replaced. Raises NotDelivered."""


def passcode_only(made: Made, secret: Secret) -> str:
    """Nothing but the passcode: what most vaults want."""
    return secret.reveal()


def as_json(made: Made, secret: Secret) -> str:
    """One object with everything about the pass."""
    facts = {
        "user": made.recipient.name,
        "userId": made.recipient.id,
        "passcode": secret.reveal(),
        "start": made.start.isoformat(),
        "end": made.end.isoformat(),
        "oneTime": made.is_usable_once,
    }
    return json.dumps(facts, ensure_ascii=False)
