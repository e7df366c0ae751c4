"""Exchange Online, as a connection's details name it: by EWS with tokens, while it lasts."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.operations.interfaces import Server
from strongroom.pace.retry import Gates
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Use

_PERSONS = {"browser", "device-code"}


def open_exchange_online(
    details: ConnectionDetails, use: Use, clock: Clock, gates: Gates
) -> Server:
    """Make ready to speak with Exchange Online; nothing is sent yet.

    An application acts as each mailbox's owner. A person reaches their own mailbox, and others only
    as a delegate.

    Raises:
        OperatorError: the details cannot be used.
    """
    # Loaded here: see ``servers``.
    from strongroom.compose.sign_ins import bearer_of, trust_of  # noqa: PLC0415
    from strongroom.sources.exchange_onprem import server  # noqa: PLC0415
    from strongroom.wire.entra.clouds import endpoints_of  # noqa: PLC0415

    # Tokens are made out to the very address that they are sent to: at another they are worthless.
    ews = endpoints_of(details.cloud, details.endpoints).ews
    return server.open_server(
        f"{ews}/EWS/Exchange.asmx",
        bearer_of(details, ews, use, clock),
        clock=clock,
        trust=trust_of(details),
        access=server.DELEGATE if details.auth in _PERSONS else server.IMPERSONATION,
        gates=gates,
        proxy=details.proxy or None,
    )
