"""What the sandbox's modules pass around: JSON, refusals in Graph's terms, moments and identifiers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = Any  # whatever a request body or a stored object may hold
JsonObject: TypeAlias = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits of the service that Microsoft moves now and then, how it pages, and how deep a PATCH goes."""

    policies: int = 240
    locations: int = 195
    ranges: int = 2000
    strengths: int = 15
    page: int = 100
    largest_page: int = 999
    filter_clauses: int = 15  # values in one `in (...)` on a directory object
    merges_blocks: bool = False  # a policy's block keeps what a PATCH leaves out of it; it is replaced else


class RefusedError(Exception):
    """The request is answered with an error in Graph's format."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        inner: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.inner = dict(inner or {})


def bad_request(message: str, code: str = "BadRequest") -> RefusedError:
    return RefusedError(400, code, message)


def unsupported_query(message: str) -> RefusedError:
    return bad_request(message, "Request_UnsupportedQuery")


def forbidden(message: str, code: str = "AccessDenied") -> RefusedError:
    return RefusedError(403, code, message)


def not_found(message: str, code: str = "NotFound") -> RefusedError:
    return RefusedError(404, code, message)


def missing_resource(identifier: str) -> RefusedError:
    """The directory's own words for an object or a reference that is not there."""
    return not_found(
        f"Resource '{identifier}' does not exist or one of its queried reference-property objects"
        " are not present.",
        "Request_ResourceNotFound",
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Seven fractional digits, as the service writes them."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def moment_of(text: str) -> datetime:
    """Raise ValueError if `text` is no date; a date without an offset counts as UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def new_id() -> str:
    return str(uuid.uuid4())


def is_guid(text: object) -> bool:
    try:
        uuid.UUID(str(text))
    except ValueError:
        return False
    return len(str(text)) == 36


def derived_id(*parts: str) -> str:
    """The same identifier for the same parts, for objects that are computed rather than stored."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)))
