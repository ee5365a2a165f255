"""AuthenticationContext: a label that applications put on sensitive actions, known by its id, c1 to c99."""

from __future__ import annotations

from tapctl.kind import Kind, Lookup, Request, Write, changed_properties

_PATH = "identity/conditionalAccess/authenticationContextClassReferences"


def _requests(kind: Kind, write: Write) -> list[Request]:
    """There is no POST: PATCH of an unused id creates it. A published one cannot be deleted
    (authenticationcontextclassreference-update and -delete, checked 2026-11)."""
    path = f"{_PATH}/{write.address.name}"
    withdraw = Request(method="PATCH", path=path, body={"isAvailable": False}, settle=True)
    match write.action:
        case "create" | "update":
            body = kind.body(write, (name for name in changed_properties(write) if name != "id"))
            return [Request(method="PATCH", path=path, body=body)]
        case "delete":
            is_published = write.before.get("isAvailable") is True
            return [*([withdraw] if is_published else []), Request(method="DELETE", path=path)]
        case _:
            return []


KIND = Kind(
    name="AuthenticationContext",
    path=_PATH,
    documentation="https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference",
    read_permission="AuthenticationContext.Read.All",
    write_permissions=("AuthenticationContext.ReadWrite.All",),
    family="conditionalAccess",
    lookup=Lookup(
        kind="AuthenticationContext",
        path=_PATH,
        by="list",
        key="id",
        permission="AuthenticationContext.Read.All",
    ),
    requests=_requests,
)
