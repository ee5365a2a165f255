"""Which hosts may see a token: Microsoft's own for the cloud, loopback, and those allowed outside the folder.

An environment file comes with a pull request, so what it names is not trusted.
Hosts: https://learn.microsoft.com/graph/deployments (checked 2026-11).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from tapctl.errors import Refused, UsageError

ALLOWED_HOSTS_VARIABLE = "TAPCTL_ALLOWED_GRAPH_HOSTS"
DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One of Microsoft's clouds; `graph` and `authority` are origins without a trailing slash."""

    name: str
    graph: str
    authority: str


CLOUDS: Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="global",
            graph="https://graph.microsoft.com",
            authority="https://login.microsoftonline.com",
        ),
        Cloud(
            name="usgov",
            graph="https://graph.microsoft.us",
            authority="https://login.microsoftonline.us",
        ),
        Cloud(
            name="usgov-dod",
            graph="https://dod-graph.microsoft.us",
            authority="https://login.microsoftonline.us",
        ),
        Cloud(
            name="china",
            graph="https://microsoftgraph.chinacloudapi.cn",
            authority="https://login.chinacloudapi.cn",
        ),
    )
}


def cloud_named(name: str) -> Cloud:
    """Raises UsageError for a name that is none of Microsoft's clouds."""
    if name in CLOUDS:
        return CLOUDS[name]
    raise UsageError(f'there is no cloud "{name}"; write one of {", ".join(CLOUDS)}')


def allowed_hosts(environ: Mapping[str, str]) -> frozenset[str]:
    """Hosts that whoever runs tapctl has allowed, from a comma separated variable."""
    listed = environ.get(ALLOWED_HOSTS_VARIABLE, "").split(",")
    return frozenset(host.strip().lower() for host in listed if host.strip())


def origin(url: str) -> str:
    """`scheme://host[:port]` in one spelling; raises ValueError where parsers may disagree."""
    parts = _split_strictly(url)
    host = (parts.hostname or "").lower()
    port = parts.port
    if port == 0:
        raise ValueError("port 0 does not exist")
    suffix = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{suffix}"


def _split_strictly(url: str) -> SplitResult:
    if not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("only printable ASCII without spaces and backslashes is understood")
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("it does not start with https://")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError("a user name, a password or an escape has no place before the host")
    if not parts.hostname:
        raise ValueError("it names no host")
    return parts


def beyond_origin(url: str) -> str:
    """Path and query of a URL whose origin was checked, exactly as they were given."""
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine: `localhost`, 127.0.0.0/8 or ::1 in their usual spelling."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_endpoint(url: str, cloud: Cloud, allowed_hosts: frozenset[str]) -> str:
    """The origin of `url`, if a token of this cloud may be sent there.

    Raises Refused for any other host, for http outside loopback, and for a URL that is more than an origin.
    """
    try:
        place = origin(url)
    except ValueError as error:
        raise Refused(f'graphEndpoint "{url}" is not understood: {error}') from error
    if beyond_origin(url) != "/" or "#" in url:
        raise Refused(f'graphEndpoint "{url}" has a path; write only {place}, tapctl adds /v1.0 itself')
    if is_loopback(place):
        return place
    if not place.startswith("https:"):
        raise Refused(f'graphEndpoint "{url}" would send the token in clear text; use https')
    if place != cloud.graph and urlsplit(place).hostname not in allowed_hosts:
        raise Refused(
            f'graphEndpoint "{url}" is not Microsoft Graph of the cloud {cloud.name} ({cloud.graph}); '
            f"a folder may not send tokens elsewhere. If you trust this host, set {ALLOWED_HOSTS_VARIABLE}="
            f"{urlsplit(place).hostname} outside the folder"
        )
    return place
