from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from graph_tools import BASE, Hours, Notes, Reply, Script, Seen, error, gateway_to, page

from tapctl.errors import GraphError, NotFound, NotPermitted, Throttled
from tapctl.graph.batch import BATCH, FEW, Found, Read, list_all, list_each, read_each
from tapctl.model import Json, JsonObject

Answering = Callable[[str], JsonObject]


def batch(answering: Answering) -> Callable[[Seen], Reply]:
    """Answers each request of a batch, last one first."""

    def answer(seen: Seen) -> Reply:
        body: Any = seen.json
        responses: list[Json] = [{"id": one["id"], **answering(one["url"])} for one in body["requests"]]
        return Reply(200, {"responses": responses[::-1]})

    return answer


def fine(url: str) -> JsonObject:
    return {"status": 200, "body": {"url": url}}


def users(count: int) -> list[Read]:
    return [Read(path=f"users/{number}") for number in range(count)]


def read(app: Script, reads: list[Read], hours: Hours | None = None, notes: Notes | None = None) -> list[Any]:
    async def main() -> list[Found]:
        async with gateway_to(app, hours, notes=notes) as gateway:
            return await read_each(gateway, reads)

    return asyncio.run(main())


def test_answers_are_given_in_the_order_of_the_reads() -> None:
    app = Script(batch(fine))

    found = read(app, users(2 * BATCH + 1))

    assert [item["url"] for item in found] == [f"/users/{number}" for number in range(2 * BATCH + 1)]
    assert [seen.url for seen in app.seen] == ["/v1.0/$batch"] * 3


def test_nothing_to_read_sends_nothing() -> None:
    app = Script(batch(fine))

    assert read(app, []) == []
    assert app.seen == []


def test_options_are_part_of_a_read_s_address() -> None:
    app = Script(batch(fine))

    found = read(app, [Read(path="users/a%23b", params={"$expand": "device", "$filter": "x eq 'y'"})])

    assert found[0]["url"] == "/users/a%23b?$expand=device&$filter=x%20eq%20'y'"


def test_one_failure_does_not_lose_the_others() -> None:
    statuses = {"/users/0": 404, "/users/1": 403}
    said: JsonObject = {"error": {"code": "x", "message": "y"}}
    app = Script(batch(lambda url: {"status": statuses.get(url, 200), "body": said}))

    found = read(app, users(3))

    assert [type(item) for item in found] == [NotFound, NotPermitted, dict]


def test_a_throttled_read_is_asked_again_after_its_own_retry_after() -> None:
    busy = {"/users/1"}

    def answering(url: str) -> JsonObject:
        if url in busy:
            busy.discard(url)
            return {"status": 429, "headers": {"Retry-After": "7"}}
        return fine(url)

    hours, notes, app = Hours(chance=0), Notes(), Script(batch(answering))
    found = read(app, users(3), hours, notes)

    assert found[1] == {"url": "/users/1"}
    assert hours.slept == [7.0]
    assert notes.waits == [("directory", 7.0, 1)]
    assert [len(ids(seen)) for seen in app.seen] == [3, 1]


def ids(seen: Seen) -> list[str]:
    body: Any = seen.json
    return [one["id"] for one in body["requests"]]


def test_a_throttled_run_narrows_and_goes_on_as_long_as_something_gets_through() -> None:
    """Five reads get through in each round, as a limit of five per ten seconds would have it."""
    passed: list[str] = []

    def answering(url: str) -> JsonObject:
        if len(passed) % 6 == 5:
            passed.append("")
            return {"status": 429, "headers": {"Retry-After": "10"}}
        passed.append(url)
        return fine(url)

    app = Script(batch(answering))
    found = read(app, users(200))

    assert [item["url"] for item in found] == [f"/users/{number}" for number in range(200)]
    assert len([seen for seen in app.seen if len(ids(seen)) == BATCH]) > 8


def test_throttling_without_end_is_given_up() -> None:
    app = Script(batch(lambda url: {"status": 429}))

    found = read(app, users(2))

    assert [type(item) for item in found] == [Throttled, Throttled]
    assert len(app.seen) == 8


def test_a_failing_server_is_asked_four_times() -> None:
    app = Script(batch(lambda url: {"status": 503} if url == "/users/0" else fine(url)))

    found = read(app, users(2))

    assert (found[0].status, found[1]) == (503, {"url": "/users/1"})
    assert len(app.seen) == 4


@pytest.mark.parametrize("body", [{}, {"responses": {}}, {"responses": [{"id": "1"}, 7]}])
def test_a_batch_that_does_not_answer_everything_is_an_error(body: JsonObject) -> None:
    with pytest.raises(GraphError, match="not every request of the batch"):
        read(Script(Reply(200, body)), users(1))


@pytest.mark.parametrize("answer", [{"status": 200}, {"status": 200, "body": "text"}])
def test_an_answer_that_is_no_object_is_an_error_of_its_read(answer: JsonObject) -> None:
    (found,) = read(Script(batch(lambda url: answer)), users(1))

    assert "no object" in str(found)


def test_an_answer_without_a_status_is_no_success() -> None:
    (found,) = read(Script(batch(lambda url: {"status": "200", "body": {}})), users(1))

    assert isinstance(found, GraphError)


def lists(app: Script) -> list[Any]:
    async def main() -> list[Any]:
        async with gateway_to(app) as gateway:
            return [*await list_each(gateway, users(1))]

    return asyncio.run(main())


def test_a_collection_s_further_pages_are_read() -> None:
    link = f"{BASE}/v1.0/users/0?$skiptoken=2"
    first: Json = {"value": [{"id": "a"}], "@odata.nextLink": link}
    app = Script(batch(lambda url: {"status": 200, "body": first}), Reply(200, first), page({"id": "b"}))

    assert lists(app) == [[{"id": "a"}, {"id": "b"}]]


def test_a_collection_is_a_list_of_objects() -> None:
    bodies: list[Json] = [{"value": [{"id": "a"}]}, {"value": [7]}, {}]
    found = [lists(Script(batch(lambda url, b=body: {"status": 200, "body": b})))[0] for body in bodies]  # type: ignore[misc]

    assert found[0] == [{"id": "a"}]
    assert all(isinstance(item, GraphError) for item in found[1:])


def test_a_collection_that_cannot_be_read_is_an_error() -> None:
    assert isinstance(lists(Script(batch(lambda url: {"status": 404})))[0], NotFound)


def every(app: Script, count: int) -> list[Any]:
    async def main() -> list[Any]:
        async with gateway_to(app) as gateway:
            return await list_all(gateway, users(count))

    return asyncio.run(main())


@pytest.mark.parametrize(("count", "paths"), [(FEW, ["users"] * FEW), (FEW + 1, ["$batch"])])
def test_many_collections_share_a_batch(count: int, paths: list[str]) -> None:
    listed: JsonObject = {"status": 200, "body": {"value": []}}
    app = Script(batch(lambda url: listed) if count > FEW else page())

    assert every(app, count) == [[]] * count
    assert [seen.url.split("/")[2] for seen in app.seen] == paths


def test_a_server_without_batches_is_asked_one_by_one() -> None:
    app = Script(error(404), page())

    assert every(app, FEW + 1) == [[]] * (FEW + 1)
    assert len(app.seen) == FEW + 2


def test_reads_go_alone_where_there_is_no_batch_and_one_failure_loses_no_other() -> None:
    app = Script(error(405), Reply(200, {"id": "0"}), error(403))
    first, second = read(app, users(2))

    assert first == {"id": "0"}
    assert isinstance(second, NotPermitted)


def test_what_is_missing_inside_a_batch_is_no_missing_batch() -> None:
    app = Script(batch(lambda url: {"status": 404}))

    assert isinstance(read(app, users(1))[0], NotFound)
    assert len(app.seen) == 1


def test_what_one_of_many_collections_refuses_is_raised() -> None:
    with pytest.raises(NotFound, match="users/0"):
        every(Script(batch(lambda url: {"status": 404})), FEW + 1)
