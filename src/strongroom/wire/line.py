"""A look at the line to a server, one layer after the other: its name, TCP, TLS. Nothing is asked.

For diagnoses: what a person would try with ``dig``, ``nc`` and ``openssl s_client``, by the very
rules that the connection follows itself.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from strongroom.clock import Clock
from strongroom.errors import StrongroomError
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.origins import Origin
from strongroom.wire.tls import Trust, unreachable
from strongroom.words.diagnosis import Step
from strongroom.words.speed import Line, Spread

TIMES = 5
_PATIENCE_S = 15.0


def look(url: str, *, at: str, trust: Trust, proxy: str | None, clock: Clock) -> Iterator[Step]:
    """Try to come as far as a proven connection, and tell each step; the first that fails ends it.

    Args:
        url: Of the server; ``https``.
        at: What the server is called in the steps.
        trust: Whose certificates are believed.
        proxy: ``http://host:port`` to tunnel through, or None.
        clock: For how long each took, and how long the certificate is still valid.
    """
    return _Look(Origin.of(url), at, trust, proxy, clock).steps()


def timed(url: str, *, at: str, trust: Trust, proxy: str | None, clock: Clock) -> Line:
    """Come as far as a proven connection several times, one after the other, and time it.

    The first one is not counted: it looks the name up. What fails ends it; what was timed by then
    counts.

    Args:
        url: Of the server; ``https``.
        at: What the server is called in the report.
        trust: Whose certificates are believed.
        proxy: ``http://host:port`` to tunnel through, or None.
        clock: Time.
    """
    found: dict[str, list[float]] = {"connect": [], "tls": []}
    for number in range(TIMES + 1):
        for step in look(url, at=at, trust=trust, proxy=proxy, clock=clock):
            if not step.is_well:
                break
            if number and step.name in found:
                found[step.name].append(step.took_ms / 1000)
        else:
            continue
        break
    return Line(at=at, connect=Spread.of(found["connect"]), tls=Spread.of(found["tls"]))


class _Look:
    def __init__(
        self, origin: Origin, at: str, trust: Trust, proxy: str | None, clock: Clock
    ) -> None:
        self._origin = origin
        self._at = at
        self._trust = trust
        parts = urlsplit(proxy or "")
        self._proxy = (parts.hostname or "", parts.port or 80) if proxy else None
        self._clock = clock
        self._began_s = 0.0

    def steps(self) -> Iterator[Step]:
        """As ``look`` says."""
        step = "name"
        try:
            self._began_s = self._clock.monotonic_s()
            yield self._resolved()
            step, self._began_s = "connect", self._clock.monotonic_s()
            with self._connected() as plain:
                yield self._well(step, f"Through the proxy {self._proxy}." if self._proxy else "")
                step, self._began_s = "tls", self._clock.monotonic_s()
                name = self._trust.server_name or self._origin.host
                context = self._trust.context()
                with context.wrap_socket(plain, server_hostname=name) as proven:
                    yield self._proven(proven)
        except StrongroomError as error:
            yield self._failed(step, error)
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            yield self._failed(step, unreachable(self._origin.host, error))

    def _resolved(self) -> Step:
        host, port = self._proxy or (self._origin.host, self._origin.port)
        refuse_metadata(host)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = sorted({str(one[4][0]) for one in found})
        whose = "the proxy has" if self._proxy else "it has"
        families = sorted({"IPv6" if one[0] == socket.AF_INET6 else "IPv4" for one in found})
        return self._well(
            "name",
            f"{host} is {', '.join(addresses)}.",
            detail=f"Known: {whose} {len(addresses)} address(es), {' and '.join(families)}.",
        )

    def _connected(self) -> socket.socket:
        if self._proxy is None:
            return socket.create_connection(
                (self._origin.host, self._origin.port), timeout=_PATIENCE_S
            )
        tunnel = http.client.HTTPConnection(*self._proxy, timeout=_PATIENCE_S)
        tunnel.set_tunnel(self._origin.host, self._origin.port)
        tunnel.connect()
        return tunnel.sock

    def _proven(self, proven: ssl.SSLSocket) -> Step:
        cipher = proven.cipher()
        certificate = x509.load_der_x509_certificate(proven.getpeercert(binary_form=True) or b"")
        left = certificate.not_valid_after_utc - self._clock.now()
        name = self._trust.server_name
        how = "is the one that was named" if self._trust.fingerprint else "proves the name"
        return self._well(
            "tls",
            f"Issued by {certificate.issuer.rfc4514_string()} for"
            f" {certificate.subject.rfc4514_string()}; {self._origin.host} shows it"
            f"{f' as {name}' if name else ''}.",
            detail=f"{proven.version()}, {cipher[0] if cipher else 'no cipher'}; the certificate"
            f" {how}, has a key of {_key_told(certificate)}, and is valid for"
            f" {left // timedelta(days=1)} more days.",
        )

    def _well(self, name: str, private: str, *, detail: str = "") -> Step:
        return Step(
            name=name, at=self._at, is_well=True, detail=detail, private=private,
            took_ms=self._took_ms(),
        )  # fmt: skip

    def _failed(self, name: str, error: StrongroomError) -> Step:
        return Step(
            name=name, at=self._at, is_well=False, detail=f"{type(error).__name__}: {error.why}",
            private=f"{error} {error.hint}".strip(), took_ms=self._took_ms(),
            exit_code=error.exit_code,
        )  # fmt: skip

    def _took_ms(self) -> float:
        return round((self._clock.monotonic_s() - self._began_s) * 1000, 1)


def _key_told(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__
