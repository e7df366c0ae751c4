"""What a round trip means for how fast a server can be read."""

from __future__ import annotations

from strongroom.slots.fixed import BATCH_ITEMS_MAX, SYNC_ITEMS_MAX

_ITEMS = 1000


def speed_told(round_trip_s: float) -> str:
    """Say in a sentence how long the line alone takes over a thousand items.

    Args:
        round_trip_s: From a small request to the first byte of its answer, in seconds.
    """
    listing, reading = -(-_ITEMS // SYNC_ITEMS_MAX), -(-_ITEMS // BATCH_ITEMS_MAX)
    requests = listing + reading
    return (
        f"A first backup asks at least {requests} times per {_ITEMS:,} items; at "
        f"{round_trip_s * 1000:,.1f} ms each, one connection waits {requests * round_trip_s:,.1f} s"
        " for the line, beside what the items' own bytes and the server's work take."
    )
