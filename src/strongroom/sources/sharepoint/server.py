"""One SharePoint, signed in: what it is, which sites it has, and what may be done with them.

Online and a farm of one's own answer the same questions; who lists their sites differs, and what to
do about a missing right.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.errors import OperatorError, StrongroomError
from strongroom.pace.pace import Pace
from strongroom.sources.sharepoint import directory
from strongroom.sources.sharepoint.capabilities import Trial, tried_capabilities
from strongroom.sources.sharepoint.gone import Lost, gone_from_farm, gone_online
from strongroom.sources.sharepoint.hosts import Hosts
from strongroom.sources.sharepoint.remedies import ApplicationRemedies, Remedies
from strongroom.sources.sharepoint.scope import SCOPE, Application
from strongroom.sources.sharepoint.shut import told_on_farm, told_online
from strongroom.sources.sharepoint.source import SiteSource
from strongroom.sources.sharepoint.speed import measured
from strongroom.sources.sharepoint.telling import health_told, product_told, speed_told
from strongroom.sources.sharepoint.writing.target import SiteTarget
from strongroom.wire.origins import ForbiddenOrigin, Origin
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import read_web, site_path
from strongroom.wire.traffic import Traffic
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from strongroom.words.speed import Line, SpeedReport

_ABSENT = (
    "Check its address. A site that was deleted can be restored into once it is there again: an"
    " administrator of SharePoint puts it back from the recycle bin (Online keeps it for 93 days, a"
    " farm as installed for 30; the site of a group comes back with its group), or makes an empty"
    " one at the same address, for which the deleted one must be gone from the recycle bin."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How one connection reaches a SharePoint.

    Attributes:
        rest: As who backs up.
        beside: The same, to other hosts of the same tenant.
        site: Address of the connection's own site.
        remedies: What to do about what is missing.
        is_online: It is Microsoft's.
        application: Who backs up, if it is an application: it lists the tenant's sites by Graph,
            and may be confined to some. None: an account or a person, who searches.
        restorer: The application that restores; None: whoever backs up.
        warning: What whoever uses this sign-in should know; or empty.
        sees_permissions: Who backs up is meant to have full control, to see permissions.
        close: Closes all that was opened.
    """

    rest: RestConnection
    site: str
    remedies: Remedies
    is_online: bool
    close: Callable[[], None]
    beside: Sequence[RestConnection] = ()
    application: Application | None = None
    restorer: Application | None = None
    warning: str = ""
    sees_permissions: bool = False


class SharePointServer:
    """A SharePoint. Safe in many threads.

    Args:
        ways: How it is reached.
    """

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._rest = ways.rest
        self._hosts = Hosts(ways.rest, ways.site, ways.beside)
        graph = ways.application.graph if ways.application else None
        self._told = told_online(graph) if ways.is_online else told_on_farm

    def facts(self) -> Mapping[str, Json]:
        """Ask who it is: product, version, who answers and from where, and how far away it is.

        Raises:
            AccessDenied: the sign-in is not taken.
            ServerUnreachable: nobody answers.
        """
        title = ""
        with contextlib.suppress(SiteRefused):
            title = self._title()
        told = self._rest.facts
        return {
            "product": product_told(told.version, is_online=self._ways.is_online),
            "version": told.version,
            "url": self._ways.site,
            "site": title,
            "user": self._rest.user,
            "front_end": told.front_end,
            "edge": told.edge,
            "region": self._region(),
            "health": health_told(told.health),
            "server_ms": told.server_ms,
            "round_trip_ms": round(told.round_trip_s * 1000, 1),
            "speed": speed_told(told.round_trip_s),
            "warning": self._ways.warning,
        }

    def _title(self) -> str:
        try:
            return read_web(self._rest, site_path(self._ways.site)).title
        except SiteDenied as error:
            # Whoever is signed in without a right there is told so as a capability.
            if error.status == 403:
                return ""
            raise

    def _region(self) -> str:
        """Say where Graph answers for this tenant; a farm's headers tell no place."""
        if self._ways.application is None:
            return ""
        graph = self._ways.application.graph
        with contextlib.suppress(StrongroomError):  # a refusal tells it as well
            graph.get("sites/root", {"$select": "id"})
        return graph.facts.data_center

    def capabilities(self, mailbox: str | None) -> Sequence[Capability]:
        """Try each right that jobs will need, changing nothing.

        Args:
            mailbox: Address of a site to try them on; None: the connection's own.

        Raises:
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
            OperatorError: the site is not of this server.
        """
        return tried_capabilities(
            Trial(
                rest=self._rest,
                restorer=self._ways.restorer.rest if self._ways.restorer else None,
                site=self._checked(mailbox) if mailbox else self._ways.site,
                remedies=self._ways.remedies,
                first_site=lambda: next(iter(self._others()), None),
                application=self._ways.application,
                sees_permissions=self._ways.sees_permissions,
            )
        )

    def speed(self, mailbox: str | None, lines: Sequence[Line], clock: Clock) -> SpeedReport:
        """Measure how fast it answers, changing nothing.

        Args:
            mailbox: Address of a site to ask for; None: the connection's own.
            lines: The lines to the connection's servers.
            clock: Time.

        Raises:
            AccessDenied: the sign-in is not taken.
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
            OperatorError: the site is not of this server.
        """
        site = self._checked(mailbox) if mailbox else self._ways.site
        return measured(self._rest, site, lines, clock=clock, is_online=self._ways.is_online)

    def scope_kept(self, outside: str) -> Capability:
        """Say whether a site that was not chosen stays shut, and nothing opens all of them.

        Args:
            outside: Its address.

        Raises:
            OperatorError: the site is not of this server.
        """
        site, remedies = self._checked(outside), self._ways.remedies
        application = self._ways.application
        if application is None or not isinstance(remedies, ApplicationRemedies):
            detail = f"{self._rest.user} is no application: it reaches what it may itself."
            return Capability(name=SCOPE, outcome=CapabilityOutcome.NOT_APPLICABLE, detail=detail)
        kept = application.kept(site_path(site), remedies)
        if self._ways.restorer is None or kept.outcome is not CapabilityOutcome.PROVED:
            return kept
        return self._ways.restorer.kept(site_path(site), remedies)

    def resources(self) -> Iterator[Resource]:
        """List all sites that can be found, excluded ones with the reason.

        Raises:
            AccessDenied: the application may not list; the hint says which permission is missing.
        """
        if self._ways.application is not None:
            return directory.in_scope(self._hosts, self._others)
        return directory.with_own(self._hosts, self._others)

    def resolve(self, reference: str) -> Resource:
        """Find one site: address, path on the server, or id.

        Raises:
            OperatorError: there is none, or it is on another server.
            AccessDenied: it may not be opened.
        """
        try:
            return directory.find(self._hosts, reference, self.resources)
        except SiteDenied as error:
            raise self._told(error, self._address(reference)) from error
        except SiteRefused as error:
            if error.status != 404:
                raise
            raise SiteRefused(
                error.what, status=404, code=error.code, why=error.why, hint=_ABSENT
            ) from error

    def absent(
        self,
        error: OperatorError,
        address: str,
        *,
        is_below: bool,
        saved: Callable[[], Mapping[str, Json]],
    ) -> OperatorError:
        """Say what became of a site that is to be restored to its own address, and what helps.

        Args:
            error: What ``resolve`` said.
            address: The site's.
            is_below: It lay below another site.
            saved: Gives the definition of its top web as it was saved.

        Returns:
            A fuller error; or the same, if it is not that there is no such site.
        """
        if not isinstance(error, SiteRefused) or error.status != 404:
            return error
        lost = Lost.of(self._address(address), saved(), is_below=is_below)
        if not self._ways.is_online:
            return gone_from_farm(lost)
        application = self._ways.application
        return gone_online(lost, application.graph if application else None)

    def source(self, resource: Resource) -> SiteSource:
        """Open a site for reading; nothing is sent yet.

        Raises:
            OperatorError: it cannot be opened.
        """
        if resource.excluded is not None:
            raise OperatorError(f"{resource.reference} cannot be opened.", why=resource.excluded)
        return SiteSource(self._to(resource), resource, self.resources, told=self._told)

    def target(self, resource: Resource) -> SiteTarget:
        """Open a site for writing; nothing is sent yet.

        Args:
            resource: The site.

        Raises:
            OperatorError: it cannot be opened.
        """
        if resource.excluded is not None:
            raise OperatorError(f"{resource.reference} cannot be opened.", why=resource.excluded)
        restorer = self._ways.restorer
        rest = restorer.rest if restorer else self._to(resource)
        return SiteTarget(rest, resource, is_online=self._ways.is_online)

    @property
    def pace(self) -> Pace:
        """How this process uses it, by all its jobs together."""
        return self._rest.lane.pace

    @property
    def traffic(self) -> Traffic:
        """What went over the line so far."""
        told = [one.transport.meter.now() for one in (self._rest, *self._ways.beside)]
        return Traffic(
            requests=sum(one.requests for one in told),
            bytes_read=sum(one.bytes_read for one in told),
            bytes_sent=sum(one.bytes_sent for one in told),
            throttled=sum(one.throttled for one in told),
        )

    def close(self) -> None:
        """Close all connections."""
        self._ways.close()

    def _others(self) -> Iterator[Resource]:
        if self._ways.application is not None:
            return directory.in_tenant(self._ways.application.graph, self._hosts)
        return directory.by_search(self._hosts)

    def _to(self, resource: Resource) -> RestConnection:
        """Give the connection to the host that a site is on."""
        return self._hosts.of(resource.address) or self._rest

    def _address(self, reference: str) -> str:
        return reference if "://" in reference else f"{self._hosts.origin}{reference}"

    def _checked(self, site: str) -> str:
        origin = Origin.of(self._rest.transport.url)
        if "://" not in site or Origin.of(site) != origin:
            raise ForbiddenOrigin(
                "This is not a site of the connection's server.",
                why=f"Its sign-in is for {origin} alone.",
                hint=f"Name a site there: {origin}/sites/NAME",
            )
        return site
