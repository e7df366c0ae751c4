"""What the weather says in plain HTTP, whatever the protocol."""

from __future__ import annotations

import math
from collections.abc import Generator

from strongroom.lab.https import Response
from strongroom.lab.weather.visit import Asked, Refusal, Visit
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
