"""The lab's server: an estate behind its protocol faces, over HTTPS on loopback.

estate = Estate(seed=7)
ann = estate.add_mailbox("ann@lab.example", "Ann Example", password="…")
with LabServer(estate) as server:
    server.ews_url, server.ca_pem, server.ca_file
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.faults import FaultPlan
from strongroom.lab.https import Authority, HttpsServer, Request, Response
from strongroom.lab.quirks import Quirks
from strongroom.lab.weather.model import Away, Profile
from strongroom.lab.weather.weather import Weather
from strongroom.lab.weather.words import met_outage

_COUNTERS = "/lab/"


class LabServer:
    """Serves an estate until it is stopped. Listens on 127.0.0.1 only.

    Attributes:
        estate: What it serves.
        exchange: The EWS face.
        weather: What requests go through; None: nothing.
        authority: The certificate authority made for this start.
        pages: More faces, by the beginning of the paths that each answers (``/lab/``).
    """

    def __init__(
        self,
        estate: Estate,
        *,
        port: int = 0,
        faults: FaultPlan | None = None,
        quirks: Quirks | None = None,
        validates_answers: bool = False,
        authority: Authority | None = None,
        weather: Weather | Profile | None = None,
        seed: int = 1,
    ) -> None:
        """Prepare the server; nothing listens yet.

        Args:
            estate: What to serve.
            port: TCP port; 0 takes any free one.
            faults: What is to go wrong.
            quirks: How the server differs from the book.
            validates_answers: Check every answer against the schema (tests; costs time).
            authority: A certificate authority to reuse; None makes a new one.
            weather: What every request goes through, or how such a server behaves.
            seed: Of the chances of a weather that is made from a profile.
        """
        self.estate = estate
        if isinstance(weather, Profile):
            weather = Weather(weather, seed=seed, clock=estate.clock)
        self.weather = weather
        self.exchange = ExchangeFace(
            estate,
            faults=faults,
            quirks=quirks,
            validates_answers=validates_answers,
            weather=weather,
        )
        self.authority = authority or Authority()
        self.pages: dict[str, Callable[[Request], Response]] = {"/ews/": self.exchange.answer}
        self._https = HttpsServer(
            self._answer,
            authority=self.authority,
            port=port,
            request_bytes_max=self.exchange.quirks.request_bytes_max,
            too_large_status=self.exchange.quirks.too_large_status,
            admits=self._admits,
        )

    @property
    def ca_pem(self) -> bytes:
        """The authority's certificate, PEM."""
        return self.authority.ca_pem

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return self._https.port

    @property
    def url(self) -> str:
        """``https://localhost:PORT``; 127.0.0.1 is in the certificate too."""
        return f"https://localhost:{self.port}"

    @property
    def ews_url(self) -> str:
        """Where EWS answers."""
        return f"{self.url}/EWS/Exchange.asmx"

    def limit_requests(self, request_bytes_max: int) -> None:
        """Do what an administrator does who sets maxAllowedContentLength in web.config."""
        self._https.limit_requests(request_bytes_max)

    def start(self) -> Self:
        """Listen, and answer in threads of its own."""
        if self.weather is not None:
            self.weather.open()
        self._https.start()
        return self

    def stop(self) -> None:
        """Close all connections and wait until every thread is done. Safe to call twice."""
        if self.weather is not None:
            self.weather.close()
        self._https.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _answer(self, request: Request) -> Response:
        path = request.path.casefold()
        if self.weather is not None and not path.startswith(_COUNTERS):
            met = met_outage(self.weather, request.connection.notes)
            if met is not None:
                return met
        for beginning, answer in self.pages.items():
            if path.startswith(beginning):
                return answer(request)
        return Response(status=404)

    def _admits(self) -> bool:
        """Say whether a connection is taken: not while the server is away and refuses them."""
        weather = self.weather
        if weather is None or not weather.is_away_by(Away.REFUSES):
            return True
        weather.turn_away_connection()
        return False
