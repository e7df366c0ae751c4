"""How a connection's details prove who we are to a server of one's own: by password or ticket.

Loaded by those who are about to speak with a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from strongroom.errors import OperatorError
from strongroom.service.details import ConnectionDetails
from strongroom.wire.sign_in import BasicSignIn, ConnectionSignIn, SignIn
from strongroom.wire.tls import Trust


def trust_of(details: ConnectionDetails) -> Trust:
    """Say whose certificates a connection believes."""
    return Trust(
        ca_pem=details.ca_pem,
        fingerprint=details.fingerprint or None,
        server_name=details.certificate_name or None,
    )


def sign_in_of(details: ConnectionDetails) -> SignIn | ConnectionSignIn:
    """Make ready to prove who we are to a server of one's own.

    Raises:
        OperatorError: this way is for another kind of server.
    """
    if details.auth == "basic":
        return BasicSignIn(details.user, details.secret("password").reveal())
    # Loaded here: cryptography for old protocols, which most connections need not.
    from strongroom.wire.sign_in import windows  # noqa: PLC0415

    if details.auth == "ntlm":
        return windows.NtlmSignIn(details.user, details.secret("password").reveal())
    if details.auth == "kerberos":
        proof = kerberos_proof(details)
        return windows.KerberosSignIn(details.user, proof.password, keytab=proof.keytab)
    raise OperatorError(
        f"A server of one's own knows no sign-in by {details.auth}.",
        hint="It is basic, ntlm or kerberos.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KerberosProof:
    """What a ticket is asked for with; neither: the tickets of the account that runs us."""

    password: str | None = field(default=None, repr=False)
    keytab: bytes | None = field(default=None, repr=False)


def kerberos_proof(details: ConnectionDetails) -> KerberosProof:
    """Give what a connection gets its Kerberos tickets with.

    Raises:
        OperatorError: it has nothing, and was not told to use the tickets of this machine.
    """
    if details.uses_tickets:
        return KerberosProof()
    if details.keytab is not None:
        from strongroom.wire.sign_in.keytab import keytab_of  # noqa: PLC0415 - see above

        return KerberosProof(keytab=keytab_of(details.keytab.reveal()))
    return KerberosProof(password=details.secret("password").reveal())
