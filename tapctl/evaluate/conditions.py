"""The conditions of a sign-in besides who and what: client, platform, place, risk, flow, device.

https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tapctl.evaluate.device_filter import FilterError, Node, matches, parse
from tapctl.evaluate.policy import Lists
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.truth import Truth, but_not, some
from tapctl.evaluate.words import CLIENTS, RISKS, is_among


def client_app(listed: frozenset[str], scene: Scene) -> Truth:
    client = scene.sign_in.client_app
    if client is None:
        return True if listed >= CLIENTS else None
    return is_among(client.lower(), listed, "client_app")


def platform(lists: Lists, scene: Scene) -> Truth:
    given = scene.sign_in.platform
    if "all" in lists.exclude:
        return False
    if given is None:
        return True if "all" in lists.include and not lists.exclude else None
    name = given.lower()
    included = "all" in lists.include or is_among(name, lists.include, "platform")
    return but_not(included, is_among(name, lists.exclude, "platform"))


def location(lists: Lists, scene: Scene) -> Truth:
    return but_not(_at_any(lists.include, scene), _at_any(lists.exclude, scene))


def _at_any(names: frozenset[str], scene: Scene) -> Truth:
    if "all" in names:
        return True
    return some(scene.is_at_trusted if name == "alltrusted" else scene.at_location(name) for name in names)


def listed(levels: frozenset[str], fact: str, scene: Scene) -> Truth:
    value = getattr(scene.sign_in, fact)
    if value is None:
        return True if levels >= RISKS else None
    return is_among(value.lower(), levels, fact)


class Filter(NamedTuple):
    """A device filter as written: compared by its text."""

    mode: str
    rule: str


@cache
def _parsed(rule: str) -> Node | None:
    try:
        return parse(rule)
    except FilterError:
        return None


def device(asked: Filter, scene: Scene) -> Truth:
    node = _parsed(asked.rule)
    if node is None or scene.sign_in.device is None or asked.mode not in ("include", "exclude"):
        return None
    found = matches(node, scene.sign_in.device)
    if found is None:
        return None
    return found if asked.mode == "include" else not found
