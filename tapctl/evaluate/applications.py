"""Which applications belong to the groups of them that policies may name (checked 2026-11-25).

https://learn.microsoft.com/entra/identity/conditional-access/reference-office-365-application-contents lists
names; the ids are those of the applications that people sign in to most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tapctl.evaluate.truth import Truth
from tapctl.kinds._lookups import APPLICATIONS
from tapctl.reference import GUID

AZURE_PORTAL: Final = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
MICROSOFT_365_PORTAL: Final = "00000006-0000-0ff1-ce00-000000000000"
AZURE_CLI: Final = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
AZURE_POWERSHELL: Final = "1950a258-227b-4e31-a9cf-717495945fc2"
AZURE_MOBILE: Final = "0c1307d4-29d6-4389-a11c-5cbe7f65d7fa"
DIRECTORY: Final = "00000002-0000-0000-c000-000000000000"
INTUNE_ENROLMENT: Final = "d4ebce55-015a-49b5-a083-c84d1797ae8c"

AZURE_MANAGEMENT: Final = "797f4846-ba00-4fd7-ba43-dac1f8f63013"

PORTALS: Final = frozenset({AZURE_PORTAL, MICROSOFT_365_PORTAL})
TOOLS: Final = frozenset({AZURE_CLI, AZURE_POWERSHELL, AZURE_MOBILE})

_OFFICE: Final = {
    "00000002-0000-0ff1-ce00-000000000000": "Office 365 Exchange Online",
    "00000003-0000-0ff1-ce00-000000000000": "Office 365 SharePoint Online",
    "00000004-0000-0ff1-ce00-000000000000": "Skype for Business Online",
    "00000005-0000-0ff1-ce00-000000000000": "Viva Engage",
    "00000006-0000-0ff1-ce00-000000000000": "Microsoft Office 365 Portal",
    "00000007-0000-0ff1-ce00-000000000000": "Microsoft Exchange Online Protection",
    "09abbdfd-ed23-44ee-a2d9-a627aa1c90f3": "ProjectWorkManagement",
    "0f698dd4-f011-4d23-a33e-b36416dcb1e6": "OfficeClientService",
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264": "Microsoft Teams",
    "22098786-6e16-43cc-a27d-191a01a1e3b5": "Microsoft To-Do web app",
    "2634dd23-5e5a-431c-81ca-11710d9079f4": "Microsoft Stream Service",
    "2d4d3d8e-2be3-4bef-9f87-7875a61c29de": "OneNote",
    "394866fc-eedb-4f01-8536-3ff84b16be2a": "Microsoft People Cards Service",
    "39aaf054-81a5-48c7-a4f8-0293012095b9": "IC3 Gateway",
    "4345a7b9-9a63-4910-a426-35363201d503": "O365 Suite UX",
    "475226c6-020e-4fb2-8a90-7a972cbfc1d4": "PowerApps Service",
    "4765445b-32c6-49b0-83e6-1d93765276ca": "OfficeHome",
    "5e3ce6c0-2b1f-4285-8d4b-75ee78787346": "Microsoft Teams Web Client",
    "6204c1d1-4712-4c46-a7d9-3ed63d992682": "Microsoft Flow Portal",
    "80ccca67-54bd-44ab-8625-4b79c4dc7775": "Protection Center",
    "89bee1f7-5e6e-4d8a-9f3d-ecd601259da7": "Office365 Shell WCSS-Client",
    "905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba": "Sway",
    "9199bf20-a13f-4107-85dc-02114787ef48": "One Outlook Web",
    "94c63fef-13a3-47bc-8074-75af8c65887a": "Office Delve",
    "95de633a-083e-42f5-b444-a4295d8e9314": "Microsoft Whiteboard Services",
    "a8f7a65c-f5ba-4859-b2d6-df772c264e9d": "make.powerapps.com",
    "ab3be6b7-f5df-413d-ac2d-abf1e3fd9c0b": "Microsoft Teams Graph Service",
    "ab9b8c07-8f02-4f72-87fa-80105867a763": "OneDrive SyncEngine",
    "b4bddae8-ab25-483e-8670-df09b9f1d0ea": "Office Online Core SSO",
    "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87": "Microsoft Forms",
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe": "Microsoft Teams Services",
    "cf53fce8-def6-4aeb-8d30-b158e7b1cf83": "Microsoft Stream Portal",
    "d3590ed6-52b3-4102-aeff-aad2292ab01c": "Microsoft Office",
}
_OFFICE_BY_NAME: Final = frozenset(
    name.casefold()
    for name in (
        "Connectors",
        "Enterprise Copilot Platform",
        "Loop",
        "M365ChatClient",
        "Microsoft 365 Reporting Service",
        "Microsoft Forms Web",
        "Microsoft Information Protection API",
        "Microsoft Planner",
        "Microsoft Planner Client",
        "Microsoft Teams Chat Aggregator",
        "Microsoft Teams UIS",
        "Microsoft Todo web app",
        "Microsoft Virtual Events Portal",
        "Office 365",
        "Office 365 Search Service",
        "Office Scripts Service",
        "Office.com",
        "OneDrive",
        "Outlook Service for Exchange",
        "Teams Walkie Talkie Service",
    )
)
# https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-cloud-apps
_ADMIN_PORTALS: Final = {
    AZURE_PORTAL: "Azure Portal",
    MICROSOFT_365_PORTAL: "Microsoft Office 365 Portal",
    "497effe9-df71-4043-a8bb-14cf78c4b63b": "Exchange Admin Center",
    "80ccca67-54bd-44ab-8625-4b79c4dc7775": "Protection Center",
}
COVERS: Final[Mapping[str, frozenset[str]]] = {
    AZURE_MANAGEMENT: frozenset({AZURE_PORTAL, AZURE_CLI, AZURE_POWERSHELL, AZURE_MOBILE})
}
"""An application, and those that a policy on it reaches as well: signing in to them is asking for it."""
_EXCHANGE: Final = "00000002-0000-0ff1-ce00-000000000000"
_SHAREPOINT: Final = "00000003-0000-0ff1-ce00-000000000000"
_SKYPE: Final = "00000004-0000-0ff1-ce00-000000000000"
_POWER_APPS: Final = "475226c6-020e-4fb2-8a90-7a972cbfc1d4"
_OF_TEAMS: Final = frozenset({_EXCHANGE, _SHAREPOINT, _SKYPE})
_OF_POWER_APPS: Final = frozenset({AZURE_MANAGEMENT, DIRECTORY, _EXCHANGE, _SHAREPOINT})
NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe": _OF_TEAMS,
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264": _OF_TEAMS,
    "5e3ce6c0-2b1f-4285-8d4b-75ee78787346": _OF_TEAMS,
    _SKYPE: frozenset({_EXCHANGE}),
    "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87": frozenset({_EXCHANGE, _SHAREPOINT}),  # Microsoft Forms
    "22098786-6e16-43cc-a27d-191a01a1e3b5": frozenset({_EXCHANGE}),  # Microsoft To Do
    _POWER_APPS: _OF_POWER_APPS,
    "a8f7a65c-f5ba-4859-b2d6-df772c264e9d": _OF_POWER_APPS,
    "6204c1d1-4712-4c46-a7d9-3ed63d992682": frozenset({_POWER_APPS}),  # Power Automate
    "e9f49c6b-5ce5-44c8-925d-015017e9f7ad": frozenset({AZURE_MANAGEMENT}),  # Azure Data Lake
    "872cd9fa-d31f-45e0-9eab-6e460a02d1f1": frozenset({AZURE_MANAGEMENT}),  # Visual Studio
}
"""An application, and those whose policies have to be met before it is entered (early-bound). Microsoft's
list does not claim to be whole: https://learn.microsoft.com/entra/identity/conditional-access/service-dependencies"""
SUITES: Final[Mapping[str, Mapping[str, str]]] = {
    "office365": _OFFICE,
    "microsoftadminportals": _ADMIN_PORTALS,
}
_IDS: Final = {
    name.casefold(): app_id
    for names in ({app_id: name for name, app_id in APPLICATIONS.items()}, _OFFICE, _ADMIN_PORTALS)
    for app_id, name in names.items()
} | {name.casefold(): app_id for name, app_id in APPLICATIONS.items()}

_NAMES: Final = {**_ADMIN_PORTALS, **_OFFICE, **{app: name for name, app in reversed(APPLICATIONS.items())}}
APPLICATION_NAMES: Final = frozenset(_NAMES.values())


def is_newer_word(text: str) -> bool:
    """Written as an id, and shaped like none: so the canonical form has a word that Graph has by now."""
    return text.startswith("id:") and not GUID.fullmatch(text.removeprefix("id:").strip())


def app_key(text: str) -> str:
    """What an application is compared by: the id of a name that every tenant shares, else the text."""
    if is_newer_word(text):
        return text.casefold()
    folded = text.removeprefix("id:").removeprefix("name:").strip().casefold()
    return _IDS.get(folded, folded)


def needed(apps: Iterable[str]) -> tuple[str, ...]:
    """What signing in to these applications (as `app_key` gives them) needs besides."""
    asked = frozenset(apps)
    return tuple(sorted(frozenset().union(*(NEEDS.get(app, ()) for app in asked)) - asked))


def app_name(app: str) -> str:
    """What people call an application (as `app_key` gives it), where every tenant has it."""
    return _NAMES.get(app, app)


def in_suite(suite: str, app: str, more: Mapping[str, frozenset[str]]) -> Truth:
    """Whether an application (as `app_key` gives it) is in a suite (in lower case); None where only its id is
    known and our list, which holds some ids only, cannot tell. A suite itself is in itself."""
    if app == suite or app in SUITES[suite] or app in more.get(suite, ()):
        return True
    if suite == "office365" and app in _OFFICE_BY_NAME:
        return True
    return None if GUID.fullmatch(app) and app not in _IDS.values() else False
