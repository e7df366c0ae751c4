"""How a SharePoint is reached, by all that a connection's details say."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random
from urllib.parse import urlsplit

from strongroom.clock import Clock
from strongroom.compose.cloud_sign_ins import bearer_of
from strongroom.compose.sharepoint_sign_ins import farm_sign_in, legacy_online
from strongroom.compose.sign_ins import trust_of
from strongroom.operations.interfaces import Server
from strongroom.pace.paces import Paces
from strongroom.service.details import SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.sharepoint.remedies import (
    ApplicationRemedies,
    FarmRemedies,
    PersonRemedies,
)
from strongroom.sources.sharepoint.scope import Application
from strongroom.sources.sharepoint.server import SharePointServer, Ways
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint import APP_PASSWORD_WARNING
from strongroom.wire.sharepoint.rest import ALWAYS, ONLINE, RestConnection, context_url
from strongroom.wire.sharepoint.rest_refusals import secret_refused
from strongroom.wire.sharepoint.tenant import host_beside
from strongroom.wire.sign_in import BearerSignIn, ConnectionSignIn, SignIn
from strongroom.wire.transport import Transport


def opened(details: ConnectionDetails, use: Use, clock: Clock, paces: Paces) -> Server:
    """Open a connection's server; what was opened is closed again if that fails half way.

    Raises:
        OperatorError: the details cannot be used.
    """
    with ExitStack() as stack:
        opening = _Opening(details, use, clock, paces, stack)
        ways = opening.online() if details.kind == SHAREPOINT_ONLINE else opening.farm()
        # From now on whoever has the server closes it.
        opening.kept.push(stack.pop_all())
    return SharePointServer(ways)


class _Opening:
    def __init__(
        self, details: ConnectionDetails, use: Use, clock: Clock, paces: Paces, stack: ExitStack
    ) -> None:
        self.kept = ExitStack()
        self._details = details
        self._use = use
        self._clock = clock
        self._paces = paces
        self._stack = stack
        self._host = str(Origin.of(details.url))
        self._site = details.url.rstrip("/")

    def farm(self) -> Ways:
        """Reach a farm of one's own."""
        details = self._details
        return Ways(
            rest=self._rest(farm_sign_in(details, self._http)),
            site=self._site,
            remedies=FarmRemedies(details.auth),
            is_online=False,
            close=self.kept.close,
            warning=_warning(details),
        )

    def online(self) -> Ways:
        """Reach a tenant's part of Online."""
        details = self._details
        if details.auth == "client-secret":
            raise secret_refused()
        if details.auth == "certificate":
            return self._by_application()
        is_legacy = details.auth == "legacy"
        sign_in = (
            legacy_online(details, self._http) if is_legacy else self._token(self._host, self._use)
        )
        return Ways(
            rest=self._rest(sign_in),
            # A cookie is for one host; tokens are made out to each.
            beside=() if is_legacy else self._beside(self._use),
            site=self._site,
            remedies=PersonRemedies(),
            is_online=True,
            close=self.kept.close,
            warning=_warning(details),
        )

    def _by_application(self) -> Ways:
        details = self._details
        is_restore = self._use.purpose is Purpose.RESTORE and bool(details.restore_client_id)
        application = self._application(
            details.restore_client_id if is_restore else details.client_id, self._use
        )
        return Ways(
            rest=application.rest,
            beside=self._beside(self._use),
            site=self._site,
            remedies=ApplicationRemedies(details.client_id, details.restore_client_id),
            is_online=True,
            close=self.kept.close,
            application=application,
            restorer=self._restorer(),
            sees_permissions=details.sees_permissions,
        )

    def _restorer(self) -> Application | None:
        """Sign in as who restores, where that is another application, to see what it may do."""
        details = self._details
        if self._use.purpose is not Purpose.TEST or not details.restore_client_id:
            return None
        return self._application(details.restore_client_id, Use(purpose=Purpose.RESTORE))

    def _application(self, client_id: str, use: Use) -> Application:
        graph = endpoints_of(self._details.cloud, self._details.endpoints).graph
        return Application(
            client_id=client_id,
            rest=self._rest(self._token(self._host, use)),
            graph=GraphConnection(
                self._http(),
                graph,
                self._token(graph, use),
                clock=self._clock,
                pace=self._paces.of(urlsplit(graph).netloc),
                random=_random(),
            ),
        )

    def _beside(self, use: Use) -> tuple[RestConnection, ...]:
        """Make ready for the tenant's other host, with tokens of its own; nothing is sent yet."""
        details = self._details
        other = host_beside(self._site, endpoints_of(details.cloud, details.endpoints))
        return () if other is None else (self._rest(self._token(other, use), other),)

    def _token(self, resource: str, use: Use) -> BearerSignIn:
        return bearer_of(self._details, resource, use, self._clock)

    def _rest(self, sign_in: SignIn | ConnectionSignIn, site: str = "") -> RestConnection:
        transport = Transport(
            context_url(site or self._site),
            sign_in,
            clock=self._clock,
            trust=trust_of(self._details),
            proxy=self._details.proxy or None,
            headers=ONLINE if self._details.kind == SHAREPOINT_ONLINE else ALWAYS,
        )
        self._stack.callback(transport.close)
        pace = self._paces.of(transport.authority)
        return RestConnection(transport, clock=self._clock, pace=pace, random=_random())

    def _http(self) -> HttpsClient:
        trust, proxy = trust_of(self._details), self._details.proxy or None
        return self._stack.enter_context(HttpsClient(clock=self._clock, trust=trust, proxy=proxy))


def _warning(details: ConnectionDetails) -> str:
    return APP_PASSWORD_WARNING if details.app_password is not None else ""


def _random() -> Random:
    return Random()  # noqa: S311 - jitter of waits, no secret
