"""Exchange Online, as a connection's details name it: who signs in to which tenant, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from strongroom.clock import Clock
from strongroom.operations.interfaces import Server
from strongroom.pace.paces import Paces
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use

if TYPE_CHECKING:  # loaded when a server is spoken with
    from strongroom.sources.exchange_online.server import Identity

_PERSONS = frozenset({"browser", "device-code"})


def open_exchange_online(
    details: ConnectionDetails, use: Use, clock: Clock, paces: Paces
) -> Server:
    """Make ready to speak with Exchange Online; nothing is sent yet.

    Mailboxes are read and written by Graph; by EWS only where the connection says so, since that
    ends.

    An application acts for each mailbox; a restore does so as the application that may
    write, if the connection has one of its own for that. A person reaches their own mailbox.

    Raises:
        OperatorError: the details cannot be used.
    """
    # Loaded here: see ``servers``.
    from strongroom.compose.sign_ins import trust_of  # noqa: PLC0415
    from strongroom.sources.exchange_online.server import OnlineServer, Place  # noqa: PLC0415
    from strongroom.wire.entra.clouds import endpoints_of  # noqa: PLC0415

    endpoints = endpoints_of(details.cloud, details.endpoints)
    place = Place(
        tenant=details.tenant,
        cloud=details.cloud,
        ews=endpoints.ews,
        graph=endpoints.graph,
        trust=trust_of(details),
        proxy=details.proxy or None,
    )
    restorer = None
    if use.purpose is Purpose.TEST and details.restore_client_id:
        restorer = _identity(details, replace(use, purpose=Purpose.RESTORE), clock)
    return OnlineServer(
        place,
        _identity(details, use, clock),
        clock=clock,
        paces=paces,
        restorer=restorer,
        uses_ews=_uses_ews(details),
    )


def _uses_ews(details: ConnectionDetails) -> bool:
    """Say whether mailboxes are read by EWS.

    Other clouds have no export of mailboxes in Graph; and what a person consents to when they sign
    in is EWS.
    """
    return details.uses_ews or details.cloud != "global" or details.auth in _PERSONS


def _identity(details: ConnectionDetails, use: Use, clock: Clock) -> Identity:
    from strongroom.compose.cloud_sign_ins import bearer_of  # noqa: PLC0415 - as above
    from strongroom.sources.exchange_online.server import Identity  # noqa: PLC0415

    is_restore = use.purpose is Purpose.RESTORE and bool(details.restore_client_id)
    return Identity(
        client_id=details.restore_client_id if is_restore else details.client_id,
        is_person=details.auth in _PERSONS,
        # Tokens are made out to the very address that they are sent to: at another they are
        # worthless.
        sign_in_for=lambda api: bearer_of(details, api, use, clock),
    )
