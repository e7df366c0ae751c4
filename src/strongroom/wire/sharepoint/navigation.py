"""The two menus of a web, with what is below their entries.

Source:
    https://learn.microsoft.com/previous-versions/office/sharepoint-csom/ee542929(v=office.15)
"""

from __future__ import annotations

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api

QUICK_LAUNCH, TOP = "QuickLaunch", "TopNavigationBar"


def nodes(web: str, menu: str) -> Question:
    """Ask for a menu. Entries more than two levels below the first are not among what is told."""
    return Question(
        target=f"{api(web)}/web/navigation/{menu}?$expand=Children,Children/Children",
        call=Call.MANY,
    )


def is_shared(web: str) -> Question:
    """Ask whether the top menu is that of the web above."""
    return Question(target=f"{api(web)}/web/navigation?$select=UseShared")
