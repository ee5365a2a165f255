"""Whether the owner of a used one-time pass may still be registering a method. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from tapctl.passes.graph import Pass

# From the sign-in with a one-time pass: deleting it within that time could end the session in which its owner
# registers (https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass).
WINDOW: Final = timedelta(minutes=10)

Window: TypeAlias = Literal["open", "over", "unknown"]


def window_of(held: Pass, signed_in: datetime | None, now: datetime) -> Window:
    """`signed_in` is the last sign-in since the pass began, if the log tells: it comes late, and is not
    everybody's to read. Without it only this is known: nobody used the pass before it began, and the sessions
    that came of it end with it."""
    if now >= held.end:
        return "over"
    if now < (signed_in or held.start) + WINDOW:
        return "open"
    return "over" if signed_in is not None else "unknown"
