"""Where `.ci/run` puts the schema of SARIF 2.1.0 (npm's @microsoft/jest-sarif)."""

from __future__ import annotations

from pathlib import Path

SARIF_SCHEMA = (
    Path(__file__).parents[1] / ".npm/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
)
