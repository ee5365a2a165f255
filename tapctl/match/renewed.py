"""What an apply made, or found made, whose pins named nothing → the pins that it should have now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tapctl.match import DEAD_PIN
from tapctl.model import Address, Finding, Outcome, Plan


def new_pins(plan: Plan, outcomes: Iterable[Outcome]) -> dict[Address, str]:
    """The ids of the objects that were made, or found made, although their pins named nothing."""
    dead = {finding.address for finding in plan.findings if finding.rule == DEAD_PIN}
    found = {item.address: item.id for item in plan.changes if item.action == "no-op"}
    ids = found | {item.address: item.id for item in outcomes}
    return {address: pin for address, pin in ids.items() if address in dead and pin is not None}


def renewed(pins: Mapping[Address, str], environment: str, *, are_written: bool) -> tuple[Finding, ...]:
    """The pins, for whoever keeps the environment's file."""
    if not pins:
        return ()
    file = f"environments/{environment}.yaml"
    listed = ", ".join(f"{address}: {pin}" for address, pin in sorted(pins.items()))
    ask = f"Write it into {file}: --write-pins does it, too."
    return (
        Finding(
            rule="pin-renewed",
            severity="note",
            message=f"pins: {{{listed}}}",
            help=f"--write-pins writes it into {file}: commit it." if are_written else ask,
        ),
    )
