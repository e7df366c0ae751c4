"""What SharePoint's answers tell of the pace it wants, and what calls cost there.

SharePoint Online gives an application a budget of *resource units* per minute, over all sites of a
tenant. It refuses with 429 or 503, always with ``Retry-After``; before that, from four fifths of
the budget on, it announces in ``RateLimit-*`` what is left. The longer of the two orders counts.
Browsers it sends to a page that explains, and a request that it takes for one as well.

SharePoint Server has no budgets. Each front end rates itself from 0 to 10 every few seconds by its
own counters, tells the score with every answer, and at 10 begins to refuse ("503, the server is
busy now", without a time). Clients are to slow down as the score gets higher. Scores up to 3 are
seen on servers that are well, and up to 8 latency tells us enough. At 9 we go on with one request
at a time and a second's rest between them, at 10 with one for each new score, and as fast as
before once it is well again. That is a rest of our own choosing and no order; the answers are
whole and count. (To take it for "too many connections" was tried on a simulated server: half a
minute at 9 left one slot where there had been 26, and four of them a quarter of an hour later,
because a limit on connections is a setting that lasts, and a score is the mood of a moment.)

Source:
    https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-wsshp
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-2010/ff407390(v=office.14)
    https://learn.microsoft.com/previous-versions/office/sharepoint-server/ee584803(v=office.15)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from strongroom.pace.http_status import told_by_status
from strongroom.pace.rate_limit import quota_reset_s, with_quota
from strongroom.pace.retry_after import Header, retry_after_s
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome

_REFUSALS = frozenset({429, 503})
_THROTTLE_PAGE = "/_layouts/15/throttle.htm"
_BUSY_WORDS = (b"server too busy", b"the server is busy now")
_WORDS_BYTES_MAX = 4096
_RESTS_S = {"9": 1.0, "10": 5.0}
"""By health score, in seconds. A score holds for five (the default of ``RefreshInterval``)."""


class Call(StrEnum):
    """Kinds of calls that differ in what they cost."""

    ONE = "one"
    """A single item, a list's settings."""
    CHANGES = "changes"
    """What happened since a token."""
    DOWNLOAD = "download"
    MANY = "many"
    """A page of items, of children, of lists."""
    CHANGES_ANEW = "changes anew"
    """A change log without a token."""
    WRITE = "write"
    """Create, update, delete, upload."""
    PERMISSIONS = "permissions"
    """Anything that expands them, too."""


_UNITS: Mapping[Call, int] = {
    Call.ONE: 1,
    Call.CHANGES: 1,
    Call.DOWNLOAD: 1,
    Call.MANY: 2,
    Call.CHANGES_ANEW: 2,
    Call.WRITE: 2,
    Call.PERMISSIONS: 5,
}
_REST_UNITS = 2
"""REST has no published price, only that it is usually dearer than Graph: two on average."""


def resource_units(call: Call, *, is_graph: bool = False) -> int:
    """Say what a call costs of the budget.

    Args:
        call: Its kind.
        is_graph: It is made by Graph, whose prices are published.
    """
    return _UNITS[call] if is_graph else max(_REST_UNITS, _UNITS[call])


def told_by_answer(
    status: int, header: Header, now: datetime, *, code: str = "", body: bytes = b""
) -> Told:
    """Say what one answer tells.

    Args:
        status: HTTP status code.
        header: Its headers.
        now: Aware, UTC.
        code: SharePoint's own code for an error: then a 500 is its considered no to what was asked.
        body: The answer; looked at where nothing else tells.
    """
    wait_s = retry_after_s(header, now)
    told = with_quota(_told(status, header, wait_s, code=code, body=body), header)
    if told.outcome == Outcome.THROTTLED:
        return replace(told, retry_after_s=ordered_wait_s(header, now))
    rest_s = _RESTS_S.get(header("X-SharePointHealthScore").strip())
    if told.outcome == Outcome.OK and rest_s is not None:
        return replace(told, outcome=Outcome.THROTTLED, retry_after_s=rest_s)
    return told


def ordered_wait_s(header: Header, now: datetime) -> float | None:
    """Read the wait that comes with a refusal, in seconds: the longer of the two orders."""
    orders = (retry_after_s(header, now), quota_reset_s(header))
    return max((one for one in orders if one is not None), default=None)


def _told(status: int, header: Header, wait_s: float | None, *, code: str, body: bytes) -> Told:
    is_page = 300 <= status < 400 and is_throttle_page(header("Location"))
    if is_page or (status >= 500 and _is_busy(body)):
        return Told(outcome=Outcome.THROTTLED, retry_after_s=wait_s)
    if code and status not in _REFUSALS and wait_s is None:
        return WELL
    return told_by_status(status, wait_s)


def is_throttle_page(location: str) -> bool:
    """Say whether a redirect leads to the page that asks people to go slower."""
    return _THROTTLE_PAGE in location.casefold()


def _is_busy(body: bytes) -> bool:
    beginning = body[:_WORDS_BYTES_MAX].lower()
    return any(words in beginning for words in _BUSY_WORDS)
