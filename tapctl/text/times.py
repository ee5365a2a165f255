"""Moments: read only with an offset, shown in UTC, here, and where the new hire is. Pure but for this zone.

SDKs have dropped or reinterpreted offsets of a pass's start, so a local time without one is refused:
https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2724 (checked 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tapctl.text.zone_names import meant_by

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
_OFFSET = re.compile(r"([Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EXAMPLE = "2026-09-01T09:00+02:00 or 2026-09-01T07:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """Where times are read: `here` is the administrator's zone (None: this machine's), `there` the hire's."""

    here: tzinfo | None = None
    there: ZoneInfo | None = None

    def local(self, moment: datetime) -> datetime:
        """The moment on the administrator's clock, with the rules that hold on that day."""
        return moment.astimezone(self.here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The zones for each of several people: `there` by name or id in lower case, as a roster gives it."""

    here: tzinfo | None = None
    there: Mapping[str, ZoneInfo] = field(default_factory=dict)

    def of(self, *names: str) -> Zones:
        """Those of somebody with these names."""
        found = (self.there.get(name.lower()) for name in names)
        return Zones(here=self.here, there=next(filter(None, found), None))


def moment_of(text: str, zones: Zones) -> datetime:
    """A moment in UTC. Raises ValueError, which says what is wrong and how it could be meant."""
    given = text.strip()
    if _DATE.fullmatch(given):
        raise ValueError(f'"{given}" says no time of day; write for example {_EXAMPLE}')
    local = _LOCAL.match(given)
    if local is None:
        raise ValueError(f'"{given}" is no date and time; write for example {_EXAMPLE}')
    offset = given[local.end() :].strip()
    if offset and not _OFFSET.fullmatch(offset):
        raise ValueError(f'"{given}" ends in "{offset}", which is no offset; write for example {_EXAMPLE}')
    try:
        moment = datetime.fromisoformat(local[0] + offset.upper())
        utc = moment.astimezone(UTC)  # also fails where no calendar goes
    except (ValueError, OverflowError) as error:
        raise ValueError(f'"{given}" is on no calendar: {error}') from None
    if not offset:
        readings = " or ".join(_readings(moment, zones))
        raise ValueError(
            f'"{given}" does not say in which zone; write which one you mean: {readings}'
            + "".join(
                f"; in {name} there is no such time, for clocks go forward" for name in _gaps(moment, zones)
            )
        )
    return utc


def _readings(naive: datetime, zones: Zones) -> list[str]:
    """What a time without an offset could mean; never a guess. When clocks go back, it happens twice."""
    local = [
        f"{_minutes(naive)}{_offset(moment)} ({name})"
        for name, zone in _named(zones)
        for moment in _on_clocks(naive, zone)
    ]
    return [*dict.fromkeys([f"{_minutes(naive)}Z", *local])]


def _gaps(naive: datetime, zones: Zones) -> list[str]:
    """The zones whose clocks never show this time, since they go forward over it."""
    return [name for name, zone in _named(zones) if not _on_clocks(naive, zone)]


def _named(zones: Zones) -> list[tuple[str, tzinfo | None]]:
    there = [(zones.there.key, zones.there)] if zones.there else []
    return [("this machine's zone", zones.here), *there]


def _on_clocks(naive: datetime, zone: tzinfo | None) -> list[datetime]:
    """When the clocks of a zone (None: this machine's) show this time."""
    times = [naive.replace(fold=fold, tzinfo=zone).astimezone(UTC).astimezone(zone) for fold in (0, 1)]
    return [moment for moment in times if moment.replace(tzinfo=None, fold=0) == naive]


def _offset(moment: datetime) -> str:
    return moment.isoformat()[len("2026-09-01T09:00:00") :].removeprefix(f".{moment.microsecond:06}")


def _minutes(naive: datetime) -> str:
    return f"{naive:%Y-%m-%dT%H:%M}"


def zone_of(text: str) -> ZoneInfo:
    """A zone by its IANA name. Raises ValueError."""
    try:
        return ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError):
        name = meant_by(text)
        hint = f'did you mean "{name}"?' if name else "for example Europe/Oslo or Asia/Tokyo"
        raise ValueError(f'"{text}" is no IANA name of a time zone; {hint}') from None


def shown(moment: datetime, zones: Zones) -> str:
    """`2026-09-01 07:00 UTC (09:00 CEST here, 16:00 JST Asia/Tokyo)`; a date only where it is another, and
    this machine's time only where it is not UTC."""
    utc, local = moment.astimezone(UTC), zones.local(moment)
    others = [f"{_beside(local, utc)} here"] if local.utcoffset() else []
    if zones.there:
        others.append(f"{_beside(moment.astimezone(zones.there), utc)} {zones.there.key}")
    return f"{utc:%Y-%m-%d %H:%M} UTC" + (f" ({', '.join(others)})" if others else "")


def _beside(moment: datetime, utc: datetime) -> str:
    day = "" if moment.date() == utc.date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M %Z}"


def window(start: datetime, end: datetime, zones: Zones) -> str:
    return f"from {shown(start, zones)} until {shown(end, zones)}"


def length(minutes: int) -> str:
    """`8 h`, `1 h 30 min`, `3 d`."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (left, "min")) if count]
    return " ".join(parts) or "0 min"


def remaining(seconds: float) -> str:
    """How long something will take, coarsely."""
    return (
        f"{seconds:.0f} s" if seconds < 90 else length(round(timedelta(seconds=seconds).total_seconds() / 60))
    )
