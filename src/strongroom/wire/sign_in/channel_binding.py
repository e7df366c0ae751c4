"""What binds a proof to the TLS connection that it is given on."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes


def tls_server_end_point(certificate_der: bytes) -> bytes:
    """Give the binding of type ``tls-server-end-point``, with its prefix.

    It is the server's certificate, hashed as the certificate itself was signed; where that was MD5
    or SHA-1, or no single hash at all (Ed25519), with SHA-256. Somebody in between can pass on what
    we say, but cannot show us the true server's certificate; a server with Extended Protection
    compares.

    Source:
        https://www.rfc-editor.org/rfc/rfc5929#section-4.1
    """
    certificate = x509.load_der_x509_certificate(certificate_der)
    try:
        signed_with = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        signed_with = None
    # Compared by name: making an MD5 just to compare with is what security lints look for.
    if signed_with is None or signed_with.name in {"md5", "sha1"}:
        signed_with = hashes.SHA256()
    return b"tls-server-end-point:" + certificate.fingerprint(signed_with)
