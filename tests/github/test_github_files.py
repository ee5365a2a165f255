from __future__ import annotations

import pytest
import yaml

from tapctl.github.files import CALLERS, workflow_files


def test_each_workflow_comes_with_the_one_it_calls() -> None:
    names = [f".github/workflows/{prefix}{name}.yml" for name in CALLERS for prefix in ("", "tapctl-")]

    assert sorted(workflow_files()) == sorted(names)


@pytest.mark.parametrize("name", CALLERS)
def test_a_caller_calls_its_file(name: str) -> None:
    job = yaml.safe_load(workflow_files()[f".github/workflows/{name}.yml"])["jobs"]["tapctl"]

    assert job["uses"] == f"./.github/workflows/tapctl-{name}.yml"
