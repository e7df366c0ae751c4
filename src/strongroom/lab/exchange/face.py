"""The EWS face: one HTTP request in, one answer out."""

from __future__ import annotations

from strongroom.lab.estate.estate import Estate
from strongroom.lab.faults import FaultPlan
from strongroom.lab.https import Request, Response
from strongroom.lab.quirks import Quirks


class ExchangeFace:
    """Answers EWS requests from an estate. Safe to call from many threads.

    Attributes:
        quirks: How it differs from the book; may be replaced while it runs.
        faults: What is to go wrong; may be replaced while it runs.
        requests: How many requests of each operation came, for tests that count.
    """

    def __init__(
        self,
        estate: Estate,
        *,
        faults: FaultPlan | None = None,
        quirks: Quirks | None = None,
        validates_answers: bool = False,
    ) -> None:
        self.estate = estate
        self.faults = faults or FaultPlan()
        self.quirks = quirks or Quirks()
        self.validates_answers = validates_answers
        self.requests: dict[str, int] = {}

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        raise NotImplementedError
