"""Service connection points: what Exchange's setup writes into the directory of Windows.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-find-autodiscover-endpoints-by-using-scp-lookup-in-exchange
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from strongroom.clock import Clock
from strongroom.errors import OperatorError
from strongroom.wire.autodiscover.address import is_host_name
from strongroom.wire.autodiscover.ldap import Bind, Entry, LdapSession
from strongroom.wire.autodiscover.seams import ServicePoint
from strongroom.wire.tls import Trust

_POINTER = "67661d7f-8fc4-4fa7-bfac-e1d7794c1f68"
_URL = "77378f46-2c66-4aa9-a6a6-3e7a48b19596"
_FILTER = f"(&(objectClass=serviceConnectionPoint)(|(keywords={_POINTER})(keywords={_URL})))"
_FORESTS_MAX = 3
_LDAP_URL = re.compile(r"ldaps?://([^/:?#]+)", re.IGNORECASE)


class DirectoryServicePoints:
    """Asks Active Directory by LDAP under TLS.

    Args:
        server: A domain controller's full name.
        bind: Who we are; None: nobody (most directories then tell nothing).
        trust: Whose certificates are believed.
        clock: For the time that a conversation may take.
        site: The name of the Active Directory site that this machine is in, or an empty string.
        port: 636 unless said otherwise; 389 with ``starts_plain``.
        starts_plain: TLS begins by request (StartTLS).
    """

    def __init__(
        self,
        server: str,
        *,
        bind: Bind | None,
        trust: Trust,
        clock: Clock,
        site: str = "",
        port: int | None = None,
        starts_plain: bool = False,
    ) -> None:
        self._server = server.casefold()
        self._bind = bind
        self._trust = trust
        self._clock = clock
        self._site = site.casefold()
        self._port = port or (389 if starts_plain else 636)
        self._starts_plain = starts_plain

    def find(self, domain: str) -> Sequence[ServicePoint]:
        """As ``ServicePoints`` says; pointers for the domain lead on to the forest they name."""
        server, visited, found = self._server, set[str](), list[ServicePoint]()
        while server not in visited and len(visited) < _FORESTS_MAX:
            visited.add(server)
            entries = self._entries(server)
            found = self._ranked(entries) or found
            pointed = _pointed(entries, domain.casefold())
            if pointed is None:
                break
            server = pointed
        return found

    def _entries(self, server: str) -> list[Entry]:
        with LdapSession(
            server,
            port=self._port,
            starts_plain=self._starts_plain,
            trust=self._trust,
            clock=self._clock,
        ) as session:
            if self._bind is not None:
                self._bind.bind(session)
            root = session.search(
                "",
                wanted="(objectClass=*)",
                attributes=["configurationNamingContext"],
                is_deep=False,
            )
            bases = [
                base
                for entry in root
                for base in entry.values.get("configurationnamingcontext", ())
            ]
            if not bases:
                raise OperatorError(
                    f"{server} is no directory of Windows.",
                    why="It does not say where its configuration is.",
                    hint="Name a domain controller.",
                )
            return list(
                session.search(
                    bases[0], wanted=_FILTER, attributes=["keywords", "serviceBindingInformation"]
                )
            )

    def _ranked(self, entries: Sequence[Entry]) -> list[ServicePoint]:
        points = [
            ServicePoint(url=url.strip(), rank=self._rank(_keywords(entry)))
            for entry in entries
            if _URL in _keywords(entry)
            for url in entry.values.get("servicebindinginformation", ())
        ]
        return sorted(points, key=lambda point: point.rank)

    def _rank(self, keywords: Sequence[str]) -> int:
        sites = [word.removeprefix("site=") for word in keywords if word.startswith("site=")]
        if not sites:
            return 2
        return 1 if self._site in sites else 3


def _keywords(entry: Entry) -> list[str]:
    return [word.strip().casefold() for word in entry.values.get("keywords", ())]


def _pointed(entries: Sequence[Entry], domain: str) -> str | None:
    """Give the server of another forest that answers for the domain."""
    for entry in entries:
        words = _keywords(entry)
        if _POINTER in words and f"domain={domain}" in words:
            for binding in entry.values.get("servicebindinginformation", ()):
                named = _LDAP_URL.match(binding.strip())
                if named and is_host_name(named.group(1).casefold()):
                    return named.group(1).casefold()
    return None
