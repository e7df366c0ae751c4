"""``Retry-After``: the server's own word on how long to wait."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

from strongroom.clock import Clock


def retry_after_s(header: str, clock: Clock) -> float | None:
    """Read ``Retry-After``, seconds or a date; None if there is none that makes sense.

    Source:
        https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    header = header.strip()
    if header.isdecimal():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return max(0.0, (when - clock.now()).total_seconds())
