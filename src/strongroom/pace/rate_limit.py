"""``RateLimit-*``: how much of a quota is left, which servers announce before they refuse."""

from __future__ import annotations

import re
from dataclasses import replace

from strongroom.pace.retry_after import WAIT_MAX_S, Header, seconds_in
from strongroom.pace.told import Told

_COUNT = re.compile(r"[0-9]{1,15}")


def with_quota(told: Told, header: Header) -> Told:
    """Add what an answer's headers announce of a quota; without an announcement nothing changes.

    Args:
        told: What else the answer told.
        header: Its headers: ``RateLimit-Limit``, ``-Remaining`` and ``-Reset`` (in seconds).

    Source:
        https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
        https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-03
    """
    limit = _count_in(header("RateLimit-Limit"))
    remaining = _count_in(header("RateLimit-Remaining"))
    if not limit or remaining is None:
        return told
    return replace(
        told, quota_left=min(1.0, remaining / limit), quota_reset_s=quota_reset_s(header)
    )


def quota_reset_s(header: Header) -> float | None:
    """Read in how many seconds the quota is refilled; None if that is not announced.

    A day and more is a point in time, as some servers send it, and nothing to wait for.
    """
    reset_s = seconds_in(header("RateLimit-Reset"))
    return None if reset_s == WAIT_MAX_S else reset_s


def _count_in(text: str) -> int | None:
    """Read a count; what follows it (``100, 100;w=60``) explains the period and is left out."""
    first = text.partition(",")[0].partition(";")[0].strip()
    return int(first) if _COUNT.fullmatch(first) else None
