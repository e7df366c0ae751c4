"""What SharePoint says when the weather refuses a request.

====================  ========================================  ================================
verdict               Online                                    a farm
====================  ========================================  ================================
over quota or budget  429 with ``Retry-After``, ``RateLimit-*``  503, the server is busy, no time
too many at once      429, ``Retry-After`` if a wait is told     503, the server is busy, no time
the queue is full     503, ``Retry-After`` if a wait is told     503, the server is busy, no time
away                  503, ``Retry-After`` if a wait is told     the same
took too long         504                                       the same
lost in an outage     the connection breaks                     the same
====================  ========================================  ================================

Online counts resource units: two for a request, five for one about permissions. REST has no
published price, and that every question of a batch is counted is documented for Graph's alone; it
is the worse of what can be. A farm rates itself from 0 to 10 with every answer
(``X-SharePointHealthScore``) and begins to refuse at 10; here it does so by the requests that wait
for its workers.

Source:
    https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-wsshp
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from strongroom.lab.https import Request, Response
from strongroom.lab.weather.visit import Announced, Asked, Reason, Refusal, Stage, Visit
from strongroom.lab.weather.weather import Weather
from strongroom.lab.weather.words import Sent, unavailable

UNITS, UNITS_OF_PERMISSIONS = 2, 5
HEALTH_WORST = 10

_PERMISSIONS = re.compile(rb"roleassignments|roleinheritance", re.IGNORECASE)
_QUESTION = re.compile(rb"^(?:GET|POST|PUT|PATCH|DELETE|MERGE) (\S+)", re.MULTILINE)
_BUSY = b"The server is busy now. Try again later."
_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
_OF_QUOTA = frozenset({Reason.OVER_QUOTA, Reason.OVER_BUDGET})


def asked_of(request: Request, *, caller: str, place: str) -> Asked:
    """Say what a request is to the weather.

    Args:
        request: As it came.
        caller: Who signed in.
        place: Path of the site collection.
    """
    units = sum(_units(one) for one in _questions(request))
    return Asked(caller=caller.casefold(), place=place.casefold(), units=units)


def through(
    weather: Weather,
    request: Request,
    asked: Asked,
    carry_out: Callable[[], Response],
    *,
    is_online: bool,
) -> Response:
    """Bring a request through the weather, and carry it out when a worker has it."""
    visit = weather.enter(asked, request.connection.notes)
    if visit.stage is not Stage.AT_WORK:
        return _over(visit, weather.announced(visit), is_online=is_online)
    try:
        response = carry_out()
        whole = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        response.body = whole
    except BaseException:
        weather.leave(visit)
        raise
    size = max(len(whole), len(request.body))
    if not weather.finish(visit, items=len(_questions(request)), size=size):
        return _over(visit, None, is_online=is_online)
    if is_online:
        response.headers += _told(weather.announced(visit))
    response.sending = Sent(weather, visit)
    return response


def health(weather: Weather) -> int:
    """Rate a farm by the requests that wait for each of its workers: 0 well, 10 refusing."""
    return min(HEALTH_WORST, math.floor(weather.crowd() * HEALTH_WORST / 2))


def _over(visit: Visit, announced: Announced | None, *, is_online: bool) -> Response:
    if visit.stage is Stage.TIMED_OUT:
        return Response(status=504)
    refusal = visit.refusal
    if refusal is None:
        return Response(drops=True)
    if refusal.reason is Reason.AWAY or (is_online and refusal.reason is Reason.QUEUE_FULL):
        return unavailable(refusal)
    if not is_online:
        return Response(status=503, headers=[_PLAIN], body=_BUSY)
    return _too_many(refusal, announced)


def _too_many(refusal: Refusal, announced: Announced | None) -> Response:
    headers = [_PLAIN]
    if refusal.wait_s is not None:
        headers.append(("Retry-After", str(math.ceil(refusal.wait_s))))
    if refusal.reason in _OF_QUOTA:
        headers += _told(announced)
    return Response(status=429, headers=headers, body=b"429 TOO MANY REQUESTS")


def _told(announced: Announced | None) -> list[tuple[str, str]]:
    if announced is None:
        return []
    return [
        ("RateLimit-Limit", str(announced.limit)),
        ("RateLimit-Remaining", str(announced.left)),
        ("RateLimit-Reset", str(math.ceil(announced.reset_s))),
    ]


def _questions(request: Request) -> list[bytes]:
    """Give the addresses that are asked for: one, or those of a batch."""
    if request.path.partition("?")[0].casefold().endswith("/_api/$batch"):
        return _QUESTION.findall(request.body) or [b""]
    return [request.path.encode()]


def _units(address: bytes) -> int:
    return UNITS_OF_PERMISSIONS if _PERMISSIONS.search(address) else UNITS
