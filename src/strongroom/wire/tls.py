"""Proof of the server's name, and plain words for how it can fail."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from urllib3.exceptions import ConnectTimeoutError

from strongroom.errors import OperatorError, ServerUnreachable

_CA_HINT = (
    "If the server's certificate comes from your organisation's own authority, name that"
    " authority's certificate with --ca-file."
)
# OpenSSL's X509_V_ERR_* numbers, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
_WRONG_NAME = frozenset({62, 63, 64})


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Make the one TLS configuration that we use: chain and name are always checked, TLS 1.2 up.

    There is no switch to turn the check off, on purpose: the request after the handshake carries
    credentials.

    Args:
        ca_file: PEM file of the authorities to trust instead of the system's, or None.

    Raises:
        OperatorError: the file cannot be read or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise OperatorError(
            f"The certificate file {ca_file} cannot be used.",
            why=str(error),
            hint="Give --ca-file a PEM file that holds the authority's certificate.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose certificates are believed.

    Attributes:
        ca_pem: Authorities to trust instead of the system's, PEM text; or None.
    """

    ca_pem: str | None = None

    def context(self) -> ssl.SSLContext:
        """Make the TLS configuration: chain and name are always checked, TLS 1.2 up.

        Raises:
            OperatorError: the text holds no certificate.
        """
        try:
            context = ssl.create_default_context(cadata=self.ca_pem)
        except ssl.SSLError as error:
            raise OperatorError(
                "The connection's own certificates cannot be used.",
                why=str(error),
                hint="Give --ca-file a PEM file that holds the authority's certificate.",
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # OpenSSL's wrapper writes session keys to the file that SSLKEYLOGFILE names; whoever sets
        # it could read every password.
        context.keylog_filename = None
        return context


def unreachable(host: str, error: BaseException) -> ServerUnreachable:
    """Say in plain words why no proven connection came about.

    Args:
        host: The name we asked for.
        error: What was raised while connecting, possibly wrapped.
    """
    certificate = _certificate_error(error)
    if certificate is not None:
        return _unproven(host, certificate)
    causes = _chain(error)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        why, hint = "There is no such name.", "Check the spelling of the server, and the DNS."
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        why, hint = "The connection was refused.", "Check the port, and that the server is running."
    elif any(isinstance(cause, ssl.SSLError) for cause in causes):
        why = "Whoever answers there does not speak TLS 1.2 or later."
        hint = "Check that the address and port are those of an HTTPS server."
    elif any(isinstance(cause, TimeoutError | ConnectTimeoutError) for cause in causes):
        why, hint = "It did not answer in time.", "Check the address and the firewalls between."
    else:
        why, hint = f"{causes[-1]}.", "Check the network and the address of the server."
    return ServerUnreachable(f"{host} cannot be reached.", why=why, hint=hint)


def is_certificate_failure(error: BaseException) -> bool:
    """Say whether the server was there and could not prove its name."""
    return _certificate_error(error) is not None


def _unproven(host: str, cause: ssl.SSLCertVerificationError) -> ServerUnreachable:
    code = cause.verify_code
    if code == _EXPIRED:
        why, hint = "Its certificate has expired.", "Renew the certificate on the server."
    elif code == _NOT_YET_VALID:
        why, hint = "Its certificate is not valid yet.", "Check the clocks of both machines."
    elif code in _UNKNOWN_AUTHORITY:
        why, hint = "Its certificate comes from an authority that is not trusted here.", _CA_HINT
    elif code in _WRONG_NAME:
        why = "Its certificate is for another name."
        hint = "Use the name that stands in the certificate, or have it issued for this one too."
    else:
        why, hint = f"Its certificate was refused: {cause.verify_message}.", _CA_HINT
    return ServerUnreachable(f"{host} could not prove that it is {host}.", why=why, hint=hint)


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
    return None


def _chain(error: BaseException) -> list[BaseException]:
    """The error and all that caused it, outermost first; libraries hide causes in arguments too."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or cause in found:
            continue
        found.append(cause)
        waiting += [argument for argument in cause.args if isinstance(argument, BaseException)]
        waiting += [cause.__cause__, cause.__context__]
    return found
