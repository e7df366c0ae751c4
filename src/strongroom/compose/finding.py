"""Looking up somebody's Exchange server by Autodiscover."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Confirm, FoundServer


def find_server(details: ConnectionDetails, confirm: Confirm, clock: Clock) -> FoundServer:
    """Look up the Exchange server of an address.

    Args:
        details: With the address in ``autodiscover``, and in ``server`` a server that may be asked
            first, if somebody knows one.
        confirm: Asks a person.
        clock: Time.

    Raises:
        OperatorError: there is none that may be trusted.
    """
    # Loaded here: see ``servers``.
    from strongroom.compose.sign_ins import sign_in_of, trust_of  # noqa: PLC0415
    from strongroom.wire import autodiscover  # noqa: PLC0415
    from strongroom.wire.http import HttpsClient  # noqa: PLC0415
    from strongroom.wire.sign_in import ConnectionSignIn  # noqa: PLC0415
    from strongroom.wire.transport import Transport  # noqa: PLC0415

    trust = trust_of(details)
    sign_in = sign_in_of(details)
    named = details.server if "://" in details.server else f"https://{details.server}"
    with HttpsClient(clock=clock, trust=trust) as http:
        found = autodiscover.discover(
            details.autodiscover,
            http=http,
            sign_in=autodiscover.ConnectionAuthenticator(
                sign_in,
                open_transport=lambda url, who: Transport(url, who, clock=clock, trust=trust),
            )
            if isinstance(sign_in, ConnectionSignIn)
            else autodiscover.HeaderAuthenticator(sign_in, scheme="Basic", http=http),
            ways=autodiscover.Ways(
                dns=autodiscover.DnsServiceRecords(),
                plain=autodiscover.PlainGet(),
                named=[named] if details.server else [],
                # An on-premises mailbox: Microsoft's own service need not learn its address.
                microsoft_host=None,
            ),
            confirm=lambda question: confirm(str(question), question.cautions),
        )
    return FoundServer(server=found.ews_url, attempts=[str(one) for one in found.attempts])
