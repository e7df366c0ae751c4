"""The servers that a connection speaks with, and a look at the line to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from strongroom.clock import Clock
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    ConnectionDetails,
)
from strongroom.words.diagnosis import Step
from strongroom.words.speed import Line

_ONLY_FOR_SIGNING_IN = frozenset({"authority", "sign-in server"})


def look(details: ConnectionDetails, clock: Clock) -> Sequence[Step]:
    """Try the line to each server of a connection, without signing in.

    Args:
        details: The connection.
        clock: Time.
    """
    return list(_looked(details, clock))


def lines(details: ConnectionDetails, clock: Clock) -> Sequence[Line]:
    """Measure the line to each server that has what is backed up, without signing in.

    Args:
        details: The connection.
        clock: Time.
    """
    from strongroom.compose.sign_ins import trust_of  # noqa: PLC0415 - see ``servers``
    from strongroom.wire import line  # noqa: PLC0415 - see ``servers``

    trust, proxy = trust_of(details), details.proxy or None
    return [
        line.timed(url, at=at, trust=trust, proxy=proxy, clock=clock)
        for at, url in servers_of(details).items()
        if at not in _ONLY_FOR_SIGNING_IN
    ]


def servers_of(details: ConnectionDetails) -> Mapping[str, str]:
    """Name the servers that a connection speaks with, as URLs by what they are for."""
    from strongroom.sources.exchange_onprem.server import ews_url  # noqa: PLC0415 - see ``servers``
    from strongroom.wire.entra.clouds import endpoints_of  # noqa: PLC0415 - see ``servers``

    if details.kind == EXCHANGE_ONPREM:
        return {"server": ews_url(details.server)}
    found = {} if not details.url else {"site": details.url}
    if details.kind in {EXCHANGE_ONLINE, SHAREPOINT_ONLINE}:
        endpoints = endpoints_of(details.cloud, details.endpoints)
        found["authority"] = endpoints.authority
        if details.kind == EXCHANGE_ONLINE:
            found |= {"graph": endpoints.graph, "ews": endpoints.ews}
    if details.sign_in_server:
        found["sign-in server"] = details.sign_in_server
    return found


def _looked(details: ConnectionDetails, clock: Clock) -> Iterator[Step]:
    from strongroom.compose.sign_ins import trust_of  # noqa: PLC0415 - see ``servers``
    from strongroom.wire import line  # noqa: PLC0415 - see ``servers``

    for at, url in servers_of(details).items():
        yield from line.look(
            url, at=at, trust=trust_of(details), proxy=details.proxy or None, clock=clock
        )
