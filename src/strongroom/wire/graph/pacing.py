"""What Graph's answers tell of the pace it wants.

Graph itself allows thousands of requests a second; what stops a backup are the limits of the
services behind it. Exchange Online counts per application *and mailbox* (10,000 requests in ten
minutes, 150 MB of uploads in five, four requests at a time), so a refusal that names one of those
limits shuts one mailbox, and the others go on.

==============================================  ====================  ===================
answer                                          outcome               speaks of
==============================================  ====================  ===================
429, "over its ``MailboxConcurrency`` limit"    connection limit      the mailbox
429, "over its ``IncomingBytes`` limit" or
another limit of a mailbox                      throttled             the mailbox
any other 429, 503, 509                         throttled             Graph
``ErrorServerBusy``, with any status            throttled             Graph
504                                             timeout               Graph
any other 5xx                                   broken                Graph
5xx for ``ErrorMailboxStoreUnavailable`` …      as its status says    the mailbox
423, and every other no                         ok                    nothing
==============================================  ====================  ===================

A wait that comes with any of them is kept. 423 says that a thing is locked, and it stays so however
slowly we ask.

Source:
    https://learn.microsoft.com/graph/throttling-limits
    https://learn.microsoft.com/graph/throttling
    https://github.com/alcionai/corso/issues/3695 (the words of ``MailboxConcurrency``)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from strongroom.pace.http_status import told_by_status
from strongroom.pace.rate_limit import with_quota
from strongroom.pace.retry_after import Header, retry_after_s
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome, Scope
from strongroom.wire.graph.faults import Fault

_AT_ONCE = "MailboxConcurrency"
_BYTES = frozenset({"IncomingBytes", "OutgoingBytes"})
_BUSY = frozenset(
    {"ErrorServerBusy", "ApplicationThrottled", "TooManyRequests", "activityLimitReached"}
)
_WORK = frozenset({"ErrorServerBusy"})
"""Exchange's own word for having too much to do; Graph hands it on with a status of its own."""
_OF_ONE_MAILBOX = frozenset(
    {"ErrorMailboxStoreUnavailable", "ErrorMailboxMoveInProgress", "ErrorMailboxFailover"}
)
_SEVERITY = (Outcome.OK, Outcome.CONNECTION_LIMIT, Outcome.THROTTLED)

_USED_S = 10.0
"""The directory counts its resource units over ten seconds."""


def told_by_answer(status: int, header: Header, fault: Fault, now: datetime) -> Told:
    """Say what one answer tells; also one inside a ``$batch``, which has its own headers.

    Args:
        status: HTTP status code.
        header: Its headers.
        fault: Its error; an empty one for a success.
        now: Aware, UTC.
    """
    told = _told(status, retry_after_s(header, now), fault)
    return _with_used(with_quota(told, header), header)


def told_by_items(faults: Iterable[Fault]) -> Told:
    """Say what the errors of single items in a success tell: the severest that is among them."""
    return max((_told(200, None, fault) for fault in faults), key=_severity, default=WELL)


def _severity(told: Told) -> tuple[int, bool]:
    return _SEVERITY.index(told.outcome), told.scope == Scope.SERVER


def _told(status: int, wait_s: float | None, fault: Fault) -> Told:
    is_of_mailbox = fault.limit in _BYTES or fault.limit.startswith("Mailbox")
    if fault.limit == _AT_ONCE:
        return Told(outcome=Outcome.CONNECTION_LIMIT, scope=Scope.LANE, retry_after_s=wait_s)
    if is_of_mailbox or fault.code in _BUSY:
        scope = Scope.LANE if is_of_mailbox else Scope.SERVER
        is_counted = status == HTTPStatus.TOO_MANY_REQUESTS and fault.code not in _WORK
        return Told(
            outcome=Outcome.THROTTLED, scope=scope, retry_after_s=wait_s, is_counted=is_counted
        )
    told = told_by_status(status, wait_s)
    return replace(told, scope=Scope.LANE) if fault.code in _OF_ONE_MAILBOX else told


def _with_used(told: Told, header: Header) -> Told:
    """Add what the directory announces: the share that is used, once it is more than 0.8."""
    try:
        used = float(header("x-ms-throttle-limit-percentage") or "nan")
    except ValueError:
        return told
    if told.quota_left is not None or not used >= 0.0:
        return told
    return replace(told, quota_left=max(0.0, 1.0 - used), quota_reset_s=_USED_S)
