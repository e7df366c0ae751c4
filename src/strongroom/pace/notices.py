"""Orders to wait, passed on between processes that use the same server.

Each process finds its own pace, because each sees its own part of the server's answers. Only an
order to stay away is not a matter of opinion: a server that told one process to wait 40 seconds
will be no friendlier to the next, and what the next one sends meanwhile prolongs the wait for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

WAIT_MIN_S = 1.0
"""What makes a wait longer by less than this is over before anybody has heard of it."""

LOOK_EVERY_S = 1.0

WHOLE_SERVER = ""
"""Stands for all lanes of a server."""


class Notices(Protocol):
    """Where processes leave word for each other. Safe in many threads.

    Word is a help and no more: where it cannot be left or read, every process is told by the server
    itself, as if it were alone. So no method ever raises, and none keeps anybody waiting for long.
    """

    def tell(self, server: str, lane: str, seconds: float) -> None:
        """Leave word that a server, or one lane, is to be left alone for so many seconds from now.

        An order that lasts longer already is not shortened.

        Args:
            server: Host and port.
            lane: Which; ``WHOLE_SERVER``: all of it.
            seconds: At most an hour counts: whoever is to wait longer asks again.
        """

    def heard(self, server: str) -> Mapping[str, float]:
        """Say for how many seconds more a server's lanes are to be left alone, more than 0 each."""


class NoNotices:
    """For a process that is alone."""

    def tell(self, server: str, lane: str, seconds: float) -> None:
        """Tell nobody."""

    def heard(self, server: str) -> Mapping[str, float]:  # noqa: ARG002 - nobody told anything
        """Hear nothing."""
        return {}


class Word:
    """What one server's pace passes on and hears. The pace's lock guards everything but ``ask``.

    Args:
        notices: Where word is left.
        server: Host and port.
    """

    def __init__(self, notices: Notices, server: str) -> None:
        self._notices = notices
        self._server = server
        self._look_s = 0.0
        self._told_until_s: dict[str, float] = {}

    def is_due(self, now: float) -> bool:
        """Say whether to look now; whoever is told yes does."""
        if now < self._look_s:
            return False
        self._look_s = now + LOOK_EVERY_S
        return True

    def is_worth_telling(self, now: float, lane: str, seconds: float) -> bool:
        """Say whether an order is to be passed on: one that others know of already is not.

        What was in flight when the order came is refused with the same one. Of what is over within
        a second nobody would hear in time.
        """
        for one in [one for one, until_s in self._told_until_s.items() if until_s <= now]:
            del self._told_until_s[one]
        is_known = now + seconds < self._told_until_s.get(lane, now) + WAIT_MIN_S
        if is_known:
            return False
        self._told_until_s[lane] = now + seconds
        return True

    def ask(self) -> Mapping[str, float]:
        """Look what others were told. Without the lock: it may take a moment."""
        return self._notices.heard(self._server)

    def tell(self, lane: str, seconds: float) -> None:
        """Pass an order on. Without the lock: it may take a moment."""
        self._notices.tell(self._server, lane, seconds)
