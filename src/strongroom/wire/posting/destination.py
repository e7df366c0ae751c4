"""Where messages go, as it is sealed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where messages go. All of it is secret: addresses hold passwords and tokens.

    Attributes:
        address: As ``apprise`` writes it (``mailtos://…``), or as Teams and Slack give it.
        ca_pem: Authorities to trust there instead of the system's, PEM; None: the system's.
        proxy: ``http://host:port`` to go through, or None. Never the environment's, never for mail.
    """

    address: str = field(repr=False)
    ca_pem: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)

    def to_bytes(self) -> bytes:
        """Write it to be sealed."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote."""
        return cls(**json.loads(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent: plain text without any markup (see ``service.plain_words``).

    Attributes:
        title: One line.
        body: Lines.
        tone: ``failure``, ``warning``, ``success`` or ``info``: the colour that some give it.
    """

    title: str
    body: str
    tone: str
