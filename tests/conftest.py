"""`golden`: whole outputs under tests/golden, refreshed with `pytest --update-golden`. `cli`: the program.
`tenant`: the company without policies and locations, or as it is (`seeded`). `base`: a tenant to make drift
in. `github`: the service, on loopback."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from cli_tools import Cli
    from drift_tenants import Base
    from github_server import GitHub
    from trial import Tenant

GOLDEN = Path(__file__).parent / "golden"

# How long an example takes depends on who else uses the machine. `HYPOTHESIS_PROFILE=thorough pytest FILE`
# tries thousands of examples where a test does not say how many.
# What decides whether a change lands says the same each time; `thorough` looks for what is new.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What a pipeline, a terminal or a shell says must not decide what is tested: a test sets what it is about.
for variable in os.environ.copy():
    if variable in ("CI", "CI_JOB_URL", "BUILD_BUILDID", "NO_COLOR", "COLUMNS") or variable.startswith(
        ("TAPCTL_", "AZURE_", "GITHUB_", "ACTIONS_")
    ):
        del os.environ[variable]

# Whoever starts us in the background may have Ctrl-C ignored; what we test of it must not depend on that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is, and read the diff")


@pytest.fixture
def tenant(request: pytest.FixtureRequest) -> Tenant:
    """The company without policies and locations; with what it has where a file is marked `seeded`."""
    from trial import Tenant

    found = Tenant()
    if request.node.get_closest_marker("seeded") is None:
        found.clear()
    return found


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a whole output with the file of that name."""

    def compare(name: str, output: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(output, encoding="utf-8")
        assert output == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The commands, in a folder with a small workspace."""
    from cli_tools import Cli  # tests/cli is on the path once one of its tests has been found

    return Cli(tmp_path, capsys, monkeypatch)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A workspace and a tenant that is what it says, to make drift in."""
    from drift_tenants import make_base  # tests/drift is on the path by then, as above

    return make_base(tmp_path_factory.mktemp("drift"))


@pytest.fixture
def github() -> Iterator[GitHub]:
    """GitHub's API, with a pull request in it."""
    from github_server import GitHub, serving  # tests/github is on the path by then, as above

    with serving(GitHub()) as found:
        yield found
