"""A passcode to hand over, and whom it is for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from tapctl.passes.delivery import Delivery, Made, Recipient
from tapctl.passes.secret import Secret

CODE = "+drkzqAD"
MIA = Recipient(id="10000000-0000-4000-8000-000000000101", name="mia@x.example", display_name="Mia Larsen")
MADE = Made(
    recipient=MIA,
    pass_id="p",
    start=datetime(2026, 9, 1, 7, tzinfo=UTC),
    end=datetime(2026, 9, 1, 8, tzinfo=UTC),
    is_usable_once=True,
)


def hand_over(delivery: Delivery, recipient: Recipient = MIA, code: str = CODE, void: str = "") -> str:
    """The whole way of one passcode; where it went."""

    async def main() -> str:
        delivery.prove()
        slot = await delivery.open(recipient, void)
        await slot.deliver(MADE, Secret(code))
        return slot.target

    return asyncio.run(main())
