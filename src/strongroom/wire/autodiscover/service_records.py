"""DNS service records, asked of the system's name servers."""

from __future__ import annotations

from collections.abc import Sequence

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from strongroom.errors import TransientError
from strongroom.wire.autodiscover.seams import ServiceRecord

_TOGETHER_S = 10.0


class DnsServiceRecords:
    """Asks with dnspython.

    Args:
        resolver: Whom to ask; None: the name servers that the system is set up with.
    """

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver

    def find(self, name: str) -> Sequence[ServiceRecord]:
        """As ``ServiceRecords`` says."""
        try:
            resolver = self._resolver or dns.resolver.Resolver()
            # With the last dot: the system's search list would add somebody else's domain.
            answer = resolver.resolve(
                dns.name.from_text(name, dns.name.root),
                dns.rdatatype.SRV,
                lifetime=_TOGETHER_S,
                search=False,
            )
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException as error:
            raise TransientError(
                f"The name servers gave no answer about {name}.", why=f"{type(error).__name__}."
            ) from error
        return [
            ServiceRecord(
                priority=record.priority,
                weight=record.weight,
                port=record.port,
                target=record.target.to_text(omit_final_dot=True).casefold(),
            )
            for record in answer
        ]
