"""A policy's spec → whether for certain it is about everybody but a few, everything and always. Pure.

A few: the break-glass accounts, and whom it names one by one.
"""

from __future__ import annotations

from typing import Final

from tapctl.canonical import at, texts
from tapctl.model import BreakGlass, JsonObject

_GUESTS: Final = "GuestsOrExternalUsers"
_CLIENTS: Final = frozenset({"browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"})


def is_total(spec: JsonObject, glass: BreakGlass) -> bool:
    """Whether nobody but break-glass and single people is outside of it, whatever they sign in to."""
    return _is_about_everybody(spec, glass) and _is_about_everything(spec) and is_always(spec)


def is_always(spec: JsonObject) -> bool:
    """Whether it looks at nothing but who signs in to what."""
    conditions = at(spec, "conditions")
    held = {key for key, value in conditions.items() if value} if isinstance(conditions, dict) else set()
    clients = {*texts(spec, "conditions", "clientAppTypes")}
    return held <= {"users", "applications", "clientAppTypes"} and (clients <= {"all"} or clients >= _CLIENTS)


def _is_about_everybody(spec: JsonObject, glass: BreakGlass) -> bool:
    users = at(spec, "conditions", "users")
    held = users if isinstance(users, dict) else {}
    more = {key for key, value in held.items() if value and key.startswith("exclude")}
    return (
        "All" in texts(users, "includeUsers")
        and more <= {"excludeUsers", "excludeGroups"}
        and _GUESTS not in texts(users, "excludeUsers")
        and {*texts(users, "excludeGroups")} <= {*glass.groups}
    )


def _is_about_everything(spec: JsonObject) -> bool:
    applications = at(spec, "conditions", "applications")
    held = applications if isinstance(applications, dict) else {}
    narrowing = any(held.get(name) for name in ("excludeApplications", "applicationFilter"))
    return "All" in texts(applications, "includeApplications") and not narrowing
