"""The way of an EWS request through the weather, and what the weather's verdicts sound like here.

===========================  ====================================================================
verdict                      answer
===========================  ====================================================================
too many, no wait told       ``ErrorExceededConnectionCount``, policy part ``MaxConcurrency``
too many, a wait told        ``ErrorServerBusy``, part ``MaxConcurrency`` or ``ConcurrentSyncCalls``
over budget, over quota      ``ErrorServerBusy`` with ``BackOffMilliseconds``
the queue is full, away      HTTP 503, ``Retry-After`` if a wait is told
a batch took too long        ``ErrorTimeoutExpired``
lost in an outage            the connection breaks
===========================  ====================================================================

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
    https://github.com/OfficeDev/ews-managed-api/issues/293 (``MaxConcurrency``)
    https://github.com/mustang-im/mustang/issues/121 (``ConcurrentSyncCalls``)
"""

from __future__ import annotations

import math
from collections.abc import Callable

from strongroom.lab.exchange.errors import SoapFault
from strongroom.lab.exchange.xml import Element, children, name_of
from strongroom.lab.https import Request, Response
from strongroom.lab.weather import words
from strongroom.lab.weather.model import Cap
from strongroom.lab.weather.visit import Asked, Reason, Refusal, Stage, Visit
from strongroom.lab.weather.weather import Weather
from strongroom.lab.weather.words import unavailable

SYNC = "sync"
"""The kind of SyncFolderItems and SyncFolderHierarchy, which have a limit of their own."""

_SYNC_OPERATIONS = frozenset({"SyncFolderItems", "SyncFolderHierarchy"})
# Lists of things that a request is about. The entries of listings cost by their bytes alone.
_THINGS = frozenset(
    {"ItemIds", "Items", "ItemChanges", "AttachmentIds", "Attachments", "FolderIds", "Folders"}
)


def through(
    weather: Weather,
    request: Request,
    asked: Asked,
    body: Element,
    carry_out: Callable[[], Response],
) -> Response:
    """Bring a request through the weather, and carry it out when a worker has it.

    Raises:
        SoapFault: the weather refuses it.
    """
    return words.through(weather, request, asked, things_in(body), carry_out, _over)


def kind_of(operation: str) -> str:
    """Say what sort of request the weather's rules take an operation for."""
    return SYNC if operation in _SYNC_OPERATIONS else operation


def things_in(body: Element) -> int:
    """Count the items, folders or attachments that a request asks for or brings."""
    return sum(len(list(children(one))) for one in children(body) if name_of(one) in _THINGS)


def _over(visit: Visit) -> Response:
    if visit.stage is Stage.TIMED_OUT:
        raise SoapFault("ErrorTimeoutExpired")
    if visit.refusal is None:
        return Response(drops=True)
    if visit.refusal.reason in (Reason.QUEUE_FULL, Reason.AWAY):
        return unavailable(visit.refusal)
    raise _fault(visit.refusal)


def _fault(refusal: Refusal) -> SoapFault:
    cap, wait_s = refusal.cap, refusal.wait_s
    wait_ms = 0 if wait_s is None else math.ceil(wait_s * 1000)
    told = {} if wait_s is None else {"BackOffMilliseconds": str(wait_ms)}
    code = "ErrorServerBusy"
    if cap is not None:
        told |= policy_values(_part(cap), cap.limit, wait_ms)
        code = code if wait_s is not None else "ErrorExceededConnectionCount"
    return SoapFault(code, values=told)


def _part(cap: Cap) -> str:
    return "ConcurrentSyncCalls" if cap.kind == SYNC else "MaxConcurrency"


def policy_values(part: str, limit: int, wait_ms: int) -> dict[str, str]:
    """Say which part of a throttling policy was used up, in Exchange's words."""
    return {
        "Policy": part,
        f"{part}Limit": str(limit),
        "ErrorMessage": "This operation exceeds the throttling budget for policy part"
        f" '{part}', policy value '{limit}',  Budget type: 'Ews'.  Suggested backoff"
        f" time {wait_ms} ms.",
    }
