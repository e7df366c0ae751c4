"""One tenant's Exchange Online, signed in: by Graph, or by EWS where a connection says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from strongroom.clock import Clock
from strongroom.pace.pace import Pace
from strongroom.pace.paces import Paces
from strongroom.sources.exchange_online import retirement
from strongroom.sources.exchange_online.capabilities import tried_capabilities
from strongroom.sources.exchange_online.denied import forbidden_words
from strongroom.sources.exchange_online.directory import OnlineDirectory
from strongroom.sources.exchange_online.facts import tenant_facts
from strongroom.sources.exchange_online.graph_directory import GraphDirectory
from strongroom.sources.exchange_online.graph_speed import measured_by_graph
from strongroom.sources.exchange_online.reading.mailboxes import GraphMailboxes
from strongroom.sources.exchange_online.reading.source import MailboxSource
from strongroom.sources.exchange_online.scope import scope_kept
from strongroom.sources.exchange_online.signer import Signer
from strongroom.sources.exchange_online.speed import measured
from strongroom.sources.exchange_online.writing.imports import Imports
from strongroom.sources.exchange_online.writing.target import MailboxTarget
from strongroom.sources.exchange_onprem.server import ExchangeServer, ews_url
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.sources.exchange_onprem.target import ExchangeTarget
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import Origin
from strongroom.wire.sign_in import RenewableSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.traffic import Traffic
from strongroom.wire.transport import Transport
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind
from strongroom.words.speed import Line, SpeedReport
from strongroom.words.time_left import UploadLimit

_UPLOADS = UploadLimit(bytes_max=150_000_000, over_s=300.0, encoded=4 / 3)
"""What Graph takes in for one mailbox; what an item is travels as base64."""

SignInFor = Callable[[str], RenewableSignIn]
"""Makes ready to prove an identity to one API, named by its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tenant is.

    Attributes:
        tenant: Its id or one of its domains, as the connection names it.
        cloud: Which of Microsoft's clouds.
        ews, graph: ``https://host`` of the two APIs.
        trust: Whose certificates are believed.
        proxy: ``http://host:port`` to tunnel through, or None.
    """

    tenant: str
    cloud: str
    ews: str
    graph: str
    trust: Trust
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who signs in.

    Attributes:
        client_id: The application, also the one that a person signs in through.
        is_person: A person signs in.
        sign_in_for: How.
    """

    client_id: str
    is_person: bool
    sign_in_for: SignInFor


class OnlineServer:
    """Exchange Online of one tenant. Safe in many threads.

    Nothing is sent before it is asked something.

    Args:
        place: Where.
        identity: Who signs in.
        clock: Time and waiting.
        paces: Those of this process.
        restorer: The application that restores sign in as, if it is another; looked at by
            ``capabilities`` alone.
        random: Where jitter comes from.
        uses_ews: Mailboxes are read by EWS, as long as it is there, and not by Graph.
    """

    def __init__(
        self,
        place: Place,
        identity: Identity,
        *,
        clock: Clock,
        paces: Paces,
        restorer: Identity | None = None,
        random: Random | None = None,
        uses_ews: bool = False,
    ) -> None:
        self._uses_ews = uses_ews
        self._place = place
        self._clock = clock
        self._paces = paces
        self._random = random or Random()  # noqa: S311 - jitter of waits, no secret
        self._http = HttpsClient(clock=clock, trust=place.trust, proxy=place.proxy)
        self._transports: list[Transport] = []
        self._signer = self._signed(identity)
        self._restorer = self._signed(restorer) if restorer else None
        self._exchange = ExchangeServer(self._signer.ews)
        self._mailboxes = self._graph_mailboxes()
        self._imports = Imports(
            clock=clock,
            trust=place.trust,
            proxy=place.proxy,
            meter=self._signer.ews.transport.meter,
        )

    @property
    def upload_limit(self) -> UploadLimit | None:
        """How much may be sent into one mailbox by one application; by EWS, nobody says."""
        return None if self._uses_ews else _UPLOADS

    def facts(self) -> Mapping[str, Json]:
        """Say which tenant this is, where it is, how far away, and until when EWS is there.

        Raises:
            SignInEnded: the sign-in is not taken, with the reason.
        """
        facts = tenant_facts(self._signer, self._clock.now().date(), uses_ews=self._uses_ews)
        return {
            **facts,
            "tenant": facts["tenant"] or self._place.tenant,
            "cloud": self._place.cloud,
        }

    def capabilities(self, mailbox: str | None) -> Sequence[Capability]:
        """Try each right that jobs need, or will need once EWS has ended, changing nothing.

        Args:
            mailbox: Primary address of a mailbox to try them on; None: what needs none.

        Raises:
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
        """
        return tried_capabilities(
            self._signer,
            mailbox,
            restorer=self._restorer,
            cloud=self._place.cloud,
            uses_ews=self._uses_ews,
        )

    def speed(self, mailbox: str | None, lines: Sequence[Line], clock: Clock) -> SpeedReport:
        """Measure how fast it can be read, changing nothing.

        Args:
            mailbox: Primary address of a mailbox to look into; None: a person's own.
            lines: The lines to the connection's servers.
            clock: Time.

        Raises:
            AccessDenied: the sign-in is not taken.
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
        """
        if self._uses_ews:
            return measured(self._signer, mailbox, lines, clock=clock)
        line = self._mailboxes.line(self.resolve(mailbox)) if mailbox else None
        return measured_by_graph(self._signer, line, lines, clock=clock)

    def scope_kept(self, outside: str) -> Capability:
        """Say whether a mailbox that was not chosen stays shut, to both applications.

        Args:
            outside: Its primary address.

        Raises:
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
        """
        kept = scope_kept(self._signer, outside, cloud=self._place.cloud)
        if self._restorer is None or kept.outcome is not CapabilityOutcome.PROVED:
            return kept
        return scope_kept(self._restorer, outside, cloud=self._place.cloud)

    def resources(self) -> Iterator[Resource]:
        """List who is in the tenant, and of each mailbox what can be opened.

        Raises:
            AccessDenied: the application may not list; the hint names the permission.
        """
        return self._directory().resources()

    def resolve(self, reference: str) -> Resource:
        """Find one resource: ``ADDRESS``, ``archive:``, ``recoverable:``, an id.

        Raises:
            OperatorError: there is none, or it is not the signer's own.
            AccessDenied: there is no right to it; the hint names the permission.
        """
        return self._directory().find(reference)

    def source(self, resource: Resource) -> ExchangeSource | MailboxSource:
        """Open a resource for reading.

        Raises:
            OperatorError: it is none that can be read.
        """
        if self._uses_ews:
            warning = retirement.warning(self._clock.now().date(), self._signer.client_id)
            return self._exchange.source(resource, remarks=(warning,))
        return self._mailboxes.source(resource)

    def target(self, resource: Resource) -> ExchangeTarget | MailboxTarget:
        """Open a resource for writing.

        Raises:
            OperatorError: nothing can be put there.
        """
        if self._uses_ews or resource.kind is ResourceKind.RECOVERABLE:
            return self._exchange.target(resource)
        line = self._mailboxes.line(resource)
        return MailboxTarget(line, resource, self._mailboxes.habits, self._imports.into(line))

    @property
    def pace(self) -> Pace:
        """How this process uses it, by all its jobs together."""
        return self._exchange.pace if self._uses_ews else self._signer.graph.lane.pace

    @property
    def traffic(self) -> Traffic:
        """What went over the line so far, to both APIs."""
        return self._signer.ews.transport.meter.now()

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports:
            transport.close()
        self._imports.close()
        self._http.close()

    def _directory(self) -> OnlineDirectory | GraphDirectory:
        if self._uses_ews:
            return OnlineDirectory(self._signer)
        return GraphDirectory(self._signer, self._mailboxes)

    def _graph_mailboxes(self) -> GraphMailboxes:
        transport = Transport(
            self._place.graph,
            self._signer.graph.sign_in,
            clock=self._clock,
            trust=self._place.trust,
            proxy=self._place.proxy,
        )
        transport.meter = self._signer.ews.transport.meter
        self._transports.append(transport)
        return GraphMailboxes(
            transport,
            tenant=lambda: self._signer.graph_claims().tenant,
            clock=self._clock,
            pace=self._signer.graph.lane.pace,
            random=self._random,
        )

    def _signed(self, identity: Identity) -> Signer:
        place = self._place
        ews_sign_in = identity.sign_in_for(place.ews)
        transport = Transport(
            ews_url(place.ews.removeprefix("https://")),
            ews_sign_in,
            clock=self._clock,
            trust=place.trust,
            proxy=place.proxy,
        )
        self._transports.append(transport)
        ews = EwsConnection(
            transport,
            clock=self._clock,
            pace=self._paces.of(transport.authority),
            random=self._random,
            is_impersonating=not identity.is_person,
            forbidden=forbidden_words(ews_sign_in.user, identity.client_id, self._clock),
        )
        origin = Origin.of(place.graph)
        graph = GraphConnection(
            self._http,
            place.graph,
            identity.sign_in_for(place.graph),
            clock=self._clock,
            pace=self._paces.of(f"{origin.host}:{origin.port}"),
            random=self._random,
            meter=transport.meter,
        )
        return Signer(
            client_id=identity.client_id, is_person=identity.is_person, ews=ews, graph=graph
        )
