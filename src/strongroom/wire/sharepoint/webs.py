"""A web and its lists, for whoever keeps them: all that it tells of itself.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn499819(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.Web)
"""

from __future__ import annotations

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api

_PLACE = "$select=Id,Title,ServerRelativeUrl,WebTemplate,Configuration,Created"
_EXPANDED = "$expand=AllProperties,RegionalSettings,RegionalSettings/TimeZone"


def site(web: str) -> Question:
    """Ask for the site collection: its id, its address, its root."""
    return Question(target=f"{api(web)}/site?$select=Id,Url,ServerRelativeUrl,ReadOnly")


def place(web: str) -> Question:
    """Ask where a web is."""
    return Question(target=f"{api(web)}/web?{_PLACE}")


def places_below(web: str) -> Question:
    """Ask for the webs directly below."""
    return Question(target=f"{api(web)}/web/webs?{_PLACE}", call=Call.MANY)


def settings(web: str) -> Question:
    """Ask for everything that a web tells of itself: property bag, regional settings, look."""
    return Question(target=f"{api(web)}/web?{_EXPANDED}", call=Call.ONE)


def more_settings(web: str) -> Question:
    """Ask for what is told only to whoever names it. Old servers know not all of it."""
    names = "HasUniqueRoleAssignments,AssociatedOwnerGroup/Id,AssociatedMemberGroup/Id"
    expanded = "AssociatedOwnerGroup,AssociatedMemberGroup,AssociatedVisitorGroup"
    return Question(
        target=f"{api(web)}/web?$select={names},AssociatedVisitorGroup/Id&$expand={expanded}"
    )


def welcome_page(web: str) -> Question:
    """Ask which page a web opens with."""
    return Question(target=f"{api(web)}/web/rootfolder?$select=WelcomePage")


def features(web: str) -> Question:
    """Ask for the features that are switched on."""
    return Question(target=f"{api(web)}/web/features", call=Call.MANY)


def site_features(web: str) -> Question:
    """Ask likewise of the whole collection."""
    return Question(target=f"{api(web)}/site/features", call=Call.MANY)


def custom_actions(owner: str) -> Question:
    """Ask for the custom actions of a web, a collection or a list.

    Args:
        owner: Its path.
    """
    return Question(target=f"{owner}/usercustomactions", call=Call.MANY)
