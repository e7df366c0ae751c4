"""What a SharePoint tells about itself in the headers of every answer.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-wsshp
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,6}){2,3}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EDGE = re.compile(r"Ref B: ([A-Z]{3}[A-Za-z0-9]{1,20})")
_MS_MAX = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RestFacts:
    """What the last answer told; empty or None where it did not say.

    Attributes:
        version: ``MicrosoftSharePointTeamServices``, such as ``16.0.0.25514``.
        health: ``X-SharePointHealthScore``, 0 (well) to 10.
        front_end: The web server that answered, where its administrators let it say so.
        edge: The entrance of Microsoft's network that we came in by (``FRA31EDGE0716``).
        server_ms: How long the server itself worked, in milliseconds.
        queue_ms: How long the request waited before that (``SPIisLatency``), in milliseconds.
        round_trip_s: From asking to the status line, in seconds.
    """

    version: str = ""
    health: int | None = None
    front_end: str = ""
    edge: str = ""
    server_ms: int | None = None
    queue_ms: int | None = None
    round_trip_s: float = 0.0


class Headed(Protocol):
    """The beginning of an answer."""

    @property
    def round_trip_s(self) -> float:
        """How long it took, in seconds."""

    def header(self, name: str) -> str:
        """Give a header's value, or an empty string."""


def facts_of(reply: Headed) -> RestFacts:
    """Read the headers; what does not look like itself is left out."""
    edge = _EDGE.search(reply.header("X-MSEdge-Ref"))
    return RestFacts(
        version=_matching(_VERSION, reply.header("MicrosoftSharePointTeamServices")),
        health=_number(reply.header("X-SharePointHealthScore"), 10),
        front_end=_matching(_NAME, reply.header("X-FEServer")),
        edge=edge[1] if edge else "",
        server_ms=_number(
            # The second is the name that answers to clients of the object model come with.
            reply.header("SPRequestDuration") or reply.header("SPClientServiceRequestDuration"),
            _MS_MAX,
        ),
        queue_ms=_number(reply.header("SPIisLatency"), _MS_MAX),
        round_trip_s=reply.round_trip_s,
    )


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _number(text: str, most: int) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 7
    return int(text) if is_number and int(text) <= most else None
