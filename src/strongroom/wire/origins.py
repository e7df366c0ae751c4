"""Where credentials may go: a sealed list of origins. No answer ever adds to it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from strongroom.errors import OperatorError

_HTTPS_PORT = 443


class ForbiddenOrigin(OperatorError):
    """Something asked us to go where this connection's credentials may not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One server as TLS proves it: a host name in small letters and a port. Always ``https``."""

    host: str
    port: int = _HTTPS_PORT

    @classmethod
    def of(cls, url: str) -> Self:
        """Read the origin of a URL.

        Raises:
            ForbiddenOrigin: it is not ``https``, holds a user name or password, or no host.
        """
        try:
            parts = urlsplit(url)
        except ValueError:  # half an address of IPv6
            parts = urlsplit("")
        host = _host(parts)
        port = _port(parts)
        if parts.scheme != "https" or not host or port is None or "@" in parts.netloc:
            raise ForbiddenOrigin(
                "This is not an address that credentials may be sent to.",
                why="Only https proves the server's name, and an address holds no password.",
                hint="Give an address that begins with https://",
            )
        return cls(host=host, port=port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" + ("" if self.port == _HTTPS_PORT else f":{self.port}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The origins that a connection's credentials may be sent to.

    Attributes:
        exact: Hosts with their ports.
        below: Domains whose every host is allowed on port 443, such as ``sharepoint.com``: written
            by us for Microsoft's clouds, never taken from an answer or from a person.
    """

    exact: frozenset[Origin]
    below: frozenset[str] = frozenset()

    @classmethod
    def of(cls, urls: Iterable[str]) -> Self:
        """Allow the origins of these URLs, and nothing else."""
        return cls(exact=frozenset(Origin.of(url) for url in urls))

    def allow(self, origin: Origin) -> bool:
        """Say whether credentials may go there."""
        if origin in self.exact:
            return True
        if origin.port != _HTTPS_PORT or _is_address(origin.host):
            return False
        return any(origin.host.endswith(f".{domain}") for domain in self.below)

    def check(self, url: str, *, named_by: str) -> Origin:
        """Let a URL through, or refuse it before anything is sent.

        Args:
            url: Where to go. Not shown in the error: its path and query may hold a token.
            named_by: What told us to, in words: ``a redirect``, ``the next page's link``.

        Raises:
            ForbiddenOrigin: credentials may not go there.
        """
        origin = Origin.of(url)
        if not self.allow(origin):
            raise ForbiddenOrigin(
                f"{origin} is not a place that this connection's credentials may go to.",
                why=f"It was named by {named_by}, not by whoever set the connection up.",
                hint="If it is right, change the connection; its secret must be given again.",
            )
        return origin


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port or _HTTPS_PORT
    except ValueError:
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
