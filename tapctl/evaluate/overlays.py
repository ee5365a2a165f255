"""What Entra asks for besides Conditional Access: one small function for each, all of them listed at the end.

Each answers a control that the sign-in has to meet, `block`, or nothing; True, or None where a fact that
decides it is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tapctl.evaluate.applications import AZURE_MANAGEMENT, PORTALS, TOOLS, app_key
from tapctl.evaluate.controls import is_first_method, is_risky
from tapctl.evaluate.dated import PORTALS as PORTALS_SINCE
from tapctl.evaluate.dated import TOOLS as TOOLS_SINCE
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.situation import JOIN
from tapctl.evaluate.truth import Truth, every


class Overlay(NamedTuple):
    """One demand from outside: `holds` is whether it applies here, and `fact` what is missing where nobody
    knows; empty where no fact would tell. `about` is what brings it on; `is_on_registration`, that it is
    about registering itself."""

    name: str
    key: str
    rule: str
    holds: Truth
    fact: str = ""
    about: str = "the application"
    is_on_registration: bool = False


ENROLMENT: Final = "enrolment"
"""What nothing can answer: that registering itself is refused."""
_PORTAL_SUITE: Final = "microsoftadminportals"


def _mandatory_at_portals(scene: Scene) -> Overlay | None:
    """Emergency accounts included: nothing excludes anybody. Azure's management is reached through a portal
    or a tool, and by what else there is: without the client, nobody knows."""
    apps = _apps(scene)
    if not apps.isdisjoint(PORTALS | {_PORTAL_SUITE}):
        return Overlay("mandatory MFA", "mfa", "mandatory-mfa", scene.since(PORTALS_SINCE), "asOf")
    if AZURE_MANAGEMENT in apps and not scene.sign_in.client and apps.isdisjoint(TOOLS):
        holds = every((scene.since(PORTALS_SINCE), None))
        return Overlay("mandatory MFA", "mfa", "mandatory-mfa", holds, "client")
    return None


def _mandatory_for_tools(scene: Scene) -> Overlay | None:
    """Reading is not affected: only creating, changing and deleting."""
    if _apps(scene).isdisjoint(TOOLS):
        return None
    is_write = scene.sign_in.is_write
    holds = every((scene.since(TOOLS_SINCE), is_write))
    return Overlay("mandatory MFA", "mfa", "mandatory-mfa", holds, "write" if is_write is None else "asOf")


def _per_user_mfa(scene: Scene) -> Overlay | None:
    said = scene.person.per_user_mfa
    holds = scene.assume("per-user-mfa-unread", False) if said == "unread" else bool(said)
    return Overlay("per-user MFA", "mfa", "per-user-mfa", holds, "user.perUserMfa", about="the user")


def _defaults_block_legacy(scene: Scene) -> Overlay | None:
    if not scene.is_legacy_client:
        return None
    return Overlay(
        "security defaults", "block", "security-defaults", _has_defaults(scene), "securityDefaults"
    )


def _defaults_ask(scene: Scene) -> Overlay | None:
    """Administrators at every sign-in; others when Entra finds it necessary, which nobody can tell."""
    is_on = _has_defaults(scene)
    asks = True if scene.person.roles else None
    fact = "securityDefaults" if is_on is None else "user.roles" if scene.person.roles is None else ""
    return Overlay(
        "security defaults", "mfa", "security-defaults", every((is_on, asks)), fact, about="the tenant"
    )


def _has_defaults(scene: Scene) -> Truth:
    said = scene.facts.security_defaults
    if said == "unread":
        return None
    return scene.assume("security-defaults-unsaid", False) if said is None else said


def _device_settings(scene: Scene) -> Overlay | None:
    if scene.action != JOIN:
        return None
    said = scene.facts.join_needs_mfa
    holds = scene.assume("device-settings-unsaid", False) if said == "unsaid" else said
    return Overlay("device settings", "mfa", "device-settings", holds, "joinNeedsMfa", about="the tenant")


def _hello(scene: Scene) -> Overlay | None:
    if scene.sign_in.via.lower() != "windowshelloprovisioning":
        return None
    about = "setting up Windows Hello"
    return Overlay("Windows Hello", "mfa", "hello-needs-mfa", True, about=about, is_on_registration=True)


def _risky_registration(scene: Scene) -> Overlay | None:
    """No method is registered at risk, whatever policies ask for and whatever has been proved. That this is
    so of another one than the first is our reading."""
    if not scene.is_registering or not is_risky(scene):
        return None
    is_first = True if scene.is_interrupted else is_first_method(scene)
    rule = "risky-cannot-enrol" if is_first else "risky-cannot-enrol-another"
    holds = True if is_first else scene.assume(rule, True)
    about = "the sign-in risk"
    return Overlay("sign-in risk", ENROLMENT, rule, holds, about=about, is_on_registration=True)


_OVERLAYS: Final[tuple[Callable[[Scene], Overlay | None], ...]] = (
    _mandatory_at_portals,
    _mandatory_for_tools,
    _per_user_mfa,
    _defaults_block_legacy,
    _defaults_ask,
    _device_settings,
    _hello,
    _risky_registration,
)


def overlays(scene: Scene) -> tuple[Overlay, ...]:
    """The demands from outside that apply to this sign-in, or may."""
    if scene.is_workload:
        return ()
    found = (overlay(scene) for overlay in _OVERLAYS)
    return tuple(item for item in found if item is not None and item.holds is not False)


def _apps(scene: Scene) -> frozenset[str]:
    """What is signed in to, and through what; an action is at no portal, whatever led there."""
    if scene.action:
        return frozenset()
    clients = (scene.sign_in.client,) if scene.sign_in.client else ()
    return frozenset(app_key(text) for text in (*scene.sign_in.apps, *clients))
