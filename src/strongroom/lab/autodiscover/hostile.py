"""What a hostile server answers to everybody who asks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from enum import StrEnum

from strongroom.lab.https import Request, Response

_XML = ("Content-Type", "text/xml; charset=utf-8")
_HUGE_PIECES = 1_024
_NESTED = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
_counter = itertools.count(1)


class Hostility(StrEnum):
    """How it attacks.

    Attributes:
        BOMB: A few kilobytes that become gigabytes when entities are replaced.
        EXTERNAL_ENTITY: An answer that pulls in a file of the client's machine.
        ENDLESS: Redirects to ever new places on the same host.
        HUGE: 64 MB that never come to the point.
        DEEP: A hundred thousand elements within each other.
    """

    BOMB = "bomb"
    EXTERNAL_ENTITY = "external entity"
    ENDLESS = "endless"
    HUGE = "huge"
    DEEP = "deep"


def answer(how: Hostility, request: Request) -> Response:
    """Give the attack."""
    if how is Hostility.ENDLESS:
        host = request.headers.get("host", "localhost")
        where = f"https://{host}/autodiscover/{next(_counter)}/autodiscover.xml"
        return Response(status=302, headers=[("Location", where)])
    if how is Hostility.HUGE:
        return Response(headers=[_XML], body=_huge())
    if how is Hostility.DEEP:
        return Response(headers=[_XML], body=b"<a>" * 100_000 + b"</a>" * 100_000)
    if how is Hostility.BOMB:
        return _entity(f'<!ENTITY b0 "boom">{_NESTED}', "&b9;")
    return _entity('<!ENTITY file SYSTEM "file:///etc/hostname">', "&file;")


def _entity(definitions: str, use: str) -> Response:
    body = (
        f'<?xml version="1.0"?><!DOCTYPE Autodiscover [{definitions}]>'
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">'
        "<Response><Account><Action>redirectUrl</Action>"
        f"<RedirectUrl>https://{use}/autodiscover/autodiscover.xml</RedirectUrl>"
        "</Account></Response></Autodiscover>"
    )
    return Response(headers=[_XML], body=body.encode())


def _huge() -> Iterator[bytes]:
    yield b"<Autodiscover>"
    for _ in range(_HUGE_PIECES):
        yield b" " * (1 << 16)
