"""`make bench`: speed, memory and request counts; timings are ratios of alternating runs in one session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from company import (
    Size,
    access_token,
    tenant,
    write_alike,
    write_methods,
    write_sign_in_tests,
    write_workspace,
)

PYTHON = sys.executable
TAPCTL = str(Path(PYTHON).with_name("tapctl"))
ROOT = Path(__file__).parents[2]
RUNS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one process took: seconds on the clock and of CPU, peak memory in MB."""

    seconds: float
    cpu: float
    megabytes: float
    output: str


def run(command: Sequence[str], extra: Mapping[str, str] | None = None) -> Used:
    """Run a command to its end and measure it."""
    started = time.perf_counter()
    environment = {key: value for key, value in os.environ.items() if key != "CI"} | dict(extra or {})
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT)  # noqa: S603  # ours
    if process.stdout is None:
        raise RuntimeError("the process has no output to read")
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    seconds = time.perf_counter() - started
    return Used(
        seconds=seconds, cpu=usage.ru_utime + usage.ru_stime, megabytes=usage.ru_maxrss / 1024, output=output
    )


def least(measure: Callable[[Used], float], *commands: Sequence[str]) -> list[float]:
    """The least each command took over alternating runs: noise only ever adds."""
    rounds = [[measure(run(command)) for command in commands] for _ in range(RUNS)]
    return [min(values) for values in zip(*rounds, strict=True)]


def say(what: str, value: str, goal: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{what:<58}{value:>16}   {goal}\n")


def start_up() -> None:
    """`--help`, `--version` and checking the example, sign-in tests included, against a bare interpreter."""
    commands = (["--help"], ["--version"], ["validate", "--no-lint", "-C", "policies"])
    bare, *times = least(
        lambda used: used.seconds, [PYTHON, "-c", "pass"], *([TAPCTL, *rest] for rest in commands)
    )
    for command, took, goal in zip(commands, times, (8, 8, 25), strict=True):
        said = " ".join(word for word in command if word.startswith("-") or word == "validate")
        say(f"tapctl {said.removesuffix(' -C')}", f"{took / bare:.1f} x bare", f"at most {goal}")


@contextmanager
def served(content: Path) -> Iterator[str]:
    """The sandbox, loaded, in another process; its address."""
    code = (
        "import json, sys\n"
        "from tapctl.sandbox import Store, load\n"
        "from tapctl.sandbox.serve import serve\n"
        "store = Store()\n"
        "load(store, json.load(open(sys.argv[1])))\n"
        "serve(store, '127.0.0.1', 0, ready=lambda url: print(url, flush=True))\n"
    )
    server = subprocess.Popen([PYTHON, "-c", code, str(content)], stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        yield server.stdout.readline().strip() if server.stdout else ""
    finally:
        server.terminate()
        server.wait()


def plan_of(size: Size) -> Used:
    """A plan that changes nothing, against the served sandbox."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tenant.json").write_text(json.dumps(tenant(size)))
        with served(folder / "tenant.json") as url:
            write_workspace(folder / "workspace", size, url)
            command = [
                TAPCTL,
                "plan",
                "-C",
                str(folder / "workspace"),
                "--format",
                "json",
                "--detailed-exitcode",
            ]
            return min(
                (run(command, {"TAPCTL_ACCESS_TOKEN": access_token()}) for _ in range(3)),
                key=lambda used: used.cpu,
            )


def plan() -> None:
    """Requests, CPU and memory of a plan."""
    small = plan_of(Size(policies=20, locations=50, groups=100))
    large = plan_of(Size(policies=200, locations=50, groups=100))
    imports = min(run([PYTHON, "-c", "import msgraph, azure.identity"]).cpu for _ in range(3))
    requests = [json.loads(used.output)["requests"] for used in (small, large)]
    say("requests of a plan, 20 policies", str(requests[0]), "")
    say("requests of a plan, 200 policies", str(requests[1]), "the same, but for paging")
    say("CPU of a plan, 200 policies", f"{large.cpu / imports:.1f} x imports", "at most 5")
    say("peak memory of a plan, 200 policies", f"{large.megabytes:.0f} MB", "under 200 MB")


def adoption() -> None:
    """Import and plan of a large tenant: 240 policies, 195 locations of up to 2,000 ranges, 5,000 names."""
    sys.path.insert(0, str(ROOT / "tests"))
    from adopted_tenant import content

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tenant.json").write_text(json.dumps(content(240, 195, 5000)))
        workspace = ["-C", str(folder / "workspace"), "-e", "sandbox", "--format", "json"]
        (folder / "workspace").mkdir()
        run([TAPCTL, "sandbox", "load", str(folder / "tenant.json"), *workspace])
        steps = {step: run([TAPCTL, step, *workspace]) for step in ("import", "plan")}
    imports = min(run([PYTHON, "-c", "import msgraph, azure.identity"]).cpu for _ in range(3))
    for step, used in steps.items():
        say(f"requests of {step}, a large tenant", str(json.loads(used.output)["requests"]), "under 30")
        say(f"CPU of {step} with the sandbox", f"{used.cpu / imports:.0f} x imports", "")
        say(f"peak memory of {step} with the sandbox", f"{used.megabytes:.0f} MB", "")


def stages(size: Size) -> float:
    """CPU seconds of loading, comparing and planning without the network."""
    from offline import plan_offline

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "workspace"
        write_workspace(folder, size, "http://127.0.0.1:1")
        started = time.thread_time()
        plan_offline(folder, tenant(size))
        return time.thread_time() - started


def growth() -> None:
    """Ten times the policies, at most twelve times the work."""
    sizes = [Size(policies=count, locations=50, groups=100) for count in (200, 2000)]
    stages(sizes[0])
    small, large = (min(stages(size) for _ in range(2)) for size in sizes)
    say("load, compare and plan, 2,000 against 200 policies", f"{large / small:.1f} x", "at most 12")


def rules() -> None:
    """Lint of a company's policies, the folder's loading left out; then with the facts of its people."""
    from datetime import date

    from deciding import directory

    from tapctl.lint.context import offline
    from tapctl.lint.run import lint
    from tapctl.pipeline import check

    size = Size(policies=240, locations=50, groups=100)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "workspace"
        write_workspace(folder, size, "http://127.0.0.1:1")
        write_methods(folder, groups=10)
        checked = check(folder, "bench")
    lint(offline(checked.workspace, checked.desired, as_of=date(2026, 11, 25)))  # imports
    for facts, what, goal in (
        (None, "lint of 240 policies, passes for 10 groups", "under 1 s"),
        (directory(20_000, size), "the same, with the facts of 20,000 people", "under 3 s"),
    ):
        started = time.thread_time()
        lint(offline(checked.workspace, checked.desired, as_of=date(2026, 11, 25), facts=facts))
        say(what, f"{time.thread_time() - started:.2f} s", goal)


def alike() -> None:
    """Lint of policies of which each says what every other says: the most that can be compared."""
    from datetime import date

    from tapctl.lint.context import offline
    from tapctl.lint.run import lint
    from tapctl.pipeline import check

    def took(count: int) -> float:
        with tempfile.TemporaryDirectory() as name:
            write_alike(Path(name), count)
            checked = check(Path(name), "sandbox")
            made = offline(checked.workspace, checked.desired, as_of=date(2026, 11, 25))
            started = time.thread_time()
            lint(made)
            return time.thread_time() - started

    took(10)
    small, large = (min(took(count) for _ in range(2)) for count in (150, 1500))
    say("lint of 1,500 policies that are alike, against 150", f"{large / small:.1f} x", "at most 15")


def deciding() -> None:
    """One sign-in against a company's policies."""
    from deciding import milliseconds

    say("a decision about 240 policies", f"{milliseconds(240):.2f} ms", "under 1 ms")


def sign_in_tests() -> None:
    """`tapctl test` as a person runs it, start-up included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "workspace"
        size = Size(policies=240, locations=50, groups=100)
        write_workspace(folder, size, "http://127.0.0.1:1")
        write_sign_in_tests(folder, 200, size)
        used = min((run([TAPCTL, "test", "-C", str(folder)]) for _ in range(3)), key=lambda used: used.cpu)
        validated = min(run([TAPCTL, "validate", "--no-lint", "-C", str(folder)]).cpu for _ in range(3))
    say("200 sign-in tests, 240 policies", f"{used.cpu:.2f} s", "under 2 s")
    say("the same, against reading and checking the folder", f"{used.cpu / validated:.1f} x", "")


def passes() -> None:
    """Requests for people's passes."""
    from people import ask_policies, check_people, following, issuing, list_people, requests

    for people in (100, 1000):
        checked, listed = requests(people, check_people), requests(people, list_people)
        say(f"requests before the first of {people:,} passes", str(checked), "one for 20 people, and a few")
        say(f"requests to list {people:,} passes", str(listed), "one for 20 people")
    say("requests for the policies, before any number of passes", str(requests(0, ask_policies)), "a few")
    made = issuing(1000)
    say("passes in flight, of 1,000", str(made.in_flight), "4")
    say("requests for 1,000 passes, everybody checked", str(made.requests), "one each, and one for 20")
    say(
        "passes a second where nothing paces them", f"{made.a_second:.0f}", "the service's 20 ms, 4 at a time"
    )
    for rows in (1000, 100_000):
        used = run([PYTHON, str(Path(__file__).with_name("people.py")), str(rows)])
        say(f"checking {rows:,} roster rows, peak memory", f"{used.megabytes:.0f} MB", "flat")
        say("the same, CPU", f"{used.cpu:.1f} s", "")
    for rows in (1000, 100_000):
        say(f"pass status, {rows:,} records in each log", f"{following(rows, is_traced=False):.1f} s", "")
        say("the same, in memory", f"{following(rows, is_traced=True):.0f} MB", "flat")


if __name__ == "__main__":
    for part in (start_up, plan, adoption, growth, rules, alike, deciding, sign_in_tests, passes):
        part()
