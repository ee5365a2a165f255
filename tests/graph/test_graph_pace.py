from __future__ import annotations

import asyncio

import pytest
from graph_tools import Hours, Notes, Script, error, gateway_to, page

from tapctl.graph.pace import CONDITIONAL_ACCESS, DIRECTORY, PASSES, REPORTS, NoProgress, Pacer, family_of

POLICIES = "identity/conditionalAccess/policies"


@pytest.mark.parametrize(
    ("path", "family"),
    [
        (POLICIES, CONDITIONAL_ACCESS),
        (f"{POLICIES}/1", CONDITIONAL_ACCESS),
        ("identity/conditionalAccess/namedLocations", CONDITIONAL_ACCESS),
        ("identity/conditionalAccess/deletedItems/policies/1/restore", CONDITIONAL_ACCESS),
        ("identity/conditionalaccess/evaluate", CONDITIONAL_ACCESS),
        ("policies/conditionalAccessPolicies", CONDITIONAL_ACCESS),
        ("identity/conditionalAccess/authenticationContextClassReferences", DIRECTORY),
        ("policies/authenticationMethodsPolicy", DIRECTORY),
        ("auditLogs/directoryAudits", REPORTS),
        ("reports/authenticationMethods/userRegistrationDetails", REPORTS),
        ("groups", DIRECTORY),
    ],
)
def test_a_path_belongs_to_the_family_whose_limit_it_shares(path: str, family: str) -> None:
    assert family_of(path) == family


async def turns(pacer: Pacer, count: int) -> list[int]:
    order: list[int] = []

    async def one(number: int) -> None:
        await pacer.turn()
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(count)))
    return order


def test_turns_come_in_order_one_interval_apart() -> None:
    hours, notes = Hours(), Notes()

    async def main() -> list[int]:
        pacer = Pacer(2, family="CA", clock=hours.clock, progress=notes)
        return await turns(pacer, 4)

    assert asyncio.run(main()) == [0, 1, 2, 3]
    assert hours.slept == [0.5, 0.5, 0.5]
    assert [queued for _, _, queued in notes.waits] == [1, 2, 3, 2, 1]
    assert notes.waits[3] == ("CA", 1.0, 2)


def test_after_a_429_nobody_goes_for_a_while_and_then_more_slowly_and_then_as_before() -> None:
    hours = Hours()

    async def main() -> None:
        pacer = Pacer(1, family="CA", clock=hours.clock, progress=NoProgress())
        pacer.throttled(5)
        await turns(pacer, 2)
        for _ in range(4):
            pacer.accepted()
        await turns(pacer, 2)

    asyncio.run(main())
    assert hours.slept == [5.0, 2.0, 2.0, 1.0]


def test_the_family_is_paced_while_everything_else_goes_on() -> None:
    hours, notes, app = Hours(), Notes(), Script(page())

    async def main() -> None:
        async with gateway_to(app, hours, per_second=1, notes=notes) as gateway:
            await asyncio.gather(*(gateway.list(path) for path in [POLICIES] * 3 + ["groups"] * 3))

    asyncio.run(main())
    assert hours.slept == [1.0, 1.0]
    assert notes.requests.index("GET groups") < 4


def test_a_429_without_retry_after_holds_the_whole_family() -> None:
    hours, notes = Hours(), Notes()
    app = Script(page(), error(429), page())

    async def main() -> None:
        async with gateway_to(app, hours, per_second=1, notes=notes) as gateway:
            await gateway.list(POLICIES)
            await gateway.list(POLICIES)

    asyncio.run(main())
    assert hours.slept == [1.0, 0.5, 0.5]
    assert notes.waits[1] == (CONDITIONAL_ACCESS, 0.5, 1)


def test_a_second_429_slows_the_pace() -> None:
    hours = Hours(chance=0)
    app = Script(error(429), error(429), page())

    async def main() -> None:
        async with gateway_to(app, hours, per_second=1) as gateway:
            await gateway.list(POLICIES)
            await gateway.list(POLICIES)

    asyncio.run(main())
    assert hours.time > 3.0


def test_only_making_a_pass_counts_as_one() -> None:
    path = "users/1/authentication/temporaryAccessPassMethods"

    assert family_of(path, "POST") == PASSES
    assert family_of(path) == DIRECTORY
    assert family_of(f"{path}/2", "DELETE") == DIRECTORY


def paces(*answers: int) -> list[float]:
    """The waits between requests that are answered so; a 429 asks for ten seconds."""
    hours = Hours()

    async def main() -> None:
        pacer = Pacer(1, family=PASSES, clock=hours.clock, progress=NoProgress(), fastest=10)
        for status in answers:
            await pacer.turn()
            pacer.throttled(10) if status == 429 else pacer.accepted()

    asyncio.run(main())
    return hours.slept


def test_where_no_limit_is_known_the_pace_grows_until_one_is_met() -> None:
    waits = paces(*[201] * 40)

    assert waits[0] == 1.0
    assert waits[-1] == 0.1


def test_a_pace_that_was_refused_is_not_taken_again_at_once() -> None:
    waits = paces(*[201] * 10, 429, *[201] * 40)

    assert waits[10] == 10.0
    assert waits[9] * 0.8 < min(waits[11:])  # the pace of the request that was refused


def test_requests_that_meet_one_limit_together_slow_the_pace_once() -> None:
    hours = Hours()

    async def main() -> None:
        pacer = Pacer(1, family=PASSES, clock=hours.clock, progress=NoProgress(), fastest=10)
        for _ in range(4):
            pacer.throttled(5)
        await turns(pacer, 2)

    asyncio.run(main())
    assert hours.slept == [5.0, 2.0]
