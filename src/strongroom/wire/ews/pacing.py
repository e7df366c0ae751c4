"""What Exchange's refusals tell of the pace it wants, by EWS.

Exchange keeps a budget per account and protocol. An account that works *as* a mailbox's owner
(impersonation) is given a separate copy of that mailbox's budget, for each mailbox; one that works
as a delegate pays for all mailboxes out of its own. So a refusal that names a part of such a policy
speaks of one mailbox in the first case and of everything in the second:

=====================================  ====================  =======================================
refusal                                outcome               speaks of
=====================================  ====================  =======================================
``ErrorExceededConnectionCount``       connection limit      the budget
``ErrorServerBusy``, part
``MaxConcurrency`` or
``ConcurrentSyncCalls``                connection limit      the budget, with its wait
``ErrorServerBusy``, another part,
or none and a wait                     throttled             the budget, with its wait
``ErrorServerBusy`` without either     throttled             the server: its health, or a queue
``ErrorExceededSubscriptionCount``     throttled             the budget
``ErrorTimeoutExpired``                timeout               the server ends a batch after a minute
``ErrorMailboxFailover`` and its like  broken                the mailbox
other internal errors                  broken                the server
401 after a sign-in was taken          throttled             the server, seen under load
429, 503                               throttled             the server: the queue of IIS
redirect to the error page             broken                the server
anything else that is a plain no       ok                    nothing
=====================================  ====================  =======================================

Where a budget of time is used up, Exchange gives a wait and names no part. It is a budget all the
same: the wait is computed from its balance. That everything is shut, when most mailboxes are, the
slots see to.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
    https://github.com/OfficeDev/ews-managed-api/issues/293 (``MaxConcurrency``)
    https://github.com/mustang-im/mustang/issues/121 (``ConcurrentSyncCalls``)
"""

from __future__ import annotations

import re

from strongroom.errors import StrongroomError, TransientError
from strongroom.pace.http_status import told_by_status
from strongroom.pace.retry_after import seconds_in
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome, Scope
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.sign_in.doubt import RefusedForNow

_PART = re.compile(r"throttling budget for policy part '([A-Za-z]{1,64})'")
_SUGGESTED = re.compile(r"Suggested backoff time ([0-9]{1,18}) ms")
_PARTS_AT_ONCE = frozenset({"MaxConcurrency", "ConcurrentSyncCalls"})
_TOO_MANY_AT_ONCE = "ErrorExceededConnectionCount"
_TOO_LATE = "ErrorTimeoutExpired"
_OF_A_BUDGET = frozenset({_TOO_MANY_AT_ONCE, "ErrorExceededSubscriptionCount"})

_OF_ONE_MAILBOX = frozenset(
    {
        "ErrorMailboxStoreUnavailable",
        "ErrorMailboxMoveInProgress",
        "ErrorMailboxFailover",
        "ErrorArchiveMailboxServiceDiscoveryFailed",
        "ErrorContentIndexingNotEnabled",
    }
)


def told_by_error(error: EwsItemError, *, is_impersonating: bool) -> Told:
    """Say what a fault, or the error of one item or folder, tells.

    Args:
        error: It. Whether an internal error hides ``ErrorServerBusy`` has been looked at.
        is_impersonating: The request worked as the mailbox's owner.
    """
    match error.meaning:
        case Meaning.BUSY:
            return _told_by_busy(error, Scope.LANE if is_impersonating else Scope.SERVER)
        case Meaning.TRANSIENT:
            scope = Scope.LANE if error.code in _OF_ONE_MAILBOX else Scope.SERVER
            return Told(outcome=Outcome.BROKEN, scope=scope)
        case _ if error.code == _TOO_LATE:
            return Told(outcome=Outcome.TIMEOUT)
        case _:
            return WELL


def _told_by_busy(error: EwsItemError, budget: Scope) -> Told:
    words = _words(error)
    part = _part(error, words)
    is_at_once = part in _PARTS_AT_ONCE or error.code == _TOO_MANY_AT_ONCE
    wait_s = error.retry_after_s
    if wait_s is None and (told := _SUGGESTED.search(words)):
        wait_s = seconds_in(told[1], per_second=1000)
    is_of_budget = part or wait_s is not None or error.code in _OF_A_BUDGET
    return Told(
        outcome=Outcome.CONNECTION_LIMIT if is_at_once else Outcome.THROTTLED,
        scope=budget if is_of_budget else Scope.SERVER,
        retry_after_s=wait_s,
    )


def _words(error: EwsItemError) -> str:
    """Give the text, and the other one that comes among the details."""
    return " ".join([error.text, *(value for _, value in error.details)])


def _part(error: EwsItemError, words: str) -> str:
    """Name the part of the policy that is used up; empty if none is named."""
    named = dict(error.details).get("Policy", "").strip()
    found = _PART.search(words)
    return named or (found[1] if found else "")


def told_by_refusal(status: int, error: StrongroomError) -> Told:
    """Say what an answer tells that is neither a success nor a fault.

    Args:
        status: HTTP status code.
        error: What ``wire.ews.status`` has made of it.
    """
    if isinstance(error, RefusedForNow):
        return Told(outcome=Outcome.THROTTLED)
    if 300 <= status < 400 and isinstance(error, TransientError):
        # It leads to the error page.
        return Told(outcome=Outcome.BROKEN)
    wait_s = error.retry_after_s if isinstance(error, TransientError) else None
    return told_by_status(status, wait_s)
