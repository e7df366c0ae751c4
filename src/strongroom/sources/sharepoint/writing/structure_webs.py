"""Webs' own settings, menus, features and actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.by_object_model import write_regional, write_web_bag
from strongroom.sources.sharepoint.writing.definition import (
    Definition,
    Site,
    mapping_of,
    number_of,
    rows_of,
    text_of,
)
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.owning import write_own_groups
from strongroom.sources.sharepoint.writing.pages import rewritten
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.webs import more_settings
from strongroom.wire.sharepoint.writing.webs import (
    QUICK_LAUNCH,
    SETTINGS,
    TOP,
    add_custom_action,
    add_feature,
    add_node,
    navigation_api,
    remove_node,
    set_welcome_page,
    share_navigation,
    update_web,
)
from strongroom.words.json import Json

_ADDRESSES = frozenset({"AlternateCssUrl", "CustomMasterUrl", "MasterUrl", "SiteLogoUrl"})
_ACTION = (
    *("Name", "Title", "Description", "Location", "Sequence", "Group", "ImageUrl", "Url"),
    *("ScriptSrc", "ScriptBlock", "CommandUIExtension", "RegistrationId", "RegistrationType"),
    *("ClientSideComponentId", "ClientSideComponentProperties", "HostProperties"),
)
POINTING = (
    *("ImageUrl", "Url", "ScriptSrc", "ScriptBlock", "CommandUIExtension"),
    *("ClientSideComponentProperties", "HostProperties"),
)
"""What of an action may hold addresses and ids of lists."""
_BARS = {"quicklaunch": QUICK_LAUNCH, "topnavigationbar": TOP}
_DEPTH_MAX = 6
_EXPANDED = "$expand=AllProperties,RegionalSettings,RegionalSettings/TimeZone"
OWN = "own"
"""What settings and permissions are known by: a place has them once."""


def write_web(means: Means, definition: Definition) -> str:
    """Give a web the settings that were saved."""
    if not definition.may_change:
        return OWN
    saved = definition.mapping("settings") or definition.document
    now = means.rest.get(f"{api(definition.web)}/web?{_EXPANDED}", Document)
    changes: dict[str, Json] = {}
    for name in SETTINGS:
        value = saved.get(name)
        if value is None or name not in now:
            continue
        if name in _ADDRESSES and isinstance(value, str):
            value = definition.site.address(value)
        if value != now.get(name):
            changes[name] = value
    if changes:
        send(means.rest, update_web(definition.web, changes))
    page = definition.text("welcome_page")
    if page:
        send(means.rest, set_welcome_page(definition.web, page))
    if means.standing.abilities.has_regional:
        write_regional(
            means,
            definition.web,
            mapping_of(saved, "RegionalSettings"),
            mapping_of(now, "RegionalSettings"),
        )
    if means.takes_bags():
        bags = (mapping_of(one, "AllProperties") for one in (saved, now))
        write_web_bag(means, definition.web, *bags)
    if _is_root(definition):
        write_own_groups(
            means, definition, means.rest.get(more_settings(definition.web).target, Document)
        )
    if definition.document.get("shares_navigation") is True and not _is_root(definition):
        send(means.rest, share_navigation(definition.web, is_shared=True))
    return OWN


def _is_root(definition: Definition) -> bool:
    return definition.web == definition.site.root


def write_navigation(means: Means, definition: Definition) -> str:
    """Give a menu the saved entries in place of those that are there."""
    menu = definition.text("menu")
    bar = _BARS.get(menu.casefold())
    if bar is None:
        raise ItemError("A menu that is not known.", code="no-menu", is_permanent=True)
    if not definition.may_change:
        return menu
    for page in means.rest.rows(navigation_api(definition.web, bar), Document):
        for node in page:
            send(means.rest, remove_node(definition.web, bar, int(node.get("Id") or 0)))
    _add_nodes(means, definition, bar, rows_of(definition.document, "nodes"), below=0, depth=0)
    return menu


def _add_nodes(
    means: Means,
    definition: Definition,
    bar: str,
    nodes: Sequence[Mapping[str, Json]],
    *,
    below: int,
    depth: int,
) -> None:
    for node in nodes:
        question = add_node(
            definition.web,
            bar,
            title=text_of(node, "Title"),
            url=definition.site.address(text_of(node, "Url")),
            is_external=bool(node.get("IsExternal")),
            below=below,
        )
        told = send(means.rest, question).read(Document)
        node_id = number_of(told, "Id")
        children = rows_of(node, "Children")
        if children and node_id and depth < _DEPTH_MAX:
            _add_nodes(means, definition, bar, children, below=node_id, depth=depth + 1)


def write_feature(means: Means, definition: Definition) -> str:
    """Have a feature switched on."""
    feature_id = definition.text("DefinitionId").lower()
    is_of_collection = definition.text("scope") == "site"
    where = "site" if is_of_collection else "web"
    target = f"{api(definition.web)}/{where}/features?$select=DefinitionId"
    on = {
        str(one.get("DefinitionId", "")).lower()
        for page in means.rest.rows(target, Document)
        for one in page
    }
    if feature_id not in on:
        question = add_feature(definition.web, feature_id, is_of_collection=is_of_collection)
        send(means.rest, question)
    return f"{'site' if is_of_collection else 'web'}-{feature_id}"


def refuse_recycled(means: Means, definition: Definition) -> str:  # noqa: ARG001 - as all have it
    """Write nothing: of what lay in the recycle bin only the list is kept.

    Raises:
        ItemError: always.
    """
    raise ItemError(
        "It lay in the recycle bin: what it was is kept, and not what it held.",
        code="recycle-bin",
        is_permanent=True,
    )


def write_custom_action(means: Means, definition: Definition) -> str:
    """Have an action."""
    scope = definition.text("scope")
    is_of_collection = scope == "site"
    owner = f"{api(definition.web)}/site" if is_of_collection else definition.owner
    name, title = definition.text("Name"), definition.text("Title")
    for page in means.rest.rows(f"{owner}/usercustomactions", Document):
        for one in page:
            if (one.get("Name") or "", one.get("Title") or "") == (name, title):
                return str(one.get("Id", "")).lower()
    properties = _properties(means, definition)
    rights = mapping_of(definition.document, "Rights")
    if rights:
        halves: dict[str, Json] = {half: str(rights.get(half) or "0") for half in ("High", "Low")}
        properties["Rights"] = {"__metadata": {"type": "SP.BasePermissions"}, **halves}
    question = add_custom_action(
        definition.web,
        properties,
        list_id=definition.list_id,
        is_of_collection=is_of_collection,
    )
    told = send(means.rest, question).read(Document)
    return str(told.get("Id") or "").lower()


def _properties(means: Means, definition: Definition) -> dict[str, Json]:
    """Give what an action is made of, with the target's addresses and ids."""
    return {
        key: action_value(means, definition.site, key, definition.document[key])
        for key in _ACTION
        if definition.document.get(key)
    }


def action_value(means: Means, site: Site, name: str, value: Json) -> Json:
    """Give a property of an action as it is to be in the target."""
    is_pointing = isinstance(value, str) and name in POINTING
    return rewritten(means, site, str(value)) if is_pointing else value
