"""Why a site that is known of is not backed up by itself, in words that say what helps."""

from __future__ import annotations

from strongroom.words.powershell import quoted

PART_OF = (
    "It is kept as part of its site collection. To keep it by itself as well, name it (--resource)."
)
SENDS_ON = "It only sends people to where the site moved to."

_REACTIVATING = "reactivating"


def elsewhere(host: str) -> str:
    """Say that a site is on a host that this sign-in is not for.

    Args:
        host: The connection's own.
    """
    return f"It is on another host than this connection's ({host}): add a connection for that one."


def archived(address: str, status: str) -> str:
    """Say that a site is in Microsoft 365 Archive.

    Args:
        address: Its address.
        status: What Graph calls that: ``recentlyArchived``, ``fullyArchived``, ``reactivating``.
    """
    if status == _REACTIVATING:
        return "It is being brought back from the archive, which takes up to a day; nobody reads it"
    return (
        "It is archived (Microsoft 365 Archive), and nobody reads it until it is reactivated, in"
        f" SharePoint Online Management Shell: Set-SPOSiteArchiveState -Identity {quoted(address)}"
        " -ArchiveState Active"
    )
