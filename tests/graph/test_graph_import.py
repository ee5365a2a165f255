from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "msgraph",
    "msgraph_core",
    "kiota_abstractions",
    "kiota_http",
    "azure",
    "httpx",
    "starlette",
    "uvicorn",
)


@pytest.mark.parametrize("module", ["gateway", "tenant", "sandbox", "credentials"])
def test_offline_commands_do_not_pay_for_the_sdk(module: str) -> None:
    program = f"import sys, tapctl.graph.{module}; print([m for m in {HEAVY} if m in sys.modules])"

    printed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )

    assert printed.stdout.strip() == "[]"
