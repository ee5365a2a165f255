"""A pretend tenant that speaks Microsoft Graph v1.0, with its state in SQLite; imports nothing else of ours.

Built from Graph's documentation: a wrong path, body or assumption elsewhere fails instead of being mirrored.
"""

from __future__ import annotations

from tapctl.sandbox.app import create_app
from tapctl.sandbox.clock import MovedClock
from tapctl.sandbox.misbehave import AnswerDroppedError, Misbehaviour
from tapctl.sandbox.registration import offered
from tapctl.sandbox.sign_in import Attempt, CannotRegisterError, Session, register, sign_in
from tapctl.sandbox.store import Store
from tapctl.sandbox.transfer import dump, load, reset, tenant_id, unserved
from tapctl.sandbox.values import Settings

__all__ = [
    "AnswerDroppedError",
    "Attempt",
    "CannotRegisterError",
    "Misbehaviour",
    "MovedClock",
    "Session",
    "Settings",
    "Store",
    "create_app",
    "dump",
    "load",
    "offered",
    "register",
    "reset",
    "sign_in",
    "tenant_id",
    "unserved",
]
