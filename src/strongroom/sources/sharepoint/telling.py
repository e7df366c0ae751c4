"""What a SharePoint is, in words: its product by its version, and what its distance means."""

from __future__ import annotations

_FILES = 1000
_PAGE_ITEMS = 5000
_BUSY_FROM = 7

_SERVERS = (
    # The first build of each; Subscription Edition counts on without an end.
    ((16, 14000), "SharePoint Server Subscription Edition"),
    ((16, 10000), "SharePoint Server 2019"),
    ((16, 0), "SharePoint Server 2016"),
    ((15, 0), "SharePoint Server 2013"),
    ((14, 0), "SharePoint Server 2010"),
)


def product_told(version: str, *, is_online: bool) -> str:
    """Name the product.

    Args:
        version: ``MicrosoftSharePointTeamServices``, such as ``16.0.0.10337``; may be empty.
        is_online: It is Microsoft's own, which counts its builds in the same row.

    Source:
        https://learn.microsoft.com/officeupdates/sharepoint-updates
    """
    if is_online:
        return "SharePoint Online"
    numbers = [int(one) for one in version.split(".") if one.isdecimal()]
    if len(numbers) < 3:
        return "SharePoint Server"
    found = (numbers[0], numbers[-1])
    return next((name for first, name in _SERVERS if found >= first), "SharePoint Server")


def speed_told(round_trip_s: float) -> str:
    """Say in a sentence how long the line alone takes over a thousand files.

    Args:
        round_trip_s: From a small request to the beginning of its answer, in seconds.
    """
    requests = -(-_FILES // _PAGE_ITEMS) + _FILES
    return (
        f"A first backup asks for every file by itself: {_FILES:,} files are at least {requests:,} "
        f"requests; at {round_trip_s * 1000:,.1f} ms each, one connection waits "
        f"{requests * round_trip_s:,.1f} s for the line, beside what the files' own bytes and the "
        "server's work take."
    )


def health_told(score: int | None) -> str:
    """Say what a health score means; empty if there is none."""
    if score is None:
        return ""
    if score >= _BUSY_FROM:
        return f"{score} of 10: overloaded, and about to send requests away"
    return f"{score} of 10: {'well' if score < _BUSY_FROM // 2 else 'busy'}"
