"""What Graph says when the weather of the mailboxes' servers refuses a request.

===========================  ====================================================================
verdict                      answer
===========================  ====================================================================
too many for a mailbox       429 ``ApplicationThrottled``, ``MailboxConcurrency``
too much of a mailbox        429 ``ApplicationThrottled``, ``MailboxRequests``
too many, too much, else     429 ``TooManyRequests``
the queue is full, away      503, ``Retry-After`` if a wait is told
took too long                504
lost in an outage            the connection breaks
===========================  ====================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable

from strongroom.lab.graph.errors import GraphError
from strongroom.lab.https import Request, Response
from strongroom.lab.weather import words
from strongroom.lab.weather.model import Whose
from strongroom.lab.weather.visit import Asked, Reason, Refusal, Stage, Visit
from strongroom.lab.weather.weather import Weather
from strongroom.lab.weather.words import unavailable

SYNC = "sync"
_GONE = frozenset({Reason.QUEUE_FULL, Reason.AWAY})


def through(
    weather: Weather,
    request: Request,
    asked: Asked,
    things: int,
    carry_out: Callable[[], Response],
) -> Response:
    """Bring a request through the weather, and carry it out when a worker has it.

    Raises:
        GraphError: the weather refuses it.
    """
    return words.through(weather, request, asked, things, carry_out, _over)


def _over(visit: Visit) -> Response:
    if visit.stage is Stage.TIMED_OUT:
        return Response(status=504)
    refusal = visit.refusal
    if refusal is None:
        return Response(drops=True)
    if refusal.reason in _GONE:
        return unavailable(refusal)
    raise _too_many(refusal)


def _too_many(refusal: Refusal) -> GraphError:
    headers = {} if refusal.wait_s is None else {"Retry-After": str(math.ceil(refusal.wait_s))}
    if refusal.whose is not Whose.PLACE:
        return GraphError(429, "TooManyRequests", "Too many requests.", headers=headers)
    limit = "MailboxConcurrency" if refusal.reason is Reason.TOO_MANY else "MailboxRequests"
    message = f"Application is over its {limit} limit."
    return GraphError(429, "ApplicationThrottled", message, headers=headers)
