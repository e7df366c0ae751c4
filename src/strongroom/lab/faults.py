"""Planned trouble: what goes wrong, at which request, told beforehand.

A test plans faults, runs, and asks at the end which never happened: a fault that did not fire
proves nothing, so ``FaultPlan.unfired`` must be empty.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class FaultKind(Enum):
    """What happens instead of, or to, the right answer."""

    BUSY = auto()
    """SOAP fault ErrorServerBusy with BackOffMilliseconds of ``seconds``."""
    BUSY_IN_BODY = auto()
    """HTTP 200 with ErrorInternalServerError that hides ErrorServerBusy in its MessageXml."""
    CUT = auto()
    """The connection breaks after half of the answer's body; the request was carried out."""
    DROP = auto()
    """The connection breaks before anything is answered; the request was carried out."""
    REFUSE = auto()
    """The connection breaks before the request is carried out."""
    UNAVAILABLE = auto()
    """HTTP 503 without a body; Retry-After of ``seconds`` if that is not zero."""
    UNAUTHORIZED = auto()
    """HTTP 401, as servers under load answer now and then."""
    SLOW = auto()
    """The right answer, ``seconds`` late by the estate's clock."""
    TRUNCATED_EXPORT = auto()
    """The first item's export data ends in the text of a server that gave up."""
    ITEM_CORRUPT = auto()
    """The first item of the request answers ErrorItemCorrupt."""
    BATCH_STOPPED = auto()
    """The first item answers ErrorMailboxStoreUnavailable, the others ErrorBatchProcessingStopped.
    """
    SOAP_FAULT_200 = auto()
    """The SOAP fault ErrorInternalServerTransientError with the HTTP status 200."""
    INTERNAL_PAGE = auto()
    """HTTP 500 with a page of HTML."""
    REDIRECT = auto()
    """HTTP 302 to the generic error page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planned fault.

    Attributes:
        kind: What happens.
        operation: Only requests of this operation count (``ExportItems``); None: all.
        nth: It happens at the n-th such request, counted from 1.
        times: And at the ones that follow, so many altogether.
        mailbox: Only requests to this address count; None: all.
        seconds: Back-off, Retry-After or delay.
    """

    kind: FaultKind
    operation: str | None = None
    nth: int = 1
    times: int = 1
    mailbox: str | None = None
    seconds: float = 0.0


class FaultPlan:
    """The faults of one run. Safe to use from many threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._entries = [_Entry(fault) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Plan one more; its requests are counted from now on."""
        with self._lock:
            self._entries.append(_Entry(fault))

    def next_for(self, operation: str, mailbox: str) -> Fault | None:
        """Count a request and say what goes wrong with it, if anything."""
        with self._lock:
            hit = None
            for entry in self._entries:
                if entry.counts(operation, mailbox) and hit is None:
                    entry.fired += 1
                    hit = entry.fault
            return hit

    @property
    def unfired(self) -> list[Fault]:
        """The planned faults that did not happen as often as planned."""
        with self._lock:
            return [one.fault for one in self._entries if one.fired < one.fault.times]


class _Entry:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.fired = 0

    def counts(self, operation: str, mailbox: str) -> bool:
        """Count the request if it is of the planned sort; say whether the fault is due."""
        fault = self.fault
        if fault.operation not in (None, operation):
            return False
        if fault.mailbox is not None and fault.mailbox.casefold() != mailbox.casefold():
            return False
        self.seen += 1
        return fault.nth <= self.seen < fault.nth + fault.times
