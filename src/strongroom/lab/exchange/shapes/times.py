"""Times as EWS writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from strongroom.content.message import FileTime

_TICKS_PER_SECOND = 10_000_000
_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?$"
)


def written(when: FileTime | datetime, digits: int = 0) -> str:
    """Write a time in UTC with so many digits after the second."""
    stamp = when if isinstance(when, FileTime) else FileTime.from_datetime(when)
    text = stamp.to_datetime().strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if digits:
        fraction = f"{int(stamp) % _TICKS_PER_SECOND:07d}".ljust(digits, "0")
        text += "." + fraction[:digits]
    return text + "Z"


def read(text: str) -> FileTime:
    """Read a time; without a zone it counts as UTC.

    Raises:
        ValueError: it is not a time.
    """
    match = _FORM.match(text.strip())
    if match is None:
        raise ValueError(f"not a time: {text!r}")
    *numbers, fraction, zone = match.groups()
    moment = datetime(*(int(number) for number in numbers), tzinfo=UTC)  # type: ignore[misc,arg-type]
    if zone not in (None, "Z"):
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        offset = timedelta(hours=hours, minutes=minutes)
        moment -= offset if zone[0] == "+" else -offset
    ticks = int((fraction or "0").ljust(7, "0")[:7])
    return FileTime(int(FileTime.from_datetime(moment)) + ticks)
