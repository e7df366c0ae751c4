"""The lines to a tenant's mailboxes by Graph, and the sources behind them."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Callable
from random import Random

from strongroom.clock import Clock
from strongroom.errors import OperatorError
from strongroom.pace.pace import Pace
from strongroom.sources.exchange_online.reading.habits import Habits
from strongroom.sources.exchange_online.reading.source import MailboxSource
from strongroom.wire.graph.mailbox.at_once import AtOnce
from strongroom.wire.graph.mailbox.line import BETA, V1, MailboxLine
from strongroom.wire.transport import Transport
from strongroom.words.resource import Resource, ResourceKind


class GraphMailboxes:
    """Opens mailboxes of one tenant. Safe in many threads.

    Args:
        transport: To Graph; whoever made it closes it.
        tenant: Gives the tenant's id, as the token tells it.
        clock: Time and waiting.
        pace: Graph's pace.
        random: Where jitter comes from.

    Attributes:
        habits: What is known of how Graph behaves.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        tenant: Callable[[], str],
        clock: Clock,
        pace: Pace,
        random: Random,
    ) -> None:
        self._transport = transport
        self._tenant = tenant
        self._clock = clock
        self._pace = pace
        self._random = random
        self.habits = Habits()
        self._lock = threading.Lock()
        self._at_once: defaultdict[str, AtOnce] = defaultdict(AtOnce)

    def source(self, resource: Resource) -> MailboxSource:
        """Open a resource for reading; nothing is sent yet.

        Raises:
            OperatorError: it is none that Graph can read.
        """
        return MailboxSource(self.line(resource), resource, self.habits)

    def line(self, resource: Resource) -> MailboxLine:
        """Make the line to a resource.

        Raises:
            OperatorError: it is none that Graph can read.
        """
        if resource.excluded is not None:
            raise OperatorError(f"{resource.reference} cannot be opened.", why=resource.excluded)
        if resource.kind is ResourceKind.PUBLIC_FOLDERS or not _is_guid(resource.id):
            raise OperatorError(
                f"{resource.reference} cannot be read by Microsoft Graph.",
                why="Graph has people's, shared and resource mailboxes and their archives only.",
                hint="While EWS lasts, a connection with --with-ews reads it.",
            )
        version = BETA if resource.kind is ResourceKind.ARCHIVE else V1
        return self.line_to(f"MBX:{resource.id}@{self._tenant()}", version)

    def line_to(self, mailbox: str, version: str) -> MailboxLine:
        """Make the line to a mailbox; an empty name: to what belongs to none."""
        with self._lock:
            # Questions about many mailboxes are no crowd in any of them.
            at_once = self._at_once[mailbox] if mailbox else AtOnce()
        return MailboxLine(
            transport=self._transport,
            mailbox=mailbox,
            version=version,
            clock=self._clock,
            pace=self._pace,
            random=self._random,
            at_once=at_once,
        )


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
