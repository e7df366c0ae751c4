"""Modern pages: ``_api/sitepages``.

Here a page's content is JSON; in its list item it is HTML that carries the same.

Source:
    https://learn.microsoft.com/sharepoint/dev/features/client-side-page-structure
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from strongroom.lab.sharepoint.content import pages
from strongroom.lab.sharepoint.content.canvas import NotACanvas
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_number, fixed, known
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Entity,
    Kind,
    Method,
    Target,
    Value,
)
from strongroom.lab.sharepoint.rights import Level

_PAGES = 119
_DRAWN = re.compile(r"[0-9a-f]{12}\.aspx")


def _library(call: Call) -> SpList:
    found = next((one for one in call.web.lists.values() if one.base_template == _PAGES), None)
    if found is None:
        raise errors.not_found("The web has no library of pages.")
    return found


def _all(call: Call, _: None, path: str) -> Collection:
    library = _library(call)
    held = {
        one.id: one for one in library.items.values() if pages.is_modern(one) and call.sees(one)
    }

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = held.get(args.number("id", 0))
        if found is None:
            raise errors.no_item()
        return Entity(PAGE, found, f"{path}({found.id})")

    return Collection(
        kind=PAGE,
        path=path,
        things=lambda: list(held.values()),
        find=by_number(held),
        create=_create,
        item_path=lambda one: f"SitePages/Pages({one.id})",
        methods={"getbyid": Method(run=by_id)},
    )


def _create(call: Call, body: Body) -> ListItem:
    """Make a page with a name that is drawn, checked out: its title says later how it is called."""
    call.need(Level.EDIT)
    library = _library(call)
    name = f"{call.collection.new_guid().replace('-', '')[:12]}.aspx"
    content = _content(pages.PageContent(title=""), body)
    return pages.add_page(library, name, content, by=call.user_id, is_checked_out=True)


def _content(known_content: pages.PageContent, body: Body) -> pages.PageContent:
    names = {
        "Title": "title",
        "CanvasContent1": "canvas",
        "LayoutWebpartsContent": "layout",
        "PageLayoutType": "kind",
        "Description": "description",
        "TopicHeader": "topic",
        "BannerImageUrl": "banner_url",
    }
    changes: dict[str, Any] = {
        attribute: _text(body[name]) for name, attribute in names.items() if body.get(name)
    }
    if isinstance(body.get("PromotedState"), int):
        changes["promoted_state"] = body["PromotedState"]
    people = body.get("AuthorBylineId")
    if isinstance(people, Sequence) and not isinstance(people, str):
        changes["author_ids"] = tuple(one for one in people if isinstance(one, int))
    return replace(known_content, **changes)


def _text(value: object) -> str:
    return str(value.get("Url", "")) if isinstance(value, Mapping) else str(value)


def _save(call: Call, item: ListItem, args: Args) -> Value:
    content = _content(pages.content_of(item, by=call.user_id), args.body)
    try:
        pages.save_page(item, content, by=call.user_id)
    except NotACanvas as error:
        raise errors.failed(str(error)) from error
    _name(call, item)
    return Value("SavePage", True)


def _check_out(call: Call, item: ListItem, args: Args) -> Entity:
    out = item.file.check_out if item.file else None
    if out is None or out.user_id != call.user_id:
        item.parent_list.check_out(item, by=call.user_id)
    return Entity(PAGE, item, args.path)


def _publish(call: Call, item: ListItem, _: Args) -> Value:
    pages.publish_page(item, by=call.user_id)
    return Value("Publish", True)


def _name(call: Call, item: ListItem) -> None:
    """Give a page that still has its drawn name one that comes from its title."""
    title = pages.content_of(item, by=call.user_id).title
    stem = re.sub(r"[^\w-]+", "-", title).strip("-")
    wanted = f"{stem}.aspx"
    library = item.parent_list
    if not _DRAWN.fullmatch(item.leaf_name) or not stem:
        return
    if wanted.casefold() not in library.children_of(item.parent):
        library.move_item(item, by=call.user_id, folder=item.parent, name=wanted)


def _discard(call: Call, item: ListItem, args: Args) -> Entity:
    if item.file is not None and item.file.check_out is not None:
        item.parent_list.undo_check_out(item, by=call.user_id)
    return Entity(PAGE, item, args.path)


def _promote(call: Call, item: ListItem, _: Args) -> Value:
    content = replace(pages.content_of(item, by=call.user_id), promoted_state=pages.IS_NEWS)
    pages.save_page(item, content, by=call.user_id)
    return Value("PromoteToNews", True)


def _of(name: str) -> Any:  # noqa: ANN401 - a getter of any value
    return lambda call, item: getattr(pages.content_of(item, by=call.user_id), name)


def _is_mine(call: Call, item: ListItem) -> bool:
    out = item.file.check_out if item.file else None
    return out is not None and out.user_id == call.user_id


def _web_path(item: ListItem) -> str:
    return item.path[len(item.parent_list.web.path.rstrip("/")) + 1 :]


def pages_entity(_: Call, __: None, path: str) -> Target:
    """Give the service of pages an address."""
    return Entity(SITE_PAGES, None, path)


def _posted(run: Any, *, needs: Level = Level.EDIT) -> Method[ListItem]:  # noqa: ANN401 - see Method
    return Method(run=run, is_post=True, needs=needs)


PAGE: Kind[ListItem] = known(
    Kind(
        name="SP.Publishing.SitePage",
        values={
            "AbsoluteUrl": lambda call, item: f"{call.url}{item.path}",
            "AuthorByline": lambda _, item: [],
            "BannerImageUrl": _of("banner_url"),
            "BannerThumbnailUrl": _of("banner_url"),
            "ContentTypeId": lambda _, item: item.content_type_id,
            "Description": _of("description"),
            "DoesUserHaveEditPermission": lambda call, _: call.level >= Level.EDIT,
            "FileName": lambda _, item: item.leaf_name,
            "FirstPublished": lambda _, item: item.values.get("FirstPublishedDate"),
            "Id": lambda _, item: item.id,
            "IsPageCheckedOutToCurrentUser": _is_mine,
            "IsWebWelcomePage": lambda _, item: (
                _web_path(item) == item.parent_list.web.welcome_page
            ),
            "Modified": lambda _, item: item.modified,
            "PageLayoutType": _of("kind"),
            "Path": lambda _, item: {"DecodedUrl": _web_path(item)},
            "PromotedState": _of("promoted_state"),
            "Title": _of("title"),
            "TopicHeader": _of("topic"),
            "UniqueId": lambda _, item: item.unique_id,
            "Url": lambda _, item: _web_path(item),
            "Version": lambda _, item: item.label,
            "CanvasContent1": _of("canvas"),
            "LayoutWebpartsContent": _of("layout"),
            **fixed({"AlternativeUrlMap": "{}", "SitePageFlags": "", "CallToAction": ""}),
        },
        methods={
            "checkout": _posted(_check_out),
            "checkoutpage": _posted(_check_out),
            "discardpage": _posted(_discard),
            "promotetonews": _posted(_promote),
            "publish": _posted(_publish),
            "savepage": _posted(_save),
            "savepageasdraft": _posted(_save),
        },
        remove=lambda call, item: item.parent_list.delete_item(item, by=call.user_id),
        needs=Level.EDIT,
    )
)

SITE_PAGES: Kind[None] = known(Kind(name="SP.Publishing.SitePageService", links={"Pages": _all}))
