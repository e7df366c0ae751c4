"""Asked in vain for good: who answers is not who was asked for."""

from __future__ import annotations

from strongroom.errors import ServerUnreachable


class NotProven(ServerUnreachable):
    """Who answers could not prove its name by TLS; it would be no other the next time."""
