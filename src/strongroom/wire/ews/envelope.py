"""The SOAP envelope around a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from strongroom.wire.ews.xml import MESSAGES, SOAP, TYPES, attribute, text
from strongroom.wire.reply import Body

SCHEMA_VERSIONS = ("Exchange2013_SP1", "Exchange2010_SP2", "Exchange2010_SP1")
"""What we ask in, best first: 2013 SP1 fits 2013 to SE and the cloud; 2010 SP1 has ExportItems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """The body of a large request, made while it is sent.

    Attributes:
        parts: ASCII or UTF-8 bytes, in order; iterable any number of times.
        length: Their exact number.
    """

    parts: Iterable[bytes]
    length: int


def envelope(body: str | Pieces, *, version: str, impersonate: str | None) -> bytes | Body:
    """Put a request's body into its envelope.

    Args:
        body: The operation's element; the prefixes ``m``, ``t`` and ``soap`` are bound.
        version: The API version to be understood in.
        impersonate: The mailbox to act in, by its SMTP address, or None.
    """
    head, tail = _around(version, impersonate)
    if isinstance(body, str):
        return head + body.encode() + tail
    return Body(pieces=_joined(head, body.parts, tail), length=len(head) + body.length + len(tail))


def envelope_bytes(impersonate: str | None) -> int:
    """Say how many bytes the envelope adds at most, for a request that must stay under a limit."""
    return max(sum(map(len, _around(version, impersonate))) for version in SCHEMA_VERSIONS)


def _joined(head: bytes, parts: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from parts
    yield tail


def _around(version: str, impersonate: str | None) -> tuple[bytes, bytes]:
    who = (
        "<t:ExchangeImpersonation><t:ConnectingSID>"
        f"<t:SmtpAddress>{text(impersonate)}</t:SmtpAddress>"
        "</t:ConnectingSID></t:ExchangeImpersonation>"
        if impersonate
        else ""
    )
    head = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:t="{TYPES}" xmlns:m="{MESSAGES}"><soap:Header>'
        f'<t:RequestServerVersion Version="{attribute(version)}"/>{who}</soap:Header><soap:Body>'
    )
    return head.encode(), b"</soap:Body></soap:Envelope>"
