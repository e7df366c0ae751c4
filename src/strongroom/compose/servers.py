"""Which kind of server a connection is of, and who speaks with that kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strongroom.clock import Clock
from strongroom.compose.exchange_online import open_exchange_online
from strongroom.compose.exchange_onprem import open_exchange_onprem
from strongroom.compose.sharepoint import open_sharepoint
from strongroom.errors import OperatorError
from strongroom.operations.interfaces import Server
from strongroom.pace.paces import Paces
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
    ConnectionDetails,
)
from strongroom.service.ports import Use

OpenServer = Callable[[ConnectionDetails, Use, Clock, Paces], Server]

_BY_KIND: Mapping[str, OpenServer] = {
    EXCHANGE_ONLINE: open_exchange_online,
    EXCHANGE_ONPREM: open_exchange_onprem,
    SHAREPOINT_ONLINE: open_sharepoint,
    SHAREPOINT_ONPREM: open_sharepoint,
}
"""One line for each kind. What these load is loaded when they are called: most commands speak with
no server, and XML and HTTP take a while to load."""


def open_server(
    details: ConnectionDetails, use: Use, clock: Clock, paces: Paces | None = None
) -> Server:
    """Make ready to speak with the kind of server that a connection is of.

    Args:
        details: Where, and who we are there.
        use: What for, and who keeps tokens that were renewed.
        clock: Time.
        paces: Those of this process, so that all runs together stay within a server's slots.

    Raises:
        OperatorError: nobody here speaks with that kind.
    """
    found = _BY_KIND.get(details.kind)
    if found is None:
        raise OperatorError(
            f"Connections of the kind '{details.kind}' are not known.",
            hint="A newer Strongroom made it; use that one.",
        )
    return found(details, use, clock, paces or Paces(clock))
