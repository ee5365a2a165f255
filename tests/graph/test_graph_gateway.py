from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from graph_tools import BASE, Hours, Notes, Reply, Script, error, gateway_to, page

from tapctl.errors import AnswerLost, GraphError, NotFound, NotPermitted, Throttled
from tapctl.graph.gateway import Gateway
from tapctl.graph.wire import Answer
from tapctl.model import JsonObject

POLICIES = "identity/conditionalAccess/policies"
T = TypeVar("T")


def run(app: Script, use: Callable[[Gateway], Awaitable[T]], hours: Hours | None = None) -> T:
    async def main() -> T:
        async with gateway_to(app, hours) as gateway:
            return await use(gateway)

    return asyncio.run(main())


def test_each_page_says_how_much_it_brought() -> None:
    notes = Notes()
    app = Script(
        page({"id": "1"}, {"id": "2"}, next_link=f"{BASE}/v1.0/groups?$skiptoken=x"), page({"id": "3"})
    )

    async def main() -> None:
        async with gateway_to(app, notes=notes) as gateway:
            await gateway.list("groups")

    asyncio.run(main())

    assert notes.pages == [2, 1]


def test_a_list_holds_the_objects_of_all_pages_and_an_empty_page_is_not_the_end() -> None:
    link = f"{BASE}/v1.0/groups?$skiptoken=X%2Bz%20%27"
    app = Script(page({"id": "1"}, next_link=link), page(next_link=link + "2"), page({"id": "2"}))

    objects = run(app, lambda g: g.list("groups", {"$top": "1"}, headers={"ConsistencyLevel": "eventual"}))

    assert objects == [{"id": "1"}, {"id": "2"}]
    assert [seen.url for seen in app.seen] == [
        "/v1.0/groups?$top=1",
        "/v1.0/groups?$skiptoken=X%2Bz%20%27",
        "/v1.0/groups?$skiptoken=X%2Bz%20%272",
    ]
    assert all(seen.headers["consistencylevel"] == "eventual" for seen in app.seen)


def test_reads_ask_for_enum_members_that_are_newer_than_the_first_publication() -> None:
    app = Script(page(), Reply(200, {}), Reply(200, {}), page())

    async def read(gateway: Gateway) -> None:
        await gateway.list("groups", headers={"Prefer": "outlook"})
        await gateway.get("groups/1")
        await gateway.post_read("$batch", {"requests": []})
        await gateway.post_list("directoryObjects/getByIds", {"ids": []})

    run(app, read)

    assert [seen.headers["prefer"] for seen in app.seen] == [
        "include-unknown-enum-members, outlook",
        "include-unknown-enum-members",
        "include-unknown-enum-members",
        "include-unknown-enum-members",
    ]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/groups",
        "http://graph.example/v1.0/groups",
        "https://graph.example@evil.example/",
        "//evil.example/",
        "/v1.0/groups?$skiptoken=2",
        "",
        7,
    ],
)
def test_a_link_to_another_server_is_an_error_and_not_followed(link: str | int) -> None:
    app = Script(Reply(200, {"value": [], "@odata.nextLink": link}))

    with pytest.raises(GraphError, match="not followed"):
        run(app, lambda g: g.list("groups"))
    assert len(app.seen) == 1


def test_pages_in_a_circle_are_an_error() -> None:
    a, b = f"{BASE}/v1.0/groups?a", f"{BASE}/v1.0/groups?b"
    app = Script(page(next_link=a), page(next_link=b), page(next_link=a))

    with pytest.raises(GraphError, match="do not end"):
        run(app, lambda g: g.list("groups"))


@pytest.mark.parametrize(
    "body", [{}, {"value": {}}, {"value": [1]}, [], b"", b"<html>", b"[" * 100_000], ids=str
)
@pytest.mark.parametrize("ask", [lambda g: g.list("groups"), lambda g: g.post_list("getByIds", {})])
def test_an_answer_of_unknown_shape_stops_the_list(
    body: bytes, ask: Callable[[Gateway], Awaitable[object]]
) -> None:
    with pytest.raises(GraphError, match=r"the answer|the list") as caught:
        run(Script(Reply(200, body)), ask)
    assert len(str(caught.value)) < 1000


def test_an_object_comes_without_advice_to_people() -> None:
    app = Script(Reply(200, {"id": "1", "@microsoft.graph.tips": "Use $select"}))

    assert run(app, lambda g: g.get("groups/1")) == {"id": "1"}


def test_a_missing_object_and_one_that_may_not_be_seen_differ() -> None:
    with pytest.raises(NotFound):
        run(Script(error(404)), lambda g: g.get("groups/1"))
    with pytest.raises(NotPermitted, match=r"Group\.ReadBasic\.All"):
        run(Script(error(403)), lambda g: g.get("groups/1"))


def test_a_body_goes_out_as_it_is() -> None:
    app = Script(Reply(201, {"id": "1"}))
    body: JsonObject = {"displayName": "Zo\u00eb", "sessionControls": None, "list": []}

    created = run(app, lambda g: g.send("POST", POLICIES, body))

    assert created == {"id": "1"}
    assert app.seen[0].json == body
    assert app.seen[0].headers["content-type"] == "application/json"


def test_a_write_without_an_answer_body_returns_nothing() -> None:
    assert run(Script(Reply(204)), lambda g: g.send("PATCH", f"{POLICIES}/1", {})) is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated(status: int) -> None:
    app = Script(error(status), error(status), Reply(200, {"id": "1"}))
    hours = Hours()

    assert run(app, lambda g: g.get("me"), hours) == {"id": "1"}
    assert hours.slept == [0.5, 1.0]


def test_a_read_that_is_a_post_is_repeated() -> None:
    app = Script(error(503), Reply(200, {"value": []}))

    assert run(app, lambda g: g.post_list("directoryObjects/getByIds", {"ids": []})) == []


def test_retry_after_is_honoured_in_seconds_and_as_a_date() -> None:
    app = Script(
        error(429, headers={"Retry-After": "7"}),
        error(429, headers={"Retry-After": "Thu, 01 Jan 1970 00:01:00 GMT"}),
        error(429, headers={"Retry-After": "soon"}),
        Reply(200, {}),
    )
    hours = Hours(chance=0)

    run(app, lambda g: g.get("me"), hours)

    assert hours.slept == [7.0, 53.0, 0.0]


def test_a_wait_beyond_all_patience_is_not_begun() -> None:
    hours = Hours()

    with pytest.raises(Throttled, match="wait some minutes"):
        run(Script(error(429, headers={"Retry-After": "3600"})), lambda g: g.get("me"), hours)
    assert hours.slept == []


def test_reading_is_given_up_after_some_attempts() -> None:
    app = Script(error(500))

    with pytest.raises(GraphError, match="fault is Graph's"):
        run(app, lambda g: g.get("me"))
    assert len(app.seen) == 8


def test_a_broken_connection_is_tried_less_often() -> None:
    app = Script(ConnectionResetError("reset"))

    with pytest.raises(GraphError, match="ConnectionResetError: reset") as caught:
        run(app, lambda g: g.get("me"))
    assert len(app.seen) == 4
    assert not isinstance(caught.value, AnswerLost)


@pytest.mark.parametrize("lost", [error(500), error(502), error(504), error(503), ConnectionResetError()])
def test_a_create_of_unknown_outcome_is_never_repeated(lost: Reply | Exception) -> None:
    app = Script(lost, Reply(201, {"id": "1"}))

    with pytest.raises(AnswerLost, match="look before repeating"):
        run(app, lambda g: g.send("POST", POLICIES, {}))
    assert len(app.seen) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        error(429),
        error(503, headers={"Retry-After": "1"}),
        error(409, "Directory_ConcurrencyViolation"),
    ],
)
def test_a_create_that_was_not_carried_out_is_repeated(refusal: Reply) -> None:
    app = Script(refusal, Reply(201, {"id": "1"}))

    assert run(app, lambda g: g.send("POST", POLICIES, {})) == {"id": "1"}


def test_another_conflict_is_an_error() -> None:
    app = Script(error(409, "Request_MultipleObjectsWithSameKeyValue"))

    with pytest.raises(GraphError, match="SameKeyValue"):
        run(app, lambda g: g.send("POST", "groups", {}))
    assert len(app.seen) == 1


@pytest.mark.parametrize("lost", [error(504), ConnectionResetError()])
def test_a_change_of_unknown_outcome_is_repeated(lost: Reply | Exception) -> None:
    app = Script(lost, Reply(204))

    run(app, lambda g: g.send("PATCH", f"{POLICIES}/1", {"state": "disabled"}))

    assert [seen.json for seen in app.seen] == [{"state": "disabled"}] * 2


def test_a_change_whose_outcome_stays_unknown_says_so() -> None:
    with pytest.raises(AnswerLost):
        run(Script(error(504)), lambda g: g.send("PATCH", f"{POLICIES}/1", {}))


def test_a_deletion_whose_answer_was_lost_is_done_when_nothing_is_found() -> None:
    app = Script(ConnectionResetError(), error(404))

    assert run(app, lambda g: g.send("DELETE", f"{POLICIES}/1")) is None


@pytest.mark.parametrize("before", [[], [error(429)]])
def test_a_deletion_that_finds_nothing_at_once_is_an_error(before: list[Reply]) -> None:
    with pytest.raises(NotFound):
        run(Script(*before, error(404)), lambda g: g.send("DELETE", f"{POLICIES}/1"))


def test_a_read_follows_a_redirect_on_the_same_server() -> None:
    app = Script(Reply(302, headers={"Location": f"{BASE}/v1.0/other?x=1"}), Reply(200, {"id": "1"}))

    assert run(app, lambda g: g.get("me")) == {"id": "1"}
    assert app.seen[1].url == "/v1.0/other?x=1"


@pytest.mark.parametrize("headers", [{"Location": "https://evil.example/"}, {}])
def test_a_redirect_elsewhere_is_an_error_and_takes_no_token_there(headers: dict[str, str]) -> None:
    app = Script(Reply(302, headers=headers))

    with pytest.raises(GraphError, match="not followed"):
        run(app, lambda g: g.get("me"))
    assert len(app.seen) == 1


def test_redirects_without_end_are_an_error() -> None:
    app = Script(Reply(302, headers={"Location": f"{BASE}/v1.0/me"}))

    with pytest.raises(GraphError, match="redirects"):
        run(app, lambda g: g.get("me"))


def test_a_write_follows_no_redirect() -> None:
    app = Script(Reply(302, headers={"Location": f"{BASE}/v1.0/other"}))

    with pytest.raises(GraphError, match="redirects"):
        run(app, lambda g: g.send("POST", "groups", {}))
    assert len(app.seen) == 1


def test_an_unreadable_answer_to_a_write_is_not_shown() -> None:
    with pytest.raises(GraphError) as caught:
        run(Script(Reply(201, b'{"temporaryAccessPass": "s3cret"')), lambda g: g.send("POST", "x", {}))
    assert "s3cret" not in str(caught.value)


def test_requests_are_counted_with_their_repetitions_for_each_limit() -> None:
    app = Script(error(429), page(), page(), page())
    notes = Notes()

    async def read() -> Gateway:
        async with gateway_to(app, notes=notes) as gateway:
            await gateway.list(POLICIES)
            await gateway.list("groups")
            await gateway.list("auditLogs/directoryAudits")
            return gateway

    gateway = asyncio.run(read())

    assert gateway.sent == 4
    assert gateway.sent_by_family == {"Conditional Access": 2, "directory": 1, "reports": 1}
    assert notes.requests[:2] == [f"GET {POLICIES}"] * 2


def test_no_error_holds_the_token() -> None:
    with pytest.raises(GraphError) as caught:
        run(Script(ConnectionResetError()), lambda g: g.get("me"))
    told: BaseException | None = caught.value
    while told is not None:
        assert "Bearer" not in f"{told!r} {vars(told)!r}"
        told = told.__cause__ or told.__context__


def create_pass(gateway: Gateway) -> Awaitable[JsonObject | None]:
    path = "users/1/authentication/temporaryAccessPassMethods"
    return gateway.send("POST", path, {"lifetimeInMinutes": 60}, careful=True)


def test_a_careful_create_is_not_repeated_even_if_the_server_asks_for_it() -> None:
    app = Script(error(503, headers={"Retry-After": "1"}), Reply(201, {"id": "1"}))

    with pytest.raises(AnswerLost):
        run(app, create_pass)

    assert len(app.seen) == 1


def test_a_careful_create_that_was_throttled_is_repeated() -> None:
    app = Script(error(429), Reply(201, {"id": "1"}))

    assert run(app, create_pass) == {"id": "1"}


def test_an_answer_s_body_is_not_shown() -> None:
    assert "+drkzqAD" not in repr(Answer(status=201, headers={}, body=b"+drkzqAD"))
