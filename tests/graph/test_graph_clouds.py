from __future__ import annotations

import pytest

from tapctl.errors import Refused, UsageError
from tapctl.graph.clouds import (
    CLOUDS,
    Cloud,
    allowed_hosts,
    beyond_origin,
    check_endpoint,
    cloud_named,
    origin,
)

GLOBAL = CLOUDS["global"]
NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=lambda cloud: cloud.name)
def test_the_graph_of_each_cloud_is_allowed_there(cloud: Cloud) -> None:
    assert check_endpoint(cloud.graph, cloud, NOBODY) == cloud.graph


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("HTTPS://Graph.Microsoft.COM:443/", "https://graph.microsoft.com"),
        ("http://localhost:8443", "http://localhost:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.9.9.9:8080", "http://127.9.9.9:8080"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_microsoft_and_loopback_are_allowed_in_any_spelling(url: str, place: str) -> None:
    assert check_endpoint(url, GLOBAL, NOBODY) == place


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "http://graph.microsoft.com",
        "https://graph.microsoft.com:8443",
        "https://graph.microsoft.com.",
        "https://graph.microsoft.com.evil.example",
        "https://evil.example#@graph.microsoft.com",
        "https://evil.example/graph.microsoft.com",
        "https://graph.microsoft.com@evil.example",
        "https://user:password@graph.microsoft.com",
        "https://graph.microsoft.com\\@evil.example",
        "https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com?x",
        "https://graph.microsoft.com#x",
        "https://graph.microsoft%2ecom",
        "https://gr\u0430ph.microsoft.com",
        "https://xn--grph-r5d.microsoft.com",
        "https://graph.microsoft.us",
        "https://graph.microsoft.com\n",
        "https://",
        "https://:443",
        "https://graph.microsoft.com:0",
        "https://graph.microsoft.com:x",
        "https://[::1",
        "ftp://localhost",
        "localhost:8443",
        "http://localhost.evil.example",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:127.0.0.1]",
        "http://0.0.0.0",
    ],
)
def test_every_other_host_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="graphEndpoint"):
        check_endpoint(url, GLOBAL, NOBODY)


def test_a_refusal_says_how_to_allow_the_host() -> None:
    with pytest.raises(Refused, match=r"TAPCTL_ALLOWED_GRAPH_HOSTS=proxy\.example"):
        check_endpoint("https://proxy.example:8443", GLOBAL, NOBODY)


def test_a_host_allowed_outside_the_folder_is_allowed_with_https_only() -> None:
    allowed = allowed_hosts({"TAPCTL_ALLOWED_GRAPH_HOSTS": " Proxy.example ,, other.example"})

    assert check_endpoint("https://proxy.example:8443", GLOBAL, allowed) == "https://proxy.example:8443"
    with pytest.raises(Refused, match="clear text"):
        check_endpoint("http://proxy.example", GLOBAL, allowed)


def test_nothing_more_is_allowed_by_default() -> None:
    assert allowed_hosts({}) == NOBODY


def test_what_follows_the_origin_stays_as_it_is() -> None:
    assert (
        beyond_origin("https://h/v1.0/users?$skiptoken=X%2Bz&$top=5") == "/v1.0/users?$skiptoken=X%2Bz&$top=5"
    )


def test_a_default_port_is_left_out() -> None:
    assert origin("https://H.example:443/x") == "https://h.example"


def test_an_unknown_cloud_is_a_usage_error_that_lists_the_clouds() -> None:
    assert cloud_named("china") is CLOUDS["china"]
    with pytest.raises(UsageError, match="global, usgov, usgov-dod, china"):
        cloud_named("mars")
