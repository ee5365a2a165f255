"""What a command has to say, as values for renderers: they need nothing else, and may ask for nothing else.

report         plan, outcomes, findings; `making`: out of what the stages return
dependencies   who refers to whom, as far as one of the two changes
sheet          sections of entries, about people
combined       several environments, as their runs wrote them
"""

from __future__ import annotations

from tapctl.report.report import (
    ACTIONS,
    NO_RESULT,
    SANDBOX_NOTICE,
    SEVERITIES,
    STOPS,
    Command,
    Entry,
    FieldLine,
    Headline,
    News,
    Planning,
    Report,
    Status,
    less_protected,
    offline_headline,
    settings_file,
    together,
)

__all__ = [
    "ACTIONS",
    "NO_RESULT",
    "SANDBOX_NOTICE",
    "SEVERITIES",
    "STOPS",
    "Command",
    "Entry",
    "FieldLine",
    "Headline",
    "News",
    "Planning",
    "Report",
    "Status",
    "less_protected",
    "offline_headline",
    "settings_file",
    "together",
]
