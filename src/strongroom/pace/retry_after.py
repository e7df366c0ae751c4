"""``Retry-After`` and its like: the server's own word on how long to wait, kept within reason.

It is obeyed to the second, so it must be read right, and a word that makes no sense must neither
stop a backup for good nor count as leave to go on at once: then it is as if none was given, and our
own back-off holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Header = Callable[[str], str]
"""Gives a header's value, whatever the case of its name, or an empty string."""

WAIT_MAX_S = 86_400.0
"""One day: the longest period over which any of these servers counts. Whoever is told to wait for
longer asks again once a day."""

_NUMBER = re.compile(r"[0-9]{1,400}(?:\.[0-9]{1,400})?")
_DATE_CHARS_MAX = 64


def seconds_in(text: str, *, per_second: int = 1) -> float | None:
    """Read a number as seconds, at most ``WAIT_MAX_S``; None if there is none above zero.

    A wait of nothing is no order: proxies send it with every refusal, and so does Exchange where it
    gives no time.

    Args:
        text: The number.
        per_second: 1000 if it counts milliseconds.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    return min(float(text) / per_second, WAIT_MAX_S) or None


def retry_after_s(header: Header, now: datetime) -> float | None:
    """Read ``Retry-After``, seconds or a date; None if there is none that makes sense.

    Args:
        header: The answer's headers.
        now: Aware, UTC. Where the answer carries a ``Date``, that is taken instead: a clock that
            differs from the server's would shorten the wait.

    Source:
        https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = header("Retry-After").strip()
    wait_s = seconds_in(text)
    if wait_s is not None:
        return wait_s
    until = _date_in(text)
    if until is None:
        return None
    wait_s = (until - (_date_in(header("Date").strip()) or now)).total_seconds()
    return min(wait_s, WAIT_MAX_S) if wait_s > 0.0 else None


def _date_in(text: str) -> datetime | None:
    if len(text) > _DATE_CHARS_MAX:
        return None
    try:
        found = parsedate_to_datetime(text)
        # Brought to UTC here: at the end of time that alone may be too much.
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
