"""Where a tenant's items are brought to: the servers that import sessions name, and how much went.

Which servers these are only Graph's answers say. Nothing of ours goes there but the items: the
addresses prove themselves, so no token is shown to anybody whom Graph names.
"""

from __future__ import annotations

import threading

from strongroom.clock import Clock
from strongroom.wire.graph.mailbox.import_item import Importer
from strongroom.wire.graph.mailbox.import_session import NobodySignsIn
from strongroom.wire.graph.mailbox.incoming import Incoming
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.origins import Origin
from strongroom.wire.tls import Trust
from strongroom.wire.traffic import TrafficMeter
from strongroom.wire.transport import Transport


class Imports:
    """What all targets of one tenant share. Safe in many threads.

    Args:
        clock: Time and waiting.
        trust: Whose certificates are believed.
        proxy: ``http://host:port`` to tunnel through, or None.
        meter: Counts what goes over the lines.
    """

    def __init__(
        self, *, clock: Clock, trust: Trust, proxy: str | None, meter: TrafficMeter
    ) -> None:
        self._clock = clock
        self._trust = trust
        self._proxy = proxy
        self._meter = meter
        self._lock = threading.Lock()
        self._transports: dict[Origin, Transport] = {}
        self._incoming: dict[str, Incoming] = {}

    def into(self, line: MailboxLine) -> Importer:
        """Make ready to bring items into a mailbox; nothing is sent yet."""
        with self._lock:
            incoming = self._incoming.setdefault(line.mailbox, Incoming(self._clock))
        return Importer(line, self._transport, incoming)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()
            self._transports.clear()

    def _transport(self, origin: Origin) -> Transport:
        with self._lock:
            found = self._transports.get(origin)
            if found is None:
                found = self._transports[origin] = self._made(origin)
            return found

    def _made(self, origin: Origin) -> Transport:
        made = Transport(
            str(origin), NobodySignsIn(), clock=self._clock, trust=self._trust, proxy=self._proxy
        )
        made.meter = self._meter
        return made
