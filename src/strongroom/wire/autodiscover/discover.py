"""The search: every published way, in the published order, until one gives a place to trust."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.wire.autodiscover.address import Address
from strongroom.wire.autodiscover.answers import Settings
from strongroom.wire.autodiscover.authenticator import Authenticator
from strongroom.wire.autodiscover.json_search import JsonSearch
from strongroom.wire.autodiscover.places import Places, path_of, plain_url, shown
from strongroom.wire.autodiscover.told import (
    Discovered,
    NotDiscovered,
    Outcome,
    QuestionKind,
    RedirectQuestion,
    Way,
)
from strongroom.wire.autodiscover.trail import SearchEnded, Trail
from strongroom.wire.autodiscover.walk import Walk
from strongroom.wire.autodiscover.ways import SignedInSearch, Ways
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import ForbiddenOrigin

_EWS_PATH = "/ews/exchange.asmx"


def discover(
    address: str,
    *,
    http: HttpClient,
    sign_in: Authenticator | None,
    ways: Ways,
    confirm: Callable[[RedirectQuestion], bool],
) -> Discovered:
    """Find the Exchange Web Services of a mailbox.

    Args:
        address: The mailbox's SMTP address.
        http: For requests without a credential.
        sign_in: For requests with one; None (Exchange Online): only the JSON services are asked,
            which need none.
        ways: Where to look.
        confirm: Asks a person before a host outside the address's domain is trusted. Somebody who
            cannot ask says no.

    Raises:
        NotDiscovered: no way led to a server that may be trusted; it holds all that was tried.
        OperatorError: the address is none.
    """
    asked = Address.of(address)
    trail = Trail()
    places = Places(asked, confirm)
    by_sign_in = None
    if sign_in is not None:
        walk = Walk(http=http, sign_in=sign_in, places=places, trail=trail)
        by_sign_in = SignedInSearch(ways, walk=walk, places=places, trail=trail)
    by_json = JsonSearch(http=http, places=places, trail=trail, microsoft_host=ways.microsoft_host)
    try:
        found = _Search(asked, by_sign_in, by_json, places=places, trail=trail).run()
    except SearchEnded as ended:
        raise NotDiscovered(asked.text, trail.attempts, why=str(ended)) from ended
    if found is None:
        raise NotDiscovered(asked.text, trail.attempts)
    return found


class _Search:
    def __init__(
        self,
        asked: Address,
        by_sign_in: SignedInSearch | None,
        by_json: JsonSearch,
        *,
        places: Places,
        trail: Trail,
    ) -> None:
        self._address = asked
        self._by_sign_in = by_sign_in
        self._by_json = by_json
        self._places = places
        self._trail = trail

    def run(self) -> Discovered | None:
        """Go through the ways, and begin anew for another address."""
        while self._trail.visit(self._address.key, ""):
            found = self._signed_in()
            if not isinstance(found, Address):
                return found or self._json()
            self._trail.count_redirect()
            self._address = found
        raise SearchEnded(f"The servers led back to {self._address.text}.")

    def _signed_in(self) -> Discovered | Address | None:
        if self._by_sign_in is None:
            return None
        for way, answer in self._by_sign_in.answers(self._address):
            if isinstance(answer, Address):
                return answer
            if answer is not None and (found := self._trusted(answer, way)):
                return found
        return None

    def _json(self) -> Discovered | None:
        for settings in self._by_json.found(self._address):
            if found := self._trusted(settings, Way.JSON):
                return found
        return None

    def _trusted(self, settings: Settings, way: Way) -> Discovered | None:
        """Take the first address of EWS that may be trusted."""
        for named in settings.ews_urls:
            try:
                url = self._ews_url(named)
            except ForbiddenOrigin as error:
                self._trail.note(way, shown(named), Outcome.REFUSED, str(error))
                continue
            self._trail.note(way, shown(url), Outcome.FOUND, "Exchange Web Services are here.")
            internal = settings.internal_ews_url
            return Discovered(
                ews_url=url,
                internal_ews_url=internal if internal != url and self._knows(internal) else "",
                address=self._address.text,
                way=way,
                is_certain=way is not Way.JSON,
                server_version=settings.server_version,
                alternate_mailboxes=settings.alternate_mailboxes,
                public_folder_mailbox=settings.public_folder_mailbox,
                public_folder_server=settings.public_folder_server,
                attempts=tuple(self._trail.attempts),
            )
        return None

    def _ews_url(self, named: str) -> str:
        url = plain_url(named)
        if path_of(url) != _EWS_PATH:
            raise ForbiddenOrigin(
                "What the server names is no address of Exchange Web Services.",
                why=f"Those end with {_EWS_PATH}.",
            )
        return self._places.enter(
            url, kind=QuestionKind.EWS, named_by="The Autodiscover server", cautions=()
        )

    def _knows(self, url: str) -> bool:
        return bool(url) and path_of(url) == _EWS_PATH and self._places.knows(url)
