"""How a connection's details prove who we are to Microsoft's clouds: by certificate or token.

Loaded by those who are about to speak with one: its library takes a fifth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.clock import Clock
from strongroom.compose.sign_ins import trust_of
from strongroom.errors import OperatorError
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.vault.secret import Secret
from strongroom.wire.entra.app_only import AppOnly, CertificateProof, Proof, SecretProof
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.entra.person import Person
from strongroom.wire.entra.place import Place
from strongroom.wire.http import HttpAnswer, HttpsClient
from strongroom.wire.sign_in import BearerSignIn
from strongroom.wire.tls import Trust


def bearer_of(
    details: ConnectionDetails, resource: str, use: Use, clock: Clock, *, scope: str = ".default"
) -> BearerSignIn:
    """Make ready to prove who we are to one of Microsoft's clouds by tokens.

    Nothing is sent yet. An application proves itself by its certificate or secret; a restore does
    so as the application that may write, if the connection has one of its own for that.

    Args:
        details: The connection.
        resource: Whom the tokens are for: ``https://outlook.office365.com``,
            ``https://graph.microsoft.com``, or a SharePoint host.
        use: What for, and who keeps a person's renewed sign-in.
        clock: Says when tokens end.
        scope: What a person's token is to allow; by default all that was consented to.

    Raises:
        OperatorError: the details lack what that takes, or name no tenant or cloud.
    """
    place = place_of(details, clock)
    if details.auth in {"certificate", "client-secret"}:
        client_id, by = _application(details, use.purpose)
        tokens = AppOnly(place, client_id, by).tokens(resource)
        return BearerSignIn(f"application {client_id}", tokens.token, renew=tokens.renew)
    if details.auth in {"browser", "device-code"}:
        person = Person(
            place,
            details.client_id,
            cache=details.secret("token_cache").reveal(),
            keep=lambda cache: use.keep_tokens(Secret(cache)),
        )
        tokens = person.tokens([f"{resource.rstrip('/')}/{scope}"])
        return BearerSignIn(
            details.user or "the person who signed in", tokens.token, renew=tokens.renew
        )
    raise OperatorError(
        f"Microsoft's cloud knows no sign-in by {details.auth}.",
        hint="It is certificate, client-secret, browser or device-code.",
    )


def place_of(details: ConnectionDetails, clock: Clock) -> Place:
    """Say where a connection's tokens come from.

    Raises:
        OperatorError: there is no such cloud, or no tenant can be called that.
    """
    endpoints = endpoints_of(details.cloud, details.endpoints)
    return Place(
        authority=endpoints.authority_of(details.tenant),
        http=_ShortLived(clock, trust_of(details), details.proxy or None),
        clock=clock,
    )


def _application(details: ConnectionDetails, purpose: Purpose) -> tuple[str, Proof]:
    if purpose is Purpose.RESTORE and details.restore_client_id:
        pem = details.secret("restore_certificate").reveal()
        return details.restore_client_id, CertificateProof(pem=pem)
    if details.auth == "certificate":
        pem = details.secret("certificate").reveal()
        return details.client_id, CertificateProof(pem=pem)
    return details.client_id, SecretProof(secret=details.secret("client_secret").reveal())


class _ShortLived:
    """Sends each request over a connection of its own, so that nobody has to close anything.

    Tokens are asked for about once an hour: no server keeps a connection open for that long.
    """

    def __init__(self, clock: Clock, trust: Trust, proxy: str | None) -> None:
        self._clock = clock
        self._trust = trust
        self._proxy = proxy

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpAnswer:
        """As the interface says."""
        with HttpsClient(clock=self._clock, trust=self._trust, proxy=self._proxy) as http:
            return http.request(method, url, headers=headers, body=body)
