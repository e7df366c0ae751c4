"""The hosts that one sign-in is for, and other names under which their sites are known.

Nothing here is ever taken from an answer as a place to send to: an answer can only say that an
address is another name of what a connection reaches anyhow.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import msgspec

from strongroom.wire.origins import ForbiddenOrigin, Origin
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api, site_path


class _Named(msgspec.Struct, rename="pascal"):
    primary_uri: str = ""


class Hosts:
    """Which connection an address is for. Safe in many threads.

    Args:
        rest: To the connection's own server.
        site: Address of the connection's own site there.
        beside: To hosts that the same sign-in is for: where a tenant's OneDrives are.
    """

    def __init__(
        self, rest: RestConnection, site: str, beside: Sequence[RestConnection] = ()
    ) -> None:
        self.rest = rest
        self.site = site
        self._by_origin = {Origin.of(one.transport.url): one for one in (rest, *beside)}
        self._lock = threading.Lock()
        self._primary: str | None = None

    @property
    def origin(self) -> Origin:
        """Of the connection's own server."""
        return Origin.of(self.rest.transport.url)

    def of(self, address: str) -> RestConnection | None:
        """Give the connection that an address is for; None: it is on another host."""
        try:
            return self._by_origin.get(Origin.of(address))
        except ForbiddenOrigin:
            return None

    def own(self, address: str) -> str | None:
        """Write an address as this connection knows it; None: it is on another host.

        The same host without TLS is the same site. A farm has more names for its sites (alternate
        access mappings), and tells the one that it is known by (``PrimaryUri``).
        """
        if self.of(address) is not None:
            return address
        base = _base(address)
        if base and base in {f"http://{self.origin.host}", self._primary_base()}:
            return f"{self.origin}{urlsplit(address).path}"
        return None

    def _primary_base(self) -> str:
        """Ask the connection's own site once under which name its farm knows it."""
        with self._lock:
            if self._primary is None:
                self._primary = self._ask()
            return self._primary

    def _ask(self) -> str:
        path = site_path(self.site)
        try:
            told = self.rest.get(f"{api(path)}/site?$select=PrimaryUri", _Named).primary_uri
        except (SiteRefused, SiteDenied):
            return ""
        # Only a name for the very site that was asked says something of the others.
        is_same = unquote(site_path(told)).casefold() == unquote(path).casefold()
        return _base(told) if is_same else ""


def _base(url: str) -> str:
    """Give scheme and host of an address in small letters, without the port that is usual.

    Empty, if it is no address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return ""
    is_usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")
