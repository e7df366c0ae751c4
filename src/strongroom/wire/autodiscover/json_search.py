"""Asking the JSON services: no sign-in, so nothing to lose, and nothing proved either."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import StrongroomError
from strongroom.wire.autodiscover import v2
from strongroom.wire.autodiscover.address import Address
from strongroom.wire.autodiscover.answers import Settings
from strongroom.wire.autodiscover.places import Places, joined, shown
from strongroom.wire.autodiscover.told import Outcome, QuestionKind, Way
from strongroom.wire.autodiscover.trail import Trail
from strongroom.wire.autodiscover.walk import REDIRECT_STATUSES
from strongroom.wire.autodiscover.xml import NotUnderstood
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import ForbiddenOrigin, Origin


class JsonSearch:
    """Asks the organisation's own servers, then Microsoft's.

    Args:
        microsoft_host: Of the right cloud; None: do not tell Microsoft the address.
    """

    def __init__(
        self, *, http: HttpClient, places: Places, trail: Trail, microsoft_host: str | None
    ) -> None:
        self._http = http
        self._places = places
        self._trail = trail
        self._microsoft_host = microsoft_host

    def found(self, address: Address) -> Iterator[Settings]:
        """Give what each service says, as far as it says anything.

        Raises:
            SearchEnded: a bound was reached.
        """
        urls = [
            v2.own_url(f"autodiscover.{address.domain}", address.text),
            v2.own_url(address.domain, address.text),
        ]
        if self._microsoft_host is not None:
            urls.append(v2.microsoft_url(self._microsoft_host, address.text))
        for url in urls:
            is_silent = Origin.of(url) in self._trail.unreachable
            told = None if is_silent else self._ask(url, address)
            if told is not None:
                yield Settings(ews_urls=(told,))

    def _ask(self, url: str, address: Address) -> str | None:
        """Ask one, and those that it leads to. A loop, because it only ever leads on."""
        while self._trail.visit(address.key, url):
            try:
                answer = self._http.request("GET", url, headers={"Accept": "application/json"})
                if answer.status == 200:
                    return v2.ews_url(answer.body)
            except (StrongroomError, NotUnderstood) as error:
                self._trail.note(Way.JSON, shown(url), Outcome.DISCARDED, str(error))
                return None
            if answer.status not in REDIRECT_STATUSES:
                told = f"It answered with HTTP status {answer.status}."
                self._trail.note(Way.JSON, shown(url), Outcome.DISCARDED, told)
                return None
            target = joined(url, answer.headers.get("location", ""))
            followed = self._follow(url, target)
            if followed is None:
                return None
            url = followed
        self._trail.note(Way.JSON, shown(url), Outcome.DISCARDED, "It was asked before.")
        return None

    def _follow(self, url: str, target: str) -> str | None:
        where = shown(target)
        if v2.PATH not in where.casefold():
            told = f"It leads to {where}, which is no Autodiscover service."
            self._trail.note(Way.JSON, shown(url), Outcome.DISCARDED, told)
            return None
        try:
            entered = self._places.enter(
                target,
                kind=QuestionKind.AUTODISCOVER,
                named_by=Origin.of(url).host,
                cautions=(),
            )
        except ForbiddenOrigin as error:
            self._trail.note(Way.JSON, where, Outcome.REFUSED, str(error))
            return None
        self._trail.note(Way.JSON, shown(url), Outcome.REDIRECTED, f"It leads to {where}.")
        self._trail.count_redirect()
        return entered
