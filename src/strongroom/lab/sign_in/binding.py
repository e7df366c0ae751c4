"""Extended Protection: is a proof bound to this TLS connection?

``pyspnego``'s acceptor takes a binding of zeros for none and lets it pass, which Windows set to
*required* does not; so the binding is looked up in the message itself as well.

Source:
    https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/83f5e789-660d-4781-8491-5f8c6641f75e
"""

from __future__ import annotations

import hashlib
import struct

from spnego.channel_bindings import GssChannelBindings

_AUTHENTICATE = b"NTLMSSP\x00\x03\x00\x00\x00"
_NT_RESPONSE = 20
_PROOF_BYTES = 16
_FIXED_BYTES = 28
_END, _CHANNEL_BINDINGS = 0, 10


def end_point(certificate_der: bytes) -> GssChannelBindings:
    """Give the binding of a connection; the lab's certificates are all signed with SHA-256."""
    digest = hashlib.sha256(certificate_der).digest()
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


def is_bound(token: bytes, binding: GssChannelBindings) -> bool:
    """Say whether an AUTHENTICATE message, alone or wrapped in SPNEGO, holds this very binding."""
    expected = hashlib.md5(binding.pack(), usedforsecurity=False).digest()
    return _binding_in(token) == expected


def is_last_leg(token: bytes) -> bool:
    """Say whether a token holds NTLM's AUTHENTICATE message."""
    return _AUTHENTICATE in token


def _binding_in(token: bytes) -> bytes | None:
    message = token[token.index(_AUTHENTICATE) :]
    try:
        length, _, offset = struct.unpack_from("<HHI", message, _NT_RESPONSE)
        pairs = message[offset : offset + length][_PROOF_BYTES + _FIXED_BYTES :]
        while pairs:
            kind, size = struct.unpack_from("<HH", pairs)
            if kind == _END:
                return None
            if kind == _CHANNEL_BINDINGS:
                return pairs[4 : 4 + size]
            pairs = pairs[4 + size :]
    except struct.error:
        return None
    return None
