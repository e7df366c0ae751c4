"""Addresses where a cloud tells a machine its own secrets: nobody may have us ask there.

Whoever may set up or test a connection names the host that we go to, and a name can lead anywhere.
These services trust whoever asks from inside the machine, as we are. They speak no TLS, so nothing
would come back; but the answer's kind and time tell something too, so they are not even called.
"""

from __future__ import annotations

import ipaddress
import socket

from strongroom.errors import OperatorError

_NETWORKS = (
    # Link-local: 169.254.169.254 and .170 of most clouds.
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    # Amazon's by IPv6, Azure's wire server, Alibaba's.
    ipaddress.ip_network("fd00:ec2::/32"),
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("100.100.100.200/32"),
)


def refuse_metadata(host: str, *, is_resolved_here: bool = True) -> None:
    """Refuse a host that is one of those addresses, or leads to one.

    Args:
        host: Name or address.
        is_resolved_here: Whether we look its name up ourselves; a proxy does that for us.

    Raises:
        OperatorError: it is one of them. Whose answer it was is not told.
    """
    for address in _addresses(host, is_resolved_here=is_resolved_here):
        if any(address in network for network in _NETWORKS if network.version == address.version):
            raise OperatorError(
                "This server is not called.",
                why="Its address belongs to the machine's own network link or to the service "
                "that tells a cloud's machines their secrets.",
                hint="Give the server's own name or address.",
            )


def _addresses(
    host: str, *, is_resolved_here: bool
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    texts = [host.strip("[]")]
    if is_resolved_here:
        texts += look_up(texts[0])
    addresses = []
    for text in texts:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            continue
        mapped = getattr(address, "ipv4_mapped", None)
        addresses.append(mapped or address)
    return addresses


def look_up(host: str) -> list[str]:
    """Ask the name service, also for what looks like no address and is one: ``2852039166``."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []  # told by whoever connects
    return [str(one[4][0]) for one in found]
