"""What is no IANA name of a time zone → the one that was probably meant."""

from __future__ import annotations

import difflib
import functools
from typing import Final
from zoneinfo import available_timezones

# Windows' names, as they stand in exports of personnel systems, and what Unicode calls them where no country
# is given: https://github.com/unicode-org/cldr/blob/main/common/supplemental/windowsZones.xml
_OF_WINDOWS: Final = {
    "aus eastern standard time": "Australia/Sydney",
    "arabian standard time": "Asia/Dubai",
    "argentina standard time": "America/Argentina/Buenos_Aires",
    "central standard time": "America/Chicago",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "china standard time": "Asia/Shanghai",
    "e. europe standard time": "Europe/Chisinau",
    "e. south america standard time": "America/Sao_Paulo",
    "eastern standard time": "America/New_York",
    "fle standard time": "Europe/Kyiv",
    "gmt standard time": "Europe/London",
    "gtb standard time": "Europe/Bucharest",
    "india standard time": "Asia/Kolkata",
    "israel standard time": "Asia/Jerusalem",
    "korea standard time": "Asia/Seoul",
    "mountain standard time": "America/Denver",
    "new zealand standard time": "Pacific/Auckland",
    "pacific standard time": "America/Los_Angeles",
    "romance standard time": "Europe/Paris",
    "russian standard time": "Europe/Moscow",
    "se asia standard time": "Asia/Bangkok",
    "singapore standard time": "Asia/Singapore",
    "south africa standard time": "Africa/Johannesburg",
    "tokyo standard time": "Asia/Tokyo",
    "turkey standard time": "Europe/Istanbul",
    "w. europe standard time": "Europe/Berlin",
}
# Of two abbreviations one is as near as the other.
_SHORT: Final = 5


def meant_by(text: str) -> str:
    """Empty if nothing is near."""
    wanted, known = text.strip().lower(), _known()
    if found := known.get(wanted) or _OF_WINDOWS.get(wanted):
        return found
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.8) if len(wanted) > _SHORT else []
    return known[close[0]] if close else ""


@functools.cache
def _known() -> dict[str, str]:
    """By what people write, in lower case: the city, or the name."""
    names = sorted(available_timezones())
    cities = {name.rpartition("/")[2].replace("_", " ").lower(): name for name in names if "/" in name}
    return {**cities, **{name.lower(): name for name in names}}
