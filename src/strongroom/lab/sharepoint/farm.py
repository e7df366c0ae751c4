"""A farm or a tenant's part of Online: how it is set up, its sites, the cookies it gave out."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from strongroom.clock import Clock, SystemClock

Legacy = Literal["on", "site-retired", "retired"]
"""``site-retired``: the token service still answers, the sites take none of its tokens any more."""

_ONLINE_VERSION = "16.0.0.25514"
_FARM_VERSION = "16.0.0.14326"
_DRAWN_BYTES = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who sent a request.

    Attributes:
        name: Principal name or account; an application's id.
        app_id: Set if an application acts by itself.
        rights: What its token says, application permissions or scopes; None: a person by cookie or
            Windows, whom the sites let in.
    """

    name: str
    app_id: str = ""
    rights: frozenset[str] | None = None


class Farm:
    """A farm. Safe to change beside a running server.

    Attributes:
        kind: ``online``; ``windows``, a farm that asks for NTLM or Negotiate; ``forms``, one with
            accounts of its own and a page to sign in at.
        legacy: Whether Online still takes user names and passwords.
        cookie_s: How long a cookie is good for.
        federated: Domains whose people sign in elsewhere, and where (``STSAuthURL``).
    """

    def __init__(
        self,
        *,
        kind: Literal["online", "windows", "forms"],
        clock: Clock | None = None,
        draw: Callable[[], str] | None = None,
    ) -> None:
        self.kind = kind
        self.legacy: Legacy = "on"
        self.cookie_s = 8 * 3600
        self.federated: dict[str, str] = {}
        self.sites: dict[str, str] = {"/": "Home"}
        self.clock: Clock = clock or SystemClock()
        self.draw = draw or (lambda: secrets.token_urlsafe(_DRAWN_BYTES))
        self._lock = threading.Lock()
        self._given: dict[str, tuple[str, datetime]] = {}

    @property
    def version(self) -> str:
        """What ``MicrosoftSharePointTeamServices`` says."""
        return _ONLINE_VERSION if self.kind == "online" else _FARM_VERSION

    def add_site(self, path: str, title: str) -> None:
        """Make a site, such as ``/sites/marketing``."""
        self.sites[path.casefold().rstrip("/") or "/"] = title

    def site_of(self, path: str) -> tuple[str, str] | None:
        """Find the site below which a path lies: its own path and its title."""
        wanted = path.casefold().rstrip("/") or "/"
        title = self.sites.get(wanted)
        return None if title is None else (wanted, title)

    def give(self, user: str, *, life_s: float | None = None) -> str:
        """Make something that stands for a user: a cookie's value, or a token."""
        value = self.draw()
        ends_at = self.clock.now() + timedelta(seconds=self.cookie_s if life_s is None else life_s)
        with self._lock:
            self._given[value] = (user, ends_at)
        return value

    def whose(self, value: str) -> str | None:
        """Say whom a cookie or token stands for; None if it is none of ours, or has ended."""
        with self._lock:
            found = self._given.get(value)
        return found[0] if found and self.clock.now() < found[1] else None

    def end_cookies(self) -> None:
        """Forget all that was given out, as recycling the sign-in of a farm does."""
        with self._lock:
            self._given.clear()
