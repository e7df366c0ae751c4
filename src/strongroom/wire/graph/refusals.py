"""Plain words for every way in which Graph says no, named once.

Of an error only its code is kept: its message repeats addresses, and whatever was asked.

Source:
    https://learn.microsoft.com/graph/errors
    https://learn.microsoft.com/graph/throttling
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from strongroom.clock import Clock
from strongroom.errors import (
    AccessDenied,
    CursorExpired,
    OperatorError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.pace.retry_after import retry_after_s
from strongroom.wire.graph.faults import fault_in
from strongroom.wire.http import HttpAnswer


class GraphDenied(AccessDenied):
    """Graph knows us and says no.

    Attributes:
        code: Graph's code; empty if it gave none.
        status: Of HTTP.
    """

    def __init__(self, what: str, *, code: str, status: int, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.code = code
        self.status = status


class GraphRefused(OperatorError):
    """Graph does not do what was asked: there is no such thing, or the question makes no sense.

    Attributes:
        code, status: As above.
    """

    def __init__(self, what: str, *, code: str, status: int, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.code = code
        self.status = status


class _Story(NamedTuple):
    what: str
    why: str
    hint: str = ""


_PERMISSIONS = (
    "Entra admin center, App registrations, the application, API permissions: add the permission,"
    " then press 'Grant admin consent'."
)
_NOT_SIGNED_IN = _Story(
    "Microsoft Graph does not take the token of {user}.",
    "It is expired, revoked, or made for another service.",
    "Sign in again on this connection; check its cloud and its endpoints.",
)
_NO_PERMISSION = _Story(
    "{user} lacks the permission for this in Microsoft Graph.",
    "It was not granted, or an administrator has not consented to it.",
    _PERMISSIONS,
)
_NO_MAILBOX_RIGHT = _Story(
    "Exchange Online does not let {user} at this mailbox.",
    "The token lacks the permission, or the mailbox is outside the scope of the application's "
    "role (RBAC for Applications). A person's sign-in reaches that person's own mailbox only.",
    _PERMISSIONS,
)
_NO_MAILBOX = _Story(
    "There is no mailbox here.",
    "It is inactive, deleted, or hosted on a server of the organisation's own.",
    "Check the address; a mailbox on a server of one's own needs a connection of its own.",
)
_NOT_THERE = _Story("Microsoft Graph knows nothing of that name.", "", "Check the name.")

_STORIES: Mapping[str, _Story] = {
    "Authorization_RequestDenied": _NO_PERMISSION,
    "Authorization_IdentityNotFound": _Story(
        "The application is not present in this tenant.",
        "Nobody there has consented to it.",
        "Entra admin center, Enterprise applications: check that it is there and enabled.",
    ),
    "ErrorAccessDenied": _NO_MAILBOX_RIGHT,
    "AccessDenied": _NO_PERMISSION,
    "accessDenied": _NO_PERMISSION,
    "ErrorQuotaExceeded": _Story(
        "The mailbox is full, so Exchange Online keeps no place in its history.",
        "",
        "Make room in the mailbox.",
    ),
    "MailboxNotEnabledForRESTAPI": _NO_MAILBOX,
    "MailboxNotSupportedForRESTAPI": _NO_MAILBOX,
    "ErrorInvalidUser": _NO_MAILBOX,
    "ErrorInvalidMailboxId": _NO_MAILBOX,
}
_SLOWER = frozenset({429, 509})


def refusal(answer: HttpAnswer, *, user: str, clock: Clock) -> StrongroomError:
    """Make the error of an answer that is no success.

    Args:
        answer: The answer.
        user: Whose token was sent.
        clock: To turn a ``Retry-After`` date into seconds.
    """
    status, code = answer.status, fault_in(answer.body).code
    why = f"HTTP {status}{f', {code}' if code else ''}."
    wait_s = retry_after_s(answer.header, clock.now())
    if status in _SLOWER or (status == 503 and wait_s is not None):
        return TransientError(
            "Microsoft Graph asks us to go slower.", why=why, retry_after_s=wait_s, is_throttle=True
        )
    if status >= 500:
        return TransientError("Microsoft Graph is out of order right now.", why=why)
    if status == 410:
        return CursorExpired("Microsoft Graph does not take this cursor any more.", why=why)
    if 300 <= status < 400:
        return OperatorError(
            "Microsoft Graph sends us elsewhere.",
            why=f"{why} Credentials are not sent on to other addresses.",
            hint="Check the connection's cloud and its endpoints.",
        )
    if status == 401:
        what, reason, hint = _NOT_SIGNED_IN
        return SignInEnded(
            what.format(user=user), is_proof_refused=False, why=f"{reason} {why}", hint=hint
        )
    return _told(status, code, user)


def _told(status: int, code: str, user: str) -> GraphDenied | GraphRefused:
    known = _STORIES.get(code)
    if status == 403:
        story = known or _NO_PERMISSION
    elif status == 404:
        story = known or _NOT_THERE
    else:
        story = known or _Story("Microsoft Graph refused what was asked.", "")
    kind = GraphDenied if status == 403 else GraphRefused
    number = f"(HTTP {status}{f', {code}' if code else ''})"
    return kind(
        story.what.format(user=user),
        code=code,
        status=status,
        why=f"{story.why} {number}".strip(),
        hint=story.hint,
    )
