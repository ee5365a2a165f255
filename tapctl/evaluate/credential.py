"""The first factor: a pass or an account that Entra refuses before any policy is consulted."""

from __future__ import annotations

from dataclasses import dataclass

from tapctl.evaluate.facts import Pass
from tapctl.evaluate.passes import pass_state
from tapctl.evaluate.scene import Scene, mode_of
from tapctl.evaluate.strengths import PASSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the first factor was refused: a methodUsabilityReason of Graph's, or a word of ours. `lacks` is the
    fact without which nobody knows whether it was; then there is no reason."""

    reason: str = ""
    lacks: str = ""


def refusal(scene: Scene) -> Refusal | None:
    """Why the sign-in ends before policies are looked at, or may; None where nothing says that it does."""
    if not scene.person.is_enabled:
        return Refusal(reason="AccountDisabled")
    used = (scene.sign_in.auth or frozenset()) & PASSES
    if not used or scene.is_workload:
        return None
    if scene.is_external:
        return None  # it is a pass of the home tenant: of this one a guest cannot have any
    held = scene.person.held_pass
    if isinstance(held, Pass) and used != {mode_of(held)}:
        return Refusal(reason="NoSuchPass")
    if held == "none":
        return Refusal(reason="NoSuchPass")
    if any(scene.facts.methods is not None and scene.is_enabled(mode) is False for mode in used):
        return Refusal(reason="DisabledByPolicy")
    if isinstance(held, Pass):
        state = pass_state(held, scene.facts.pass_policy, scene.in_any_group, now=scene.sign_in.now)
        if state.lacks:
            return Refusal(lacks=state.lacks)
        if state.is_usable is False:
            return Refusal(reason=state.reason)
    return None
