"""$batch answers every request for itself."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import CA_01, MIA, NEW_HIRES, NH_10, POLICIES, Client, policy, refusal

JSON = {"Content-Type": "application/json"}


def item(number: int, url: str, method: str = "GET", **rest: Any) -> dict[str, Any]:
    return {"id": str(number), "method": method, "url": url, **rest}


def batch(client: Client, *items: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("$batch", {"requests": list(items)})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["responses"]}


def test_every_request_gets_its_own_answer() -> None:
    answers = batch(
        Client(),
        item(1, f"/users/{MIA}?$select=displayName"),
        item(2, "/users/nobody"),
        item(3, f"/{POLICIES}", "POST", headers=JSON, body=policy()),
        item(4, f"{POLICIES}/{CA_01}", "DELETE"),
    )

    assert [answers[key]["status"] for key in "1234"] == [200, 404, 201, 204]
    assert answers["1"]["body"]["displayName"] == "Mia Larsen"
    assert answers["2"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert answers["4"]["body"] is None


def test_answers_come_in_another_order() -> None:
    answer = Client().post("$batch", {"requests": [item(1, "/me"), item(2, "/users")]})

    assert [one["id"] for one in answer.json()["responses"]] == ["2", "1"]


def test_what_depends_on_a_failure_is_not_sent() -> None:
    client = Client()
    answers = batch(
        client,
        item(1, "/users/nobody"),
        item(2, f"/{POLICIES}/{NH_10}", "DELETE", dependsOn=["1"]),
        item(3, f"/groups/{NEW_HIRES}"),
        item(4, f"/users/{MIA}", dependsOn=["3"]),
    )

    assert [answers[key]["status"] for key in "1234"] == [404, 424, 200, 200]
    assert client.get(f"{POLICIES}/{NH_10}").status_code == 200


REFUSED: list[Any] = [
    None,
    {"requests": []},
    {"requests": [item(n, "/me") for n in range(21)]},
    {"requests": [{"id": "a", "method": "GET", "url": "/me"}, {"id": "A", "method": "GET", "url": "/me"}]},
    {"requests": [{"id": 1, "method": "GET", "url": "/me"}]},
    {"requests": ["x"]},
    {"requests": [item(1, "https://graph.test/v1.0/me")]},
    {"requests": [item(1, "/v1.0/me")]},
    {"requests": [item(1, f"/{POLICIES}", "POST", body={})]},
    {"requests": [item(1, f"/{POLICIES}", "POST", headers=JSON)]},
]


@pytest.mark.parametrize("body", REFUSED)
def test_bad_batches_are_refused_whole(body: Any) -> None:
    assert refusal(Client().post("$batch", body))[0] == 400


def test_a_batch_is_posted() -> None:
    assert refusal(Client().get("$batch"))[0] == 405


def test_a_batch_without_a_token_answers_nothing() -> None:
    answers = batch(Client(bearer=""), item(1, "/me"))

    assert answers["1"]["status"] == 401
