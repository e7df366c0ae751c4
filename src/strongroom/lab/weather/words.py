"""What the weather says in plain HTTP, whatever the protocol."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator

from strongroom.lab.https import Request, Response
from strongroom.lab.weather.visit import Asked, Refusal, Stage, Visit
from strongroom.lab.weather.weather import Weather


def unavailable(refusal: Refusal) -> Response:
    """Answer 503 without a body, as the queue of IIS does."""
    wait_s = refusal.wait_s
    told = [] if wait_s is None else [("Retry-After", str(math.ceil(wait_s)))]
    return Response(status=503, headers=told)


def met_outage(weather: Weather, connection: dict[str, object]) -> Response | None:
    """Answer, or break the connection, as long as the server is away; None: it is not."""
    if not weather.is_away:
        return None
    visit = weather.enter(Asked(caller="", place=""), connection)
    if visit.refusal is not None:
        return unavailable(visit.refusal)
    # It may have come back while this request was on its way: that counts as too early.
    weather.leave(visit)
    return Response(drops=True)


def through(
    weather: Weather,
    request: Request,
    asked: Asked,
    things: int,
    carry_out: Callable[[], Response],
    over: Callable[[Visit], Response],
) -> Response:
    """Bring a request through the weather, and carry it out when a worker has it.

    Args:
        weather: Of the server.
        request: The request.
        asked: Who asks what of whom.
        things: How many things it is about.
        carry_out: Answers it.
        over: Answers, or raises, where the weather let it down; by the protocol.
    """
    visit = weather.enter(asked, request.connection.notes)
    if visit.stage is not Stage.AT_WORK:
        return over(visit)
    try:
        response = carry_out()
        whole = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        response.body = whole
    except BaseException:
        weather.leave(visit)
        raise
    if not weather.finish(visit, items=things, size=max(len(whole), len(request.body))):
        return over(visit)
    response.sending = Sent(weather, visit)
    return response


class Sent:
    """An answer on its way: what ``Response.sending`` wants."""

    def __init__(self, weather: Weather, visit: Visit) -> None:
        self._weather = weather
        self._visit = visit

    def pieces(self, body: bytes) -> Generator[bytes, None, None]:
        """Give the body as the line carries it; ends early if it breaks."""
        return self._weather.send(self._visit, body)

    def end(self) -> None:
        """Count the request out."""
        self._weather.leave(self._visit)
