"""Proof of the server's name, and plain words for how it can fail."""

from __future__ import annotations

import hashlib
import hmac
import re
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urllib3.exceptions import ConnectTimeoutError

from strongroom.errors import OperatorError, ServerUnreachable

_CA_HINT = (
    "If the server's certificate comes from your organisation's own authority, name that"
    " authority's certificate with --ca-file."
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
# OpenSSL's X509_V_ERR_* numbers, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
_WRONG_NAME = frozenset({62, 63, 64})


class WrongCertificate(ssl.SSLCertVerificationError):
    """The server showed another certificate than the one that the operator named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose certificates are believed. There is no switch to believe any, on purpose.

    What follows the TLS handshake carries credentials, so the server has to prove its name: by an
    authority's word for the name that was asked for, or, for a server that is reached by an address
    its certificate does not carry, in one of the two ways that an operator can choose.

    Attributes:
        ca_pem: Authorities to trust instead of the system's, PEM text; or None.
        fingerprint: SHA-256 of the one certificate (DER) that is believed, whoever issued it and
            for whichever name; no other one is then. Hexadecimal, with or without colons and a
            leading ``sha256:``.
        server_name: The name that the certificate must be for, in place of the address's.

    Raises:
        OperatorError: the fingerprint is none.
    """

    ca_pem: str | None = None
    fingerprint: str | None = None
    server_name: str | None = None

    def __post_init__(self) -> None:
        if self.fingerprint is not None:
            object.__setattr__(self, "fingerprint", normal_fingerprint(self.fingerprint))

    def context(self) -> ssl.SSLContext:
        """Make the TLS configuration: TLS 1.2 up, the certificate always checked.

        Raises:
            OperatorError: the text holds no certificate.
        """
        # Not ``create_default_context``: it opens the file that SSLKEYLOGFILE names and writes the
        # session keys there, so whoever sets that variable could read every password.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.fingerprint is not None:
            context.sslsocket_class = _only(self.fingerprint)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self.ca_pem is None:
            _load_system_authorities(context)
        else:
            _load_authorities(context, self.ca_pem)
        return context

    def pool_arguments(self) -> dict[str, Any]:
        """Give what urllib3's pools take, for its own second look at the same things."""
        return {
            "ssl_context": self.context(),
            "assert_fingerprint": self.fingerprint,
            "server_hostname": self.server_name,
        }


def normal_fingerprint(text: str) -> str:
    """Write a certificate's fingerprint in the one form that is compared: 64 small hex digits.

    Raises:
        OperatorError: it is not a SHA-256 in hexadecimal.
    """
    digits = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if not _SHA256.fullmatch(digits):
        raise OperatorError(
            "This is not a certificate's fingerprint.",
            why="It has to be SHA-256: 64 hexadecimal digits, with or without colons.",
            hint="Read it where the certificate is: openssl x509 -noout -fingerprint -sha256 -in"
            " certificate.pem",
        )
    return digits


def _load_system_authorities(context: ssl.SSLContext) -> None:
    """Load the system's authorities, from where the system has them.

    Elsewhere than on Windows ``load_default_certs`` would look into SSL_CERT_FILE and SSL_CERT_DIR
    first, and whoever sets those could stand in for any server.
    """
    if sys.platform == "win32":
        context.load_default_certs()
        return
    places = ssl.get_default_verify_paths()
    file, folder = Path(places.openssl_cafile), Path(places.openssl_capath)
    if file.is_file():
        context.load_verify_locations(cafile=file)
    if folder.is_dir():
        context.load_verify_locations(capath=folder)


def _load_authorities(context: ssl.SSLContext, pem: str) -> None:
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise OperatorError(
            "The connection's own certificates cannot be used.",
            why=str(error),
            hint="Give --ca-file a PEM file that holds the authority's certificate.",
        ) from error


def _only(fingerprint: str) -> type[ssl.SSLSocket]:
    """Make the kind of socket that speaks with the holder of one certificate alone.

    The check sits in the handshake itself, so that no user of the context can forget it.
    """

    class OneCertificate(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as above it
            super().do_handshake(block)
            seen = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
            if not hmac.compare_digest(seen, fingerprint):
                raise WrongCertificate(f"it showed sha256:{seen}")

    return OneCertificate


def unreachable(host: str, error: BaseException) -> ServerUnreachable:
    """Say in plain words why no proven connection came about.

    Args:
        host: The name we asked for.
        error: What was raised while connecting, possibly wrapped.
    """
    certificate = _certificate_error(error)
    if certificate is not None:
        return _unproven(host, certificate)
    why, hint = known_cause(error) or (
        f"{_chain(error)[-1]}.",
        "Check the network and the address of the server.",
    )
    return ServerUnreachable(f"{host} cannot be reached.", why=why, hint=hint)


def known_cause(error: BaseException) -> tuple[str, str] | None:
    """Say why no proven connection came about and what to do, without naming the server.

    Args:
        error: What was raised while connecting, possibly wrapped.

    Returns:
        Two sentences; None: it is nothing that we have words for.
    """
    certificate = _certificate_error(error)
    if certificate is not None:
        return _why_unproven(certificate)
    causes = _chain(error)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "There is no such name.", "Check the spelling of the server, and the DNS."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "The connection was refused.", "Check the port, and that the server is running."
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return (
            "Whoever answers there does not speak TLS 1.2 or later.",
            "Check that the address and port are those of an HTTPS server.",
        )
    if any(isinstance(cause, TimeoutError | ConnectTimeoutError) for cause in causes):
        return "It did not answer in time.", "Check the address and the firewalls between."
    return None


def is_certificate_failure(error: BaseException) -> bool:
    """Say whether the server was there and could not prove its name."""
    return _certificate_error(error) is not None


def _unproven(host: str, cause: ssl.SSLCertVerificationError) -> ServerUnreachable:
    why, hint = _why_unproven(cause)
    return ServerUnreachable(f"{host} could not prove that it is {host}.", why=why, hint=hint)


def _why_unproven(cause: ssl.SSLCertVerificationError) -> tuple[str, str]:
    if isinstance(cause, WrongCertificate):
        hint = (
            "If the server has got a new one, ask its administrator for the fingerprint and"
            " name that instead."
        )
        return f"Its certificate is not the one that was named: {cause}.", hint
    code = cause.verify_code
    if code == _EXPIRED:
        return "Its certificate has expired.", "Renew the certificate on the server."
    if code == _NOT_YET_VALID:
        return "Its certificate is not valid yet.", "Check the clocks of both machines."
    if code in _UNKNOWN_AUTHORITY:
        return "Its certificate comes from an authority that is not trusted here.", _CA_HINT
    if code in _WRONG_NAME:
        return (
            "Its certificate is for another name.",
            "Use the name that stands in the certificate, or have it issued for this one too.",
        )
    return f"Its certificate was refused: {cause.verify_message}.", _CA_HINT


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
