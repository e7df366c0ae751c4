"""What a search asks of its surroundings besides HTTPS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """One DNS record of type SRV.

    Attributes:
        priority: Smaller ones come first.
        weight: Of the same priority, larger ones are to be chosen more often.
        target: A host name without the last dot.
    """

    priority: int
    weight: int
    port: int
    target: str


class ServiceRecords(Protocol):
    """Looks up DNS service records."""

    def find(self, name: str) -> Sequence[ServiceRecord]:
        """Give all records of ``_autodiscover._tcp.domain``, in any order; none is no error.

        Raises:
            TransientError: the name servers do not answer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePoint:
    """One URL that the directory gives.

    Attributes:
        url: As it stands there, usually for POX.
        rank: 1 in our own site, 2 without a site, 3 in another site.
    """

    url: str
    rank: int


class ServicePoints(Protocol):
    """Looks up service connection points in a directory that has proved its name by TLS."""

    def find(self, domain: str) -> Sequence[ServicePoint]:
        """Give the Autodiscover URLs for mailboxes of a domain, best rank first.

        Raises:
            StrongroomError: the directory cannot be asked; the message says why.
        """


class PlainRedirects(Protocol):
    """Sends the one request that goes without TLS."""

    def location(self, url: str) -> str | None:
        """GET an ``http`` URL, without address or credential, and give where a 302 leads.

        Returns:
            The value of ``Location``; None if the answer is anything but a 302.

        Raises:
            StrongroomError: nobody answers.
        """
