"""SharePoint Online and SharePoint Server, as a connection's details name them."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.operations.interfaces import Server
from strongroom.pace.paces import Paces
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Use


def open_sharepoint(details: ConnectionDetails, use: Use, clock: Clock, paces: Paces) -> Server:
    """Make ready to speak with a SharePoint; nothing is sent yet.

    One thing is asked before, without any credential: a farm that trusts a sign-in server which the
    connection does not name is asked which one, to tell it in the error.

    Raises:
        OperatorError: the details cannot be used.
    """
    # Loaded here: see ``servers``.
    from strongroom.compose.sharepoint_ways import opened  # noqa: PLC0415

    return opened(details, use, clock, paces)
