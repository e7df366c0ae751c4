"""The ways that need a sign-in, in their order: each gives places, and each place is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from strongroom.errors import StrongroomError
from strongroom.wire.autodiscover.address import Address, is_host_name
from strongroom.wire.autodiscover.answers import Settings
from strongroom.wire.autodiscover.places import Places, path_of, plain_url, shown
from strongroom.wire.autodiscover.seams import PlainRedirects, ServicePoints, ServiceRecords
from strongroom.wire.autodiscover.told import Outcome, Way
from strongroom.wire.autodiscover.trail import Trail
from strongroom.wire.autodiscover.v2 import MICROSOFT_HOST
from strongroom.wire.autodiscover.walk import Walk
from strongroom.wire.origins import ForbiddenOrigin, Origin

_SERVICE_PATH = "/autodiscover/autodiscover.xml"
_SUFFIXES = ("/autodiscover.svc", "/autodiscover.xml")
_RECORDS_MAX = 5
_UNPROVED = "It came without TLS: anybody on the network in between could have written it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where a search looks.

    Attributes:
        dns: For service records.
        directory: For service connection points; None: this machine knows no directory.
        plain: For the one request without TLS; None: it is not made.
        named: Servers that the operator gave, as URLs; asked first.
        microsoft_host: Microsoft's JSON service of the right cloud; None: it is not told the
            address.
    """

    dns: ServiceRecords
    directory: ServicePoints | None = None
    plain: PlainRedirects | None = None
    named: Sequence[str] = ()
    microsoft_host: str | None = MICROSOFT_HOST


class SignedInSearch:
    """Asks place after place for one search.

    Raises:
        ForbiddenOrigin: an address that the operator gave is not https.
    """

    def __init__(self, ways: Ways, *, walk: Walk, places: Places, trail: Trail) -> None:
        self._ways = ways
        self._walk = walk
        self._places = places
        self._trail = trail
        for url in ways.named:
            places.admit(plain_url(url))

    def answers(self, address: Address) -> Iterator[tuple[Way, Settings | Address | None]]:
        """Ask place after place; nothing is looked up before the places before it were asked."""
        domain = address.domain
        for url in self._ways.named:
            yield Way.NAMED, self._walk.ask(_service_url(url), Way.NAMED, address)
        for url in self._service_points(domain):
            yield Way.SERVICE_POINT, self._walk.ask(url, Way.SERVICE_POINT, address)
        for way, host in (
            (Way.DOMAIN, domain),
            (Way.AUTODISCOVER_HOST, f"autodiscover.{domain}"),
        ):
            yield way, self._walk.ask(f"https://{host}{_SERVICE_PATH}", way, address)
        if self._ways.plain is not None:
            yield Way.PLAIN_REDIRECT, self._plainly(self._ways.plain, address)
        for target in self._service_hosts(domain):
            yield (
                Way.SERVICE_RECORD,
                self._walk.follow(
                    f"https://{target}{_SERVICE_PATH}",
                    Way.SERVICE_RECORD,
                    address,
                    named_by="A DNS record",
                    cautions=(_UNPROVED,),
                ),
            )

    def _service_points(self, domain: str) -> Iterator[str]:
        way, directory = Way.SERVICE_POINT, self._ways.directory
        if directory is None:
            return
        try:
            points = directory.find(domain)
        except StrongroomError as error:
            self._trail.note(way, "the directory", Outcome.DISCARDED, str(error))
            return
        if not points:
            told = "It has no service connection point for Autodiscover."
            self._trail.note(way, "the directory", Outcome.DISCARDED, told)
        for point in points:
            try:
                url = plain_url(point.url)
            except ForbiddenOrigin as error:
                self._trail.note(way, shown(point.url), Outcome.REFUSED, str(error))
                continue
            if path_of(url).endswith(_SUFFIXES):
                # The directory signed in to us by TLS, and only its administrators write there.
                self._places.admit(url)
                yield url

    def _plainly(self, plain: PlainRedirects, address: Address) -> Settings | Address | None:
        url = f"http://autodiscover.{address.domain}{_SERVICE_PATH}"
        try:
            target = plain.location(url)
        except StrongroomError as error:
            self._trail.note(Way.PLAIN_REDIRECT, url, Outcome.DISCARDED, str(error))
            return None
        if target is None:
            told = "It answered with something else than a redirect, which counts for nothing."
            self._trail.note(Way.PLAIN_REDIRECT, url, Outcome.DISCARDED, told)
            return None
        self._trail.note(
            Way.PLAIN_REDIRECT, url, Outcome.REDIRECTED, f"It leads to {shown(target)}."
        )
        return self._walk.follow(
            target,
            Way.PLAIN_REDIRECT,
            address,
            named_by=f"A redirect without TLS at autodiscover.{address.domain}",
            cautions=(_UNPROVED,),
        )

    def _service_hosts(self, domain: str) -> Iterator[str]:
        """Give the targets that speak TLS, the smallest priority and then the largest weight first.

        The weight is meant for a draw that spreads load; one search is no load, and the same order
        each time is easier to explain.
        """
        way, name = Way.SERVICE_RECORD, f"_autodiscover._tcp.{domain}"
        try:
            records = self._ways.dns.find(name)
        except StrongroomError as error:
            self._trail.note(way, name, Outcome.DISCARDED, str(error))
            return
        if not records:
            self._trail.note(way, name, Outcome.DISCARDED, "There is no such record.")
        in_order = sorted(records, key=lambda record: (record.priority, -record.weight))
        for record in in_order[:_RECORDS_MAX]:
            if record.port != 443 or not is_host_name(record.target):
                told = f"It names port {record.port} of {record.target}, which is no https server."
                self._trail.note(way, name, Outcome.DISCARDED, told)
                continue
            told = f"It leads to {record.target}."
            self._trail.note(way, name, Outcome.REDIRECTED, told)
            yield record.target


def _service_url(url: str) -> str:
    """Give the service of a server that was named, whatever page of it was."""
    url = plain_url(url)
    if path_of(url).endswith(_SUFFIXES):
        return url
    return f"{Origin.of(url)}{_SERVICE_PATH}"
