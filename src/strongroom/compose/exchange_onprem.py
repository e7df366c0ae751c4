"""An Exchange Server of one's own, as a connection's details name it."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.operations.interfaces import Server
from strongroom.pace.paces import Paces
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Use


def open_exchange_onprem(
    details: ConnectionDetails,
    use: Use,  # noqa: ARG001 - one account does everything, and it has no tokens
    clock: Clock,
    paces: Paces,
) -> Server:
    """Make ready to speak with an Exchange Server; nothing is sent yet.

    Raises:
        OperatorError: the address is not https, or the details cannot be used.
    """
    # Loaded here: see ``servers``.
    from strongroom.compose.sign_ins import sign_in_of, trust_of  # noqa: PLC0415
    from strongroom.sources.exchange_onprem import server  # noqa: PLC0415
    from strongroom.wire.transport import Transport  # noqa: PLC0415

    transport = Transport(
        server.ews_url(details.server),
        sign_in_of(details),
        clock=clock,
        trust=trust_of(details),
        proxy=details.proxy or None,
    )
    return server.open_server(transport, clock=clock, access=details.access, paces=paces)
