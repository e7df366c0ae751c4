"""A farm or a tenant's part of Online: how it is set up, its sites, the cookies it gave out."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from strongroom.clock import Clock, SystemClock
from strongroom.lab.sharepoint.rest.profiles import PROFILES
from strongroom.lab.sharepoint.rights import Level

Kind = Literal["online", "windows", "forms", "claims"]
Legacy = Literal["on", "site-retired", "retired"]
"""``site-retired``: the token service still answers, the sites take none of its tokens any more."""

OldServices = Literal["all", "cookies", "nobody"]
"""Whom the services from before REST (``*.asmx``, ``exportwp.aspx``) take: ``cookies``, as Online
does, nobody who brings a token.

Source:
    https://github.com/s-KaiNet/node-sp-auth/issues/30 and 98 (tokens are answered with 401)
"""

SignInAgain = Literal["unauthorized", "forbidden", "redirect"]
"""How a farm with a sign-in page tells a program that it is not signed in."""

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


@dataclass(slots=True, kw_only=True)
class FarmSite:
    """One site.

    Attributes:
        path: In small letters, without a slash at the end; the root is ``/``.
        template: What it was made from.
        members: Who may do what there, names in small letters. None: everybody, everything.
        has_scripts: Custom scripts are allowed.
    """

    path: str
    title: str
    template: str = "STS"
    members: dict[str, Level] | None = None
    has_scripts: bool = True


@dataclass(slots=True, kw_only=True)
class Farm:
    """A farm. Safe to change beside a running server.

    Attributes:
        kind: ``online``; ``windows``, a farm that asks for NTLM or Negotiate; ``forms``, one with
            accounts of its own and a page to sign in at; ``claims``, one that trusts somebody
            else's sign-in server.
        legacy: Whether Online still takes user names and passwords.
        cookie_s: How long a cookie is good for.
        federated: Domains whose people sign in elsewhere, and where (``STSAuthURL``).
        policies: The web application's user policy: who may do what on all its sites.
        sign_in_again: How a farm with cookies says that there is none.
        health: What ``X-SharePointHealthScore`` says.
        front_end: What ``X-FEServer`` says, where administrators put it up.
        has_search: It has a search service, and the index is up to date.
        old_services: Whom the services from before REST take.
        has_web_parts_by_csom: The client object model puts web parts onto pages. Not everybody's
            does for an application's token (SubPointSolutions/spmeta2#522).
        profile: Its version, a name out of ``PROFILES``; by default the newest of its kind.
        primary: Under which name it knows its own sites (``http://intranet``), if that is not the
            one by which it is asked: alternate access mappings.
        beside: Addresses of the other hosts that a tenant has: where its OneDrives are.
        redirects: Where sites went that had an address before, by that.
    """

    kind: Kind
    clock: Clock = field(default_factory=SystemClock)
    draw: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(_DRAWN_BYTES))
    legacy: Legacy = "on"
    cookie_s: int = 8 * 3600
    federated: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Level] = field(default_factory=dict)
    sites: dict[str, FarmSite] = field(default_factory=dict)
    sign_in_again: SignInAgain = "unauthorized"
    health: int = 0
    front_end: str = ""
    has_search: bool = True
    old_services: OldServices = "all"
    has_web_parts_by_csom: bool = True
    profile: str = ""
    primary: str = ""
    beside: list[str] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _given: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.profile = self.profile or ("online" if self.kind == "online" else "se")
        if self.kind == "online" and self.profile == "online":
            self.old_services = "cookies"
        self.add_site("/", "Home")

    @property
    def version(self) -> str:
        """What ``MicrosoftSharePointTeamServices`` says."""
        return PROFILES[self.profile].version

    def add_site(self, path: str, title: str, *, template: str = "STS") -> FarmSite:
        """Make a site, such as ``/sites/marketing``, or one below it."""
        made = FarmSite(path=_normal(path), title=title, template=template)
        self.sites[made.path] = made
        return made

    def site_of(self, path: str) -> FarmSite | None:
        """Find the site of a path."""
        return self.sites.get(_normal(path))

    def moved_to(self, path: str) -> str | None:
        """Say where people are sent who come to an address that a site had before."""
        wanted = _normal(path)
        return next(
            (
                new + wanted.removeprefix(old)
                for old, new in self.redirects.items()
                if f"{wanted}/".startswith(f"{old}/")
            ),
            None,
        )

    def below(self, site: FarmSite) -> list[FarmSite]:
        """List the sites directly below one, of the same collection."""
        if site.path == "/":
            return []
        return [
            one
            for one in self.sites.values()
            if one.path.rpartition("/")[0] == site.path and one is not site
        ]

    def collections(self) -> list[FarmSite]:
        """List the sites at the top of their collections."""
        return [one for one in self.sites.values() if one.path == collection_of(one.path)]

    def level(self, name: str, site: FarmSite) -> Level | None:
        """Say what a person may do on a site; nothing: None."""
        by_policy = self.policies.get(name.casefold())
        if site.members is None:
            return Level.FULL
        own = site.members.get(name.casefold())
        return max((one for one in (by_policy, own) if one), default=None)

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


def collection_of(path: str) -> str:
    """Give the path of the site collection that a site is in."""
    parts = path.split("/")
    if len(parts) > 2 and parts[1] in {"sites", "teams", "personal"}:
        return "/".join(parts[:3])
    return "/"


def _normal(path: str) -> str:
    return path.casefold().rstrip("/") or "/"
