"""A Conditional Access policy as rules ask about it. Null, absent and empty are the same (canonical.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tapctl.canonical import at, texts
from tapctl.comparing.scope import is_in_force, state
from tapctl.model import JsonObject, Severity

if TYPE_CHECKING:
    from tapctl.lint.item import Hit, Item

REGISTER: Final = "urn:user:registersecurityinfo"
JOIN: Final = "urn:user:registerdevice"
LEGACY: Final = frozenset({"exchangeActiveSync", "other"})
MODERN: Final = frozenset({"browser", "mobileAppsAndDesktopClients"})
RISKS: Final = ("signInRiskLevels", "userRiskLevels")
IN_TENANT: Final = "ServicePrincipalsInMyTenant"
# Controls that a second sign-in method, or a device, has to answer.
DEVICE_CONTROLS: Final = frozenset({"compliantDevice", "domainJoinedDevice"})
_PEOPLE: Final = ("includeUsers", "includeGroups", "includeRoles")
_WORKLOADS: Final = "includeServicePrincipals"
_PLAIN: Final = ("users", "applications", "clientAppTypes", "platforms", "locations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A reading of one policy's canonical spec."""

    item: Item

    @property
    def name(self) -> str:
        return self.item.address.name

    @property
    def spec(self) -> JsonObject:
        return self.item.spec

    @property
    def state(self) -> str:
        return state(self.spec)

    @property
    def is_enforced(self) -> bool:
        """A state newer than tapctl is taken to be enforced."""
        return is_in_force(self.spec)

    @property
    def is_report_only(self) -> bool:
        return self.state == "enabledForReportingButNotEnforced"

    @property
    def is_on(self) -> bool:
        return self.state != "disabled"

    def users(self, side: str) -> frozenset[str]:
        """`includeUsers`, `excludeGroups`, ...: the names there."""
        return frozenset(texts(self.spec, "conditions", "users", side))

    @property
    def includes_everyone(self) -> bool:
        return "All" in self.users("includeUsers")

    @property
    def excludes_somebody(self) -> bool:
        found = at(self.spec, "conditions", "users")
        return isinstance(found, dict) and any(key.startswith("exclude") for key in found)

    @property
    def includes_somebody(self) -> bool:
        """Whether it is about people at all, and not about workloads or nobody."""
        found = at(self.spec, "conditions", "users")
        included = (
            {key: value for key, value in found.items() if key.startswith("include")}
            if isinstance(found, dict)
            else {}
        )
        return included not in ({}, {"includeUsers": ["None"]})

    def guests(self, side: str) -> frozenset[str]:
        """The kinds of guests on that side, `include` or `exclude`; the older word for all of them too."""
        types = texts(
            self.spec, "conditions", "users", f"{side}GuestsOrExternalUsers", "guestOrExternalUserTypes"
        )
        return frozenset(types) | (self.users(f"{side}Users") & {"GuestsOrExternalUsers"})

    @property
    def is_workload(self) -> bool:
        return bool(at(self.spec, "conditions", "clientApplications"))

    def applications(self, side: str = "include") -> frozenset[str]:
        return frozenset(texts(self.spec, "conditions", "applications", f"{side}Applications"))

    @property
    def includes_all_resources(self) -> bool:
        return "All" in self.applications()

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(texts(self.spec, "conditions", "applications", "includeUserActions"))

    @property
    def contexts(self) -> frozenset[str]:
        return frozenset(
            texts(self.spec, "conditions", "applications", "includeAuthenticationContextClassReferences")
        )

    @property
    def clients(self) -> frozenset[str]:
        return frozenset(texts(self.spec, "conditions", "clientAppTypes"))

    @property
    def has_any_client(self) -> bool:
        return not self.clients or "all" in self.clients or self.clients >= LEGACY | MODERN

    def condition(self, *path: str) -> frozenset[str]:
        """The strings at `path` of the conditions."""
        return frozenset(texts(self.spec, "conditions", *path))

    @property
    def has_any_place(self) -> bool:
        included = self.condition("locations", "includeLocations")
        return (not included or "All" in included) and not self.condition("locations", "excludeLocations")

    @property
    def has_any_platform(self) -> bool:
        included = self.condition("platforms", "includePlatforms")
        return (not included or "all" in included) and not self.condition("platforms", "excludePlatforms")

    @property
    def narrowing(self) -> tuple[str, ...]:
        """The conditions that restrict when it applies, beside whom and what; newer ones included."""
        conditions = self.spec.get("conditions")
        found = [key for key in conditions if key not in _PLAIN] if isinstance(conditions, dict) else []
        plain = {
            "clientAppTypes": self.has_any_client,
            "platforms": self.has_any_platform,
            "locations": self.has_any_place,
        }
        return (*found, *(name for name, is_any in plain.items() if not is_any))

    @property
    def controls(self) -> frozenset[str]:
        return frozenset(texts(self.spec, "grantControls", "builtInControls"))

    @property
    def demands(self) -> tuple[str, ...]:
        """Everything it asks for, built in or not."""
        more = [
            name
            for name in ("customAuthenticationFactors", "termsOfUse")
            if texts(self.spec, "grantControls", name)
        ]
        return (*sorted(self.controls), *(["authenticationStrength"] if self.strength else []), *more)

    @property
    def operator(self) -> str:
        return str(at(self.spec, "grantControls", "operator") or "OR")

    @property
    def strength(self) -> str:
        """The strength's name, or "" where it asks for none."""
        return str(at(self.spec, "grantControls", "authenticationStrength", "id") or "")

    @property
    def blocks(self) -> bool:
        return "block" in self.controls

    @property
    def blocks_everybody(self) -> bool:
        """Whether it keeps everybody from everything, always: a mistake (CA002), and nobody's protection."""
        is_total = self.includes_everyone and self.includes_all_resources and not self.narrowing
        return self.blocks and is_total and not self.excludes_somebody and not self.applications("exclude")

    @property
    def grants(self) -> bool:
        """Whether it asks for something that can be shown."""
        return bool(self.demands) and not self.blocks

    @property
    def asks_for_mfa(self) -> bool:
        return "mfa" in self.controls or bool(self.strength)

    def reaches_as_far_as(self, other: Policy) -> bool:
        """Whether it is at work where `other` is, by what both include; what they leave out aside."""
        return (
            self.is_at_work_with(other) and self.includes_people_of(other) and self.includes_targets_of(other)
        )

    def is_at_work_with(self, other: Policy) -> bool:
        return self.is_enforced or (self.is_on and not other.is_enforced)

    def includes_people_of(self, other: Policy) -> bool:
        if self.is_workload or other.is_workload:
            return self.is_workload and other.is_workload and self._includes_workloads_of(other)
        return self.includes_everyone or (
            all(self.users(side) >= other.users(side) for side in _PEOPLE)
            and self.guests("include") >= other.guests("include")
        )

    def _includes_workloads_of(self, other: Policy) -> bool:
        """Whether it is about every workload that the other is about."""
        ours, theirs = (item.condition("clientApplications", _WORKLOADS) for item in (self, other))
        spared = [item.condition("clientApplications", "excludeServicePrincipals") for item in (self, other)]
        return (IN_TENANT in ours or ours >= theirs) and spared[0] <= spared[1]

    def includes_targets_of(self, other: Policy) -> bool:
        return self.includes_all_resources or (
            self.applications() >= other.applications()
            and self.actions >= other.actions
            and self.contexts >= other.contexts
        )

    def session(self, *path: str) -> object:
        return at(self.spec, "sessionControls", *path)

    def hit(
        self, message: str, *path: str, value: str = "", severity: Severity | None = None, remedy: str = ""
    ) -> Hit:
        """Something about this policy, at `path` of its spec."""
        return self.item.hit(message, *path, value=value, severity=severity, remedy=remedy)
