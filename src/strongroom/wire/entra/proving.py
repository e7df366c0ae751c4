"""Waits until a sign-in that was just registered is known everywhere, and proves it by a token."""

from __future__ import annotations

from strongroom.errors import OperatorError, TransientError
from strongroom.wire.entra.app_only import AppOnly, CertificateProof
from strongroom.wire.entra.claims import claims_in
from strongroom.wire.entra.place import Place

PATIENCE_S = 300.0
_FIRST_WAIT_S = 2.0
_WAIT_MAX_S = 20.0


def prove(
    place: Place,
    client_id: str,
    proof: CertificateProof,
    resource: str,
    *,
    roles: frozenset[str] | None,
    patience_s: float = PATIENCE_S,
) -> str:
    """Get a token that carries just what was granted, trying until the tenant knows all of it.

    Args:
        place: Where to sign in.
        client_id: The application's id.
        proof: Its certificate.
        resource: Whom the token is for.
        roles: The permissions that it has to carry, and no other; None: any.
        patience_s: How long to try, in seconds.

    Returns:
        The token.

    Raises:
        OperatorError: it is still not known; the hint says how to go on.
    """
    clock = place.clock
    end_s = clock.monotonic_s() + patience_s
    wait_s = _FIRST_WAIT_S
    while True:
        why = "The tokens that it is given do not carry its permissions as they are now yet."
        try:
            # A new client each time: MSAL remembers a refusal, and a token, for a while.
            token = AppOnly(place, client_id, proof).tokens(resource).token()
            said = claims_in(token)
            if roles is None or said.roles == roles or not said.is_readable:
                return token
        except (OperatorError, TransientError) as error:
            why = str(error)
        if clock.monotonic_s() + wait_s > end_s:
            raise OperatorError(
                "The application is registered, but cannot sign in yet.",
                why=why,
                hint="Large tenants take a while to know it everywhere. Do the same again in some"
                f" minutes: it goes on with the application {client_id}.",
            )
        clock.sleep(wait_s)
        wait_s = min(2 * wait_s, _WAIT_MAX_S)
