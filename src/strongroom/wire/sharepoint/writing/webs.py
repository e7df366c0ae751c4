"""Webs: making them below another one, their properties, navigation, features and actions.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn499819(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import delete, list_api, merge, post, typed
from strongroom.words.json import Json

SETTINGS = (
    *("Title", "Description", "AlternateCssUrl", "CustomMasterUrl", "MasterUrl", "SiteLogoUrl"),
    *("QuickLaunchEnabled", "TreeViewEnabled", "EnableMinimalDownload", "SyndicationEnabled"),
    *("SaveSiteAsTemplateEnabled", "ObjectCacheEnabled", "OverwriteTranslationsOnChange"),
    *("CommentsOnSitePagesDisabled", "HeaderEmphasis", "HeaderLayout", "MegaMenuEnabled"),
    *("FooterEnabled", "FooterLayout", "NavAudienceTargetingEnabled", "HorizontalQuickLaunch"),
    *("AllowRssFeeds", "UIVersion", "UIVersionConfigurationEnabled"),
)
"""What a web tells of itself and takes back by MERGE."""


def create_web(
    web: str, *, leaf: str, title: str, description: str, template: str, language: int
) -> Question:
    """Make a web below another one, with its permissions.

    Args:
        web: Path of the web above.
        leaf: Last name of its address.
        title: Its name.
        description: For people.
        template: ``STS#3``; what it is made from.
        language: LCID.
    """
    parameters: dict[str, Json] = {
        "Url": leaf,
        "Title": title,
        "Description": description,
        "WebTemplate": template,
        "Language": language,
        "UseSamePermissionsAsParentSite": True,
    }
    document: dict[str, Json] = {"parameters": typed("SP.WebCreationInformation", parameters)}
    return post(f"{api(web)}/web/webs/add", document)


def update_web(web: str, properties: Mapping[str, Json]) -> Question:
    """Change properties of a web."""
    return merge(f"{api(web)}/web", typed("SP.Web", properties))


def set_welcome_page(web: str, page: str) -> Question:
    """Say which page opens first, by its path below the web."""
    return merge(f"{api(web)}/web/rootfolder", typed("SP.Folder", {"WelcomePage": page}))


def add_feature(web: str, feature_id: str, *, is_of_collection: bool) -> Question:
    """Switch a feature on. One that is on already is left as it is."""
    where = "site" if is_of_collection else "web"
    document: dict[str, Json] = {
        "featureId": feature_id,
        "force": True,
        "featdefScope": 0,
    }
    return post(f"{api(web)}/{where}/features/add", document)


def add_custom_action(
    web: str, properties: Mapping[str, Json], *, list_id: str = "", is_of_collection: bool = False
) -> Question:
    """Add an action to the web's pages, the collection's, or a list's."""
    where = "site" if is_of_collection else "web"
    owner = list_api(web, list_id) if list_id else f"{api(web)}/{where}"
    return post(f"{owner}/usercustomactions", typed("SP.UserCustomAction", properties))


QUICK_LAUNCH, TOP = "quicklaunch", "topnavigationbar"


def navigation_api(web: str, bar: str, node_id: int = 0) -> str:
    """Give the path of the nodes of a bar, or below one of them."""
    if node_id:
        return f"{api(web)}/web/navigation/GetNodeById({node_id})/Children"
    return f"{api(web)}/web/navigation/{bar}"


def add_node(
    web: str, bar: str, *, title: str, url: str, is_external: bool, below: int = 0
) -> Question:
    """Add a node to a bar, behind those that are there; ``below`` another one's id, or 0."""
    document: dict[str, Json] = {
        "Title": title,
        "Url": url,
        "IsExternal": is_external,
        "AsLastNode": True,
    }
    return post(navigation_api(web, bar, below), typed("SP.NavigationNode", document))


def remove_node(web: str, bar: str, node_id: int) -> Question:
    """Take a node away, with what is below it."""
    return delete(f"{navigation_api(web, bar)}({node_id})")


def share_navigation(web: str, *, is_shared: bool) -> Question:
    """Say whether a web has the top bar of the one above it."""
    properties: dict[str, Json] = {"UseShared": is_shared}
    return merge(f"{api(web)}/web/navigation", typed("SP.Navigation", properties))
