"""Form digests: what a POST by cookies or Windows sign-in must carry, so that no page can forge it.

A token in every request is proof enough by itself: with one, none of this is asked for.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/complete-basic-operations-using-sharepoint-rest-endpoints
"""

from __future__ import annotations

import re
import threading

import msgspec

from strongroom.clock import Clock
from strongroom.errors import OperatorError

HEADER = "X-RequestDigest"
REFUSED = ("-2130575251", "-2130575252")
"""The beginnings of the codes that a digest is refused with: it ended, or is not of here."""

_VALUE = re.compile(r"[!-~][ -~]{0,1023}")
_EARLY_S = 60.0
_SITES_MAX = 1000


class ContextInfo(msgspec.Struct, rename="pascal"):
    """What ``contextinfo`` answers."""

    form_digest_value: str = ""
    form_digest_timeout_seconds: float = 0.0


class Digests:
    """Those in use, one for each site. Safe in many threads.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def of(self, site: str) -> str:
        """Give the digest that is good for a site; empty if a new one is to be asked for."""
        with self._lock:
            value, ends_s = self._known.get(site, ("", 0.0))
            return value if self._clock.monotonic_s() < ends_s else ""

    def learn(self, site: str, told: ContextInfo) -> str:
        """Take in a new one.

        Raises:
            OperatorError: it is none.
        """
        value = told.form_digest_value
        if not _VALUE.fullmatch(value):
            raise OperatorError("The server gave no digest that a request could carry.")
        lasts_s = max(0.0, told.form_digest_timeout_seconds - _EARLY_S)
        with self._lock:
            if len(self._known) >= _SITES_MAX:
                self._known.clear()
            self._known[site] = (value, self._clock.monotonic_s() + lasts_s)
        return value

    def forget(self, site: str, value: str) -> None:
        """Drop one that was refused, unless somebody else has got another meanwhile."""
        with self._lock:
            if self._known.get(site, ("", 0.0))[0] == value:
                del self._known[site]
