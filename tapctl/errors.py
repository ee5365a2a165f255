"""What can stop a run. Wrong input is a Finding instead, gathered and shown with the others.

TapctlError
├── UsageError              the command line asks for something that cannot be
├── WorkspaceError          the folder cannot be read at all
├── CredentialsError        no way to sign in works, or the token is for another tenant
├── NotRecorded             what is done must be in a record, and the record cannot be written
├── NotDelivered            a passcode did not reach the place where it was to be handed over
├── Refused                 tapctl will not do this (a guard's brake, a declined prompt, a moved tenant)
├── GitHubError             GitHub said no, or did not answer
└── GraphError              Graph said no, with its code, message and request id
    ├── NotPermitted        401 or 403: says what is missing, sign-in or permission; never read as "absent"
    ├── NotFound            404
    ├── Throttled           429 after all retries
    └── AnswerLost          the connection broke after a write was sent: nobody knows whether it happened
"""

from __future__ import annotations


class TapctlError(Exception):
    """A message for the person who ran the command; the CLI root shows it and exits with 1."""


class UsageError(TapctlError):
    """The command line asks for something that cannot be done."""


class WorkspaceError(TapctlError):
    """The workspace folder is missing or cannot be read."""


class CredentialsError(TapctlError):
    """No credential works, or the token belongs to another tenant."""


class NotRecorded(TapctlError):
    """A record cannot be written, so that nothing more may be done that belongs in it."""


class NotDelivered(TapctlError):
    """The place for a passcode cannot be used, or it did not get there. Never holds the passcode."""


class Refused(TapctlError):
    """tapctl will not do this until something is said or changed."""


class GitHubError(TapctlError):
    """GitHub refused a request or gave no answer. Never holds the token."""


class GraphError(TapctlError):
    """An error answer of Microsoft Graph.

    `status` is the HTTP status (0 when no answer came), `code` and `message` are Graph's own words
    (https://learn.microsoft.com/graph/errors), `request_id` is what Microsoft support asks for.
    `may_be_done`: one attempt at a write may have been carried out all the same.
    """

    def __init__(
        self,
        *,
        request: str,
        status: int,
        code: str = "",
        message: str = "",
        request_id: str = "",
        advice: str = "",
        may_be_done: bool = False,
    ) -> None:
        self.request, self.status, self.code = request, status, code
        self.message, self.request_id, self.advice = message, request_id, advice
        self.may_be_done = may_be_done
        super().__init__(str(self))

    def __str__(self) -> str:
        answer = " ".join(part for part in (str(self.status or ""), self.code) if part) or "no answer"
        text = f"{self.request}: {answer}"
        if self.message:
            text += f": {self.message}"
        if self.request_id:
            text += f" (request id {self.request_id})"
        if self.advice:
            text += f"\n  {self.advice}"
        return text


class NotPermitted(GraphError):
    """401 or 403: the identity may not do this."""


class NotFound(GraphError):
    """404: Graph knows no such object (or does not show it yet)."""


class Throttled(GraphError):
    """429, still, after all retries."""


class AnswerLost(GraphError):
    """The answer to a write never came: it may or may not have been carried out."""
