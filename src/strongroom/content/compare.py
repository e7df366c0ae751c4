"""Whether a message that came back from a server is the one that was saved."""

from __future__ import annotations

from collections.abc import Collection

from strongroom.content import tags
from strongroom.content.message import Message, PropertyKey

REWRITTEN: frozenset[PropertyKey] = frozenset({tags.PidTagChangeKey})
"""Properties that a server writes by itself whenever an item is uploaded (published)."""


def differences(
    saved: Message, returned: Message, *, ignoring: Collection[PropertyKey] = REWRITTEN
) -> tuple[str, ...]:
    """Tell in words, property by property, how the returned message differs; empty: equal."""
    raise NotImplementedError
