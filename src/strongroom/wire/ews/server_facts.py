"""What a server tells about itself beside its answers, and the cookies that lead back to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from http.cookies import CookieError, SimpleCookie

from strongroom.wire.ews.answers import ServerVersion
from strongroom.wire.reply import Reply

_AFFINITY_COOKIES = ("X-BackEndOverrideCookie", "X-BackEndCookie")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What the last answer told about who gave it; empty where it did not say.

    Attributes:
        version: Exchange's version.
        front_end, back_end, back_end_target: Host names (``X-FEServer``, ``X-BEServer``,
            ``X-CalculatedBETarget``).
        front_end_name: The front end's full name, where it tells it (``X-FEProxyInfo``).
        edge: The entrance of Microsoft's network that we came in by (``X-FEEFZInfo``).
        date: Its clock, as the ``Date`` header says it.
        round_trip_s: How long the last request took to its first byte, in seconds.
    """

    version: ServerVersion | None = None
    front_end: str = ""
    back_end: str = ""
    back_end_target: str = ""
    front_end_name: str = ""
    edge: str = ""
    date: str = ""
    round_trip_s: float = 0.0


@dataclass(slots=True)
class Shared:
    """What all views into one server know together. Safe in many threads.

    Attributes:
        schema: Which of the schema versions the server understands, as far as we know.
        facts: What its last answer told.
    """

    schema: int = 0
    facts: ServerFacts = field(default_factory=ServerFacts)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_reply(self, reply: Reply) -> None:
        """Keep what the headers of an answer tell."""
        with self._lock:
            self.facts = replace(
                self.facts,
                front_end=reply.header("X-FEServer"),
                back_end=reply.header("X-BEServer"),
                back_end_target=reply.header("X-CalculatedBETarget"),
                front_end_name=reply.header("X-FEProxyInfo"),
                edge=reply.header("X-FEEFZInfo"),
                date=reply.header("Date"),
                round_trip_s=reply.round_trip_s,
            )

    def note_version(self, version: ServerVersion | None) -> None:
        """Keep the version that an envelope's header tells."""
        if version is not None and version != self.facts.version:
            with self._lock:
                self.facts = replace(self.facts, version=version)

    def step_down(self, refused: int) -> None:
        """Use an older schema than the refused one; another thread may have stepped already."""
        with self._lock:
            self.schema = max(self.schema, refused + 1)


class AffinityCookies:
    """The cookies that lead a mailbox's requests back to its back end. Safe in many threads.

    All other cookies are dropped: nothing here is a browser.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cookies: dict[str, str] = {}

    def note_reply(self, reply: Reply) -> None:
        """Keep those that an answer sets."""
        for header in reply.header_values("Set-Cookie"):
            try:
                told = SimpleCookie(header)
            except CookieError:
                continue
            with self._lock:
                self._cookies |= {k: told[k].coded_value for k in _AFFINITY_COOKIES if k in told}

    def header(self) -> str:
        """Give the ``Cookie`` header, or an empty string."""
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def forget(self) -> None:
        """Drop them: their back end was ill."""
        with self._lock:
            self._cookies.clear()
