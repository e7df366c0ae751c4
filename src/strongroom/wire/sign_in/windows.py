"""NTLM and Kerberos, bound to the TLS connection.

The library underneath is ``pyspnego``: on Windows it asks the system (SSPI), elsewhere it speaks
NTLM itself and leaves Kerberos to the system's GSSAPI, for which ``strongroom[kerberos]`` must be
installed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import spnego
from spnego.channel_bindings import GssChannelBindings

from strongroom.errors import AccessDenied, OperatorError, SignInEnded
from strongroom.wire.sign_in.channel_binding import tls_server_end_point
from strongroom.wire.sign_in.keytab import open_keytab

# At level DEBUG the library writes every token, and passwords can be guessed from those of NTLM.
logging.getLogger("spnego").setLevel(logging.WARNING)

_NTLM_AUTHENTICATE = b"NTLMSSP\x00\x03\x00\x00\x00"
_NT_RESPONSE_LENGTH = slice(20, 22)
_NTLM_V1_BYTES = 24


class NtlmSignIn:
    r"""A name and a password, proved by NTLMv2 without sending the password.

    Args:
        user: ``DOMAIN\user`` or ``user@domain``.
        password: Kept in memory only.

    Source:
        https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp
    """

    # Where only Negotiate is switched on, Windows takes NTLM's own messages under that name too.
    schemes = ("NTLM", "Negotiate")

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self._password = password

    def __repr__(self) -> str:
        return f"NtlmSignIn(user={self.user!r})"

    def headers(self) -> Mapping[str, str]:
        """Nothing: the connection is what is signed in."""
        return {}

    def begin(self, certificate_der: bytes, *, host: str) -> _Handshake:
        """As the interface says."""
        return _Handshake("NTLM", self.user, self._password, certificate_der, host)


class KerberosSignIn:
    """A ticket for ``HTTP/host``, and never NTLM instead.

    Args:
        user: ``user@DOMAIN``. The domain is written in capitals, as tickets have it. Empty with no
            password: whoever the system's own tickets are for.
        password: Kept in memory only. None: the tickets that the system holds for the account that
            runs this program (``kinit``, a client key table, or the Windows sign-in).
        keytab: A key table to use in place of the password.

    Source:
        https://www.rfc-editor.org/rfc/rfc4559
    """

    schemes = ("Negotiate",)

    def __init__(
        self, user: str = "", password: str | None = None, *, keytab: bytes | None = None
    ) -> None:
        name, at, domain = user.rpartition("@")
        self._name = f"{name}@{domain.upper()}" if at else user
        self.user = self._name or "the account of this machine's tickets"
        self._password = password
        self._keytab = keytab

    def __repr__(self) -> str:
        return f"KerberosSignIn(user={self.user!r})"

    def headers(self) -> Mapping[str, str]:
        """Nothing: the connection is what is signed in."""
        return {}

    def begin(self, certificate_der: bytes, *, host: str) -> _Handshake:
        """As the interface says."""
        if self._keytab is None:
            return _Handshake("Kerberos", self._name, self._password, certificate_der, host)
        with open_keytab(self._keytab, self._name) as table:
            return _Handshake("Kerberos", table, None, certificate_der, host)


class _Handshake:
    def __init__(
        self,
        protocol: str,
        user: str | spnego.KerberosKeytab,
        password: str | None,
        certificate_der: bytes,
        host: str,
    ) -> None:
        self._protocol = protocol
        self._host = host
        self.has_proved = False
        binding = GssChannelBindings(application_data=tls_server_end_point(certificate_der))
        try:
            self._context = spnego.client(
                user or None,
                password,
                hostname=host,
                service="HTTP",
                channel_bindings=binding,
                protocol=protocol.lower(),
            )
        except ImportError as error:
            raise OperatorError(
                f"{protocol} cannot be spoken from here.",
                why="The library that asks the system for tickets is not installed.",
                hint="Install strongroom[kerberos]; it needs MIT Kerberos (Debian: libkrb5-dev).",
            ) from error
        except Exception as error:
            raise self._no_proof(error) from error

    def step(self, token: bytes | None) -> bytes | None:
        """As the interface says."""
        if self._context.complete:
            return None
        try:
            told = self._context.step(token)
        except Exception as error:
            raise self._no_proof(error) from error
        if told and _is_ntlm_v1(told):
            raise OperatorError(
                "NTLMv1 is not spoken.",
                why="The password can be found out from it, and it is bound to no connection.",
                hint="Take LM_COMPAT_LEVEL out of the environment, or set it to 3 or more.",
            )
        # Kerberos says all at once; what the server then answers only proves the server.
        self.has_proved = self._protocol == "Kerberos" or self._context.complete
        return told or None

    def _no_proof(self, error: Exception) -> OperatorError:
        """Name what the library raised: its own errors, and those of GSSAPI and krb5."""
        why = " ".join(str(error).split())[:300]
        if self._protocol == "Kerberos":
            return SignInEnded(
                f"Kerberos gave no ticket for HTTP/{self._host}.",
                why=why,
                hint="Check the name and the password, this machine's clock and krb5.conf, and that"
                f" the server's account holds the service principal name HTTP/{self._host}.",
            )
        return AccessDenied(
            f"What {self._host} says is not {self._protocol}.",
            why=why,
            hint="Check that the address leads to the server itself.",
        )


def _is_ntlm_v1(token: bytes) -> bool:
    length = int.from_bytes(token[_NT_RESPONSE_LENGTH], "little")
    return token.startswith(_NTLM_AUTHENTICATE) and length <= _NTLM_V1_BYTES
