"""The sandbox misbehaves as it is told, and only then."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from sandbox_tools import CA_01, MIA, NEW_HIRES, NH_10, POLICIES, Client, policy, refusal

from tapctl.sandbox import AnswerDroppedError, Misbehaviour
from tapctl.sandbox.misbehave import Disturbance, Lag

CONTROL = "https://graph.test/sandbox/misbehaviour"
PATH = f"{POLICIES}/{NH_10}"


def told(**plan: Any) -> Client:
    return Client(misbehaviour=Misbehaviour(**plan))


def test_answers_can_be_slow() -> None:
    client = told(latency=0.05)

    started = time.monotonic()
    client.get("me")

    assert time.monotonic() - started >= 0.05


def test_conditional_access_is_throttled_without_advice() -> None:
    client = told(throttle_conditional_access_every=2)

    answers = [client.get(PATH) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 429, 200, 429]
    assert "retry-after" not in answers[1].headers
    assert client.get("me").status_code == 200


def test_everything_else_is_throttled_with_advice() -> None:
    client = told(throttle_other_every=1, retry_after=7)

    answer = client.get("me")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert client.get(PATH).status_code == 200


def test_a_batch_is_throttled_item_by_item() -> None:
    items = [{"id": str(n), "method": "GET", "url": f"/{PATH}"} for n in range(4)]

    answers = (
        told(throttle_conditional_access_every=2).post("$batch", {"requests": items}).json()["responses"]
    )

    assert sorted(answer["status"] for answer in answers) == [200, 200, 429, 429]


def test_the_published_rate_is_enforced() -> None:
    now = [100.0]
    disturbance, plan = Disturbance(timer=lambda: now[0]), Misbehaviour(conditional_access_per_second=1)
    disturbance.check(plan, PATH)

    with pytest.raises(Exception, match="retry"):
        disturbance.check(plan, PATH)
    disturbance.check(plan, "me")
    now[0] += 1

    disturbance.check(plan, PATH)


def test_the_service_can_be_unavailable() -> None:
    answers = [told(unavailable_every=1).get("me") for _ in range(2)]

    assert [refusal(answer)[0] for answer in answers] == [503, 503]


def test_some_addresses_can_be_forbidden() -> None:
    client = told(forbidden=("policies/identitySecurityDefaults",))

    answer = client.get("policies/identitySecurityDefaultsEnforcementPolicy")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert client.get("me").status_code == 200


def test_a_dropped_answer_belongs_to_a_change_that_happened() -> None:
    client = told(drop_answer_every=1)

    with pytest.raises(AnswerDroppedError) as caught:
        client.patch(PATH, {"displayName": "Changed"})

    assert isinstance(caught.value, httpx.TransportError)
    assert client.read(PATH)["displayName"] == "Changed"


def test_a_refused_change_has_an_answer() -> None:
    assert refusal(told(drop_answer_every=1).patch(PATH, {"state": "on"}))[0] == 400


def test_a_changed_object_reads_old_for_a_while() -> None:
    client = told(lag_reads=2)
    client.patch(PATH, {"displayName": "One"})
    client.patch(PATH, {"displayName": "Two"})

    names = [client.read(PATH)["displayName"] for _ in range(3)]

    assert names == ["NH-10 Draft", "NH-10 Draft", "Two"]


def test_a_created_object_is_absent_for_a_while() -> None:
    client = told(lag_reads=1)
    made = client.post(POLICIES, policy()).json()["id"]

    assert client.get(f"{POLICIES}/{made}").status_code == 404
    assert client.get(f"{POLICIES}/{made}").status_code == 200


def test_a_deleted_object_is_listed_for_a_while() -> None:
    client = told(lag_reads=1)
    client.delete(f"{POLICIES}/{CA_01}")

    counts = [len(client.read(POLICIES)["value"]) for _ in range(2)]

    assert counts == [3, 2]


def test_lag_can_be_a_time() -> None:
    now = [0.0]
    lag = Lag(Misbehaviour(lag_seconds=5), timer=lambda: now[0])
    lag.note("groups", "A", {"id": "A"})

    assert lag.seen("groups", {}) == {"a": {"id": "A"}}
    now[0] = 5

    assert lag.seen("groups", {}) == {}


def test_a_new_group_is_not_updated_before_it_arrives() -> None:
    client = told(lag_reads=1)
    body = {"displayName": "P", "mailEnabled": False, "mailNickname": "p", "securityEnabled": True}
    made = client.post("groups", body).json()["id"]

    assert client.patch(f"groups/{made}", {"displayName": "Q"}).status_code == 404
    assert client.patch(f"groups/{made}", {"displayName": "Q"}).status_code == 204


def test_rules_see_through_the_lag() -> None:
    client = told(lag_reads=5)
    body = {"displayName": "P", "mailEnabled": False, "mailNickname": "p", "securityEnabled": True}
    made = client.post("groups", body).json()["id"]
    block = policy()["conditions"] | {"users": {"includeGroups": [NEW_HIRES], "excludeGroups": [made]}}

    assert client.patch(PATH, {"conditions": block}).status_code == 204


def test_misbehaviour_is_set_while_it_runs() -> None:
    client = Client()

    answer = client.send("PUT", CONTROL, {"unavailable_every": 1, "forbidden": ["users"]})

    assert answer.json()["forbidden"] == ["users"]
    assert client.get(CONTROL).json()["unavailable_every"] == 1
    assert client.get(f"users/{MIA}").status_code == 403
    assert client.get("me").status_code == 503
    client.send("PUT", CONTROL, {})
    assert client.get("me").status_code == 200


@pytest.mark.parametrize("body", [{"nonsense": 1}, []])
def test_misbehaviour_of_another_kind_is_refused(body: Any) -> None:
    assert refusal(Client().send("PUT", CONTROL, body))[0] == 400


def test_one_request_can_ask_for_trouble() -> None:
    client = Client()

    assert client.get("me", {"X-Sandbox-Misbehave": "latency=0, throttle_other_every=1"}).status_code == 429
    assert client.get("me", {"X-Sandbox-Misbehave": "nonsense"}).status_code == 400
    assert client.get("me").status_code == 200
