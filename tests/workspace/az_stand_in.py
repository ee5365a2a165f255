"""Stands in for the Azure CLI: `python az_stand_in.py STATE ARGUMENTS...`, with its state in a JSON file.

Knows the few calls that a setup script makes, answers queries as JMESPath says, and prints tsv as az does.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import jmespath

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
ME = {"id": "me", "displayName": "Ingrid Solberg"}
NEW: dict[str, Any] = {"apps": [], "principals": [], "assigned": {}, "calls": [], "fail": []}


def main(state_file: Path, arguments: list[str]) -> None:
    state = json.loads(state_file.read_text(encoding="utf-8"))
    words, options = split(arguments)
    state["calls"].append(" ".join([*words, *(options[key] for key in ("url",) if key in options)]))
    failing = state["fail"] and state["fail"][0] in state["calls"][-1] and options.get("method") != "get"
    answer = None if failing else answered(state, words, options)
    if failing:
        state["fail"].pop(0)
    state_file.write_text(json.dumps(state), encoding="utf-8")
    if failing:
        sys.exit("ERROR: Not Found")
    if options.get("output") != "none":
        show(jmespath.search(options["query"], answer) if "query" in options else answer)


def split(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    first = next((at for at, word in enumerate(arguments) if word.startswith("--")), len(arguments))
    pairs = arguments[first:]
    return arguments[:first], {pairs[at].removeprefix("--"): pairs[at + 1] for at in range(0, len(pairs), 2)}


def answered(state: dict[str, Any], words: list[str], options: dict[str, str]) -> Any:
    match words:
        case ["account", "show"]:
            return {"tenantId": state["tenant"]}
        case ["ad", "app", "list"]:
            return filtered(state["apps"], options["filter"])
        case ["ad", "app", "create"]:
            number, name = len(state["apps"]), options["display-name"]
            app = {"appId": f"app-{number}", "displayName": name, "trusts": [], "owners": [ME]}
            state["apps"].append(app)
            return app
        case ["ad", "sp", "list"]:
            return filtered(state["principals"], options["filter"])
        case ["ad", "sp", "create"]:
            principal = {"id": f"sp-of-{options['id']}", "appId": options["id"], "owners": []}
            state["principals"].append(principal)
            return principal
        case ["ad", "signed-in-user", "show"]:
            return ME
        case ["ad", "app", "show"]:
            return app_of(state, options["id"])
        case ["ad", "app", "owner", "list"]:
            return app_of(state, options["id"]).get("owners", [])
        case ["ad", "sp", "show"]:
            return principal_of(state, options["id"])
        case ["ad", "sp", "owner", "list"]:
            return principal_of(state, options["id"]).get("owners", [])
        case ["ad", "app", "federated-credential", "list"]:
            return app_of(state, options["id"])["trusts"]
        case ["ad", "app", "federated-credential", "create"]:
            app_of(state, options["id"])["trusts"].append(json.loads(options["parameters"]))
            return {}
        case ["rest"]:
            return rested(state, options)
    sys.exit(f"not known: {words}")


def filtered(items: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    found = re.fullmatch(r"(\w+) eq '([^']*)'", text)
    assert found is not None, text
    return [item for item in items if item[found[1]] == found[2]]


def app_of(state: dict[str, Any], app_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(app for app in state["apps"] if app["appId"] == app_id)
    return found


def principal_of(state: dict[str, Any], principal: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in state["principals"] if item["id"] == principal)
    return found


def rested(state: dict[str, Any], options: dict[str, str]) -> Any:
    path = options["url"].removeprefix("https://graph.microsoft.com/v1.0/").partition("?")[0]
    _, principal, *rest = path.split("/")
    if not rest:
        return principal_of(state, principal)
    held = state["assigned"].setdefault(principal, [])
    if options["method"] == "post":
        held.append(json.loads(options["body"]))
    return {"value": held}


def show(answer: Any) -> None:
    for row in answer if isinstance(answer, list) else [answer]:
        print("\t".join(map(str, row)) if isinstance(row, list) else "" if row is None else row)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
