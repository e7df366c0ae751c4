"""Modern pages by the service of their editor, where a site takes no files of pages.

Where custom scripts are not allowed, a page cannot be uploaded as the file that it is. Its editor
makes it then, as a person would; the older versions of it do not come back.

Source:
    https://learn.microsoft.com/sharepoint/allow-or-prevent-custom-script
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.errors import ItemError, TransientError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.finishing import finish_item, read_form, stamp
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.places import Place
from strongroom.sources.sharepoint.writing.sending import as_item_error, send, unknown
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.items import update_item
from strongroom.wire.sharepoint.writing.pages import create_page, publish_page
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing, Written

_ARTICLE = "Article"


def write_by_editor(
    means: Means, place: Place, outgoing: Outgoing, shown: Mapping[str, Json]
) -> Written:
    """Make a page, name it, and give it what it showed.

    Args:
        means: What to work with.
        place: The library of pages.
        outgoing: The page.
        shown: The values of what it shows, as the target gets them.

    Raises:
        OutcomeUnknown: it may be there, under a name of chance.
    """
    target = means.list_at(place)
    item = outgoing.item
    if len(kept.path_of(item)) > 1:
        error = ItemError(
            "The page lay in a folder.",
            code="page-in-folder",
            is_permanent=True,
            why="Files of pages are not taken here, and the editor makes pages in the root alone.",
        )
        return not_written(item.id, error)
    number = 0
    try:
        number = _made(means, target, shown)
        means.identities.learn_item(item.id, number)
        _filled(means, target, number, outgoing, shown)
        finish_item(means, target, outgoing, number, {})
    except (SiteRefused, SiteDenied) as error:
        new_id = f"{target.id}/{number}" if number else None
        return not_written(item.id, as_item_error(error, "The page was not made."), new_id=new_id)
    except ItemError as error:
        return not_written(item.id, error, new_id=f"{target.id}/{number}" if number else None)
    except TransientError as error:
        if number:
            raise unknown(error) from error
        raise
    return Written(item_id=item.id, new_id=f"{target.id}/{number}")


def _made(means: Means, target: TargetList, shown: Mapping[str, Json]) -> int:
    promoted = shown.get("PromotedState")
    question = create_page(
        target.web,
        layout=str(shown.get("PageLayoutType") or _ARTICLE),
        promoted=int(promoted) if isinstance(promoted, int | float) else 0,
    )
    number = int(send(means.rest, question).read(Document).get("Id") or 0)
    if not number:
        raise ItemError("The editor made a page without an id.", code="no-id")
    return number


def _filled(
    means: Means,
    target: TargetList,
    number: int,
    outgoing: Outgoing,
    shown: Mapping[str, Json],
) -> None:
    item = outgoing.item
    fields = {**kept.fields_of(item), **shown}
    values = means.values(target, fields, regional=means.standing.web(target.web).regional_utc)
    texts = {"FileLeafRef": kept.path_of(item)[-1], **{one.name: one.text for one in values}}
    has_utc = means.standing.abilities.has_utc_dates
    answer = send(means.rest, update_item(target.web, target.id, number, texts, has_utc=has_utc))
    refused = {one.name for one in read_form(answer).refused}
    if refused:
        fewer = {name: text for name, text in texts.items() if name not in refused}
        send(means.rest, update_item(target.web, target.id, number, fewer, has_utc=has_utc))
    if str(item.state.get("version") or "1.0").endswith(".0"):
        send(means.rest, publish_page(target.web, number))
        stamp(means, target, number, kept.fields_of(item))
