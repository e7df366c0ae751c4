"""Looking up somebody's Exchange server by Autodiscover, the directory included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom.clock import Clock
from strongroom.service.details import BY_DNS, ConnectionDetails
from strongroom.service.ports import Confirm, FoundServer

if TYPE_CHECKING:  # loaded when a server is looked for
    from strongroom.wire.autodiscover import ServicePoints, ServiceRecords
    from strongroom.wire.autodiscover.ldap import Bind


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

    trust, proxy = trust_of(details), details.proxy or None
    sign_in = sign_in_of(details)
    dns = autodiscover.DnsServiceRecords()
    named = details.server if "://" in details.server else f"https://{details.server}"
    with HttpsClient(clock=clock, trust=trust, proxy=proxy) as http:
        found = autodiscover.discover(
            details.autodiscover,
            http=http,
            sign_in=autodiscover.ConnectionAuthenticator(
                sign_in,
                open_transport=lambda url, who: Transport(
                    url, who, clock=clock, trust=trust, proxy=proxy
                ),
            )
            if isinstance(sign_in, ConnectionSignIn)
            else autodiscover.HeaderAuthenticator(sign_in, scheme="Basic", http=http),
            ways=autodiscover.Ways(
                dns=dns,
                directory=_directory(details, dns, confirm, clock),
                plain=autodiscover.PlainGet(proxy=proxy),
                named=[named] if details.server else [],
                # An on-premises mailbox: Microsoft's own service need not learn its address.
                microsoft_host=None,
            ),
            confirm=lambda question: confirm(str(question), question.cautions),
        )
    return FoundServer(server=found.ews_url, attempts=[str(one) for one in found.attempts])


def _directory(
    details: ConnectionDetails, dns: ServiceRecords, confirm: Confirm, clock: Clock
) -> ServicePoints | None:
    """Make ready to ask the directory, if the connection names one or says that the DNS does."""
    if not details.directory:
        return None
    from strongroom.compose.sign_ins import kerberos_proof, trust_of  # noqa: PLC0415
    from strongroom.wire.autodiscover.directory import DirectoryServicePoints  # noqa: PLC0415
    from strongroom.wire.autodiscover.directory_found import DirectoryByDns  # noqa: PLC0415
    from strongroom.wire.autodiscover.directory_sign_in import (  # noqa: PLC0415
        SimpleBind,
        WindowsBind,
    )

    bind: Bind
    if details.auth == "basic":
        bind = SimpleBind(details.user, details.secret("password").reveal())
    elif details.auth == "ntlm":
        bind = WindowsBind("ntlm", details.user, details.secret("password").reveal())
    else:
        proof = kerberos_proof(details)
        bind = WindowsBind("kerberos", details.user, proof.password, keytab=proof.keytab)

    def ask(server: str) -> ServicePoints:
        host, _, port = server.partition(":")
        return DirectoryServicePoints(
            host,
            bind=bind,
            trust=trust_of(details),
            clock=clock,
            port=int(port) if port.isdecimal() else None,
        )

    if details.directory != BY_DNS:
        return ask(details.directory)
    return DirectoryByDns(dns, ask=ask, confirm=confirm)
