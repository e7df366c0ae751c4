"""One Exchange Server, signed in: what it is, what it holds, and the ways into each resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from strongroom.clock import Clock
from strongroom.errors import ItemError, OperatorError, SignInEnded
from strongroom.pace.pace import Pace
from strongroom.pace.paces import Paces
from strongroom.pace.patience import Budget
from strongroom.sources.exchange_onprem import directory, groups
from strongroom.sources.exchange_onprem.capabilities import tried_capabilities
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.sources.exchange_onprem.speed import measured, speed_told
from strongroom.sources.exchange_onprem.target import ExchangeTarget
from strongroom.sources.exchange_onprem.ways import Ways
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import RequestRefused
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.ews.resolve_names import resolve_names
from strongroom.wire.traffic import Traffic
from strongroom.wire.transport import Transport
from strongroom.words.capability import Capability
from strongroom.words.group import Group
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind
from strongroom.words.speed import Line, SpeedReport

IMPERSONATION = "impersonation"
DELEGATE = "delegate"


def ews_url(server: str) -> str:
    """Complete what a person typed: a host becomes the address of its EWS; a URL stays."""
    if "://" in server:
        return server
    return f"https://{server.rstrip('/')}/EWS/Exchange.asmx"


def open_server(
    transport: Transport,
    *,
    clock: Clock,
    access: str = IMPERSONATION,
    paces: Paces | None = None,
    random: Random | None = None,
    budget: Budget | None = None,
) -> ExchangeServer:
    """Make ready to speak with a server; nothing is sent yet.

    Args:
        transport: To the server's EWS (see ``ews_url``), as the service account.
        clock: Time and waiting.
        access: ``impersonation`` (the account acts as each mailbox's owner; a budget per mailbox)
            or ``delegate`` (it uses the rights that it was given; one budget for all).
        paces: Those of this process; None: this connection is the only one to the server.
        random: Where jitter comes from.
        budget: How long one read keeps trying.

    Raises:
        OperatorError: there is no such access.
    """
    if access not in {IMPERSONATION, DELEGATE}:
        raise OperatorError(
            f"There is no access {access!r}.", hint=f"It is {IMPERSONATION} or {DELEGATE}."
        )
    account = EwsConnection(
        transport,
        clock=clock,
        pace=(paces or Paces(clock)).of(transport.authority),
        random=random or Random(),  # noqa: S311 - jitter of waits, no secret
        budget=budget,
        is_impersonating=access == IMPERSONATION,
    )
    return ExchangeServer(account)


class ExchangeServer:
    """An Exchange Server. Safe in many threads.

    Args:
        account: A connection in nobody's name but the account's own.
    """

    def __init__(self, account: EwsConnection) -> None:
        self._account = account
        self._ways = Ways()

    def facts(self) -> Mapping[str, Json]:
        """Ask the server who it is: version, names, round trip, the way it offers."""
        try:
            get_server_time_zones(self._account)
        except (RequestRefused, ItemError):
            # Compatible servers lack it; looking a name up is the other cheap question.
            resolve_names(self._account, f"smtp:{self._account.transport.sign_in.user}")
        facts = self._account.facts
        return {
            "product": "Exchange Server",
            "version": str(facts.version) if facts.version else "",
            "schema": facts.version.schema if facts.version else "",
            "url": self._account.transport.url,
            "user": self._account.transport.sign_in.user,
            "access": IMPERSONATION if self._account.is_impersonating else DELEGATE,
            "front_end": facts.front_end,
            "back_end": facts.back_end_target or facts.back_end,
            "round_trip_ms": round(facts.round_trip_s * 1000, 1),
            "speed": speed_told(facts.round_trip_s),
            "way": self._way(),
        }

    def _way(self) -> str | None:
        """Say the way; None where the account has no mailbox to ask in."""
        try:
            return self._ways.ask(self._account)
        except SignInEnded:
            raise
        except (OperatorError, ItemError):
            return None

    def capabilities(self, mailbox: str | None) -> Sequence[Capability]:
        """Try each right that jobs will need, changing nothing.

        Args:
            mailbox: Primary address of a mailbox to try them on; None: what needs none.

        Raises:
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
        """
        return tried_capabilities(self._account, mailbox)

    def speed(self, mailbox: str | None, lines: Sequence[Line], clock: Clock) -> SpeedReport:
        """Measure how fast it can be read, changing nothing.

        Args:
            mailbox: Primary address of a mailbox to look into; None: the account's own.
            lines: The lines to the connection's servers.
            clock: Time.

        Raises:
            AccessDenied: the sign-in is not taken.
            ServerUnreachable: nobody answers.
            TransientError: nobody answered in time.
        """
        return measured(self._account, mailbox, lines, clock=clock)

    def resources(self) -> Iterator[Resource]:
        """List all mailboxes, archives, recoverable items and public folders.

        Raises:
            AccessDenied: the account is not in Discovery Management; the hint has the command.
        """
        return directory.list_resources(self._account)

    def resolve(self, reference: str) -> Resource:
        """Find one resource: ``ADDRESS``, ``archive:``, ``recoverable:``, public folders, id.

        Raises:
            OperatorError: there is none.
            AccessDenied: the account may not open it; the hint has the command.
        """
        return directory.find_resource(self._account, reference)

    def group(self, address: str, is_left_out: Callable[[str], bool]) -> Group:
        """Look up who is in a group, through all groups inside it.

        Args:
            address: The group's.
            is_left_out: Says of a group inside it that it is not to be looked into.

        Raises:
            OperatorError: there is no such group, or it may not be looked up.
        """
        return groups.look_up(self._account, address, is_left_out)

    def of_mailbox(self, address: str) -> Iterator[Resource]:
        """Give a mailbox with its archive and recoverable items, or why it cannot be opened."""
        return directory.resources_of(self._account, directory.as_listed(address))

    def source(self, resource: Resource, *, remarks: Sequence[str] = ()) -> ExchangeSource:
        """Open a resource for reading.

        Args:
            resource: Which.
            remarks: What a person should know of every backup of it.
        """
        return ExchangeSource(self._connection(resource), resource, self._ways, remarks=remarks)

    def target(self, resource: Resource) -> ExchangeTarget:
        """Open a resource for writing.

        Raises:
            OperatorError: nothing can be put there.
        """
        if resource.kind is ResourceKind.RECOVERABLE:
            raise OperatorError(
                "Recoverable items take nothing from outside.",
                hint=f"Restore into a folder of a mailbox: --to {resource.address}",
            )
        return ExchangeTarget(self._connection(resource), resource)

    @property
    def pace(self) -> Pace:
        """How this process uses it, by all its jobs together."""
        return self._account.lane.pace

    @property
    def traffic(self) -> Traffic:
        """What went over the line so far."""
        return self._account.transport.meter.now()

    def close(self) -> None:
        """Close all connections."""
        self._account.transport.close()

    def _connection(self, resource: Resource) -> EwsConnection:
        if resource.excluded is not None:
            raise OperatorError(f"{resource.reference} cannot be opened.", why=resource.excluded)
        if resource.kind is ResourceKind.PUBLIC_FOLDERS:
            return self._account
        return self._account.for_mailbox(resource.address)
