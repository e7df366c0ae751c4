"""The order of a list's content types, which is set once all of them are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strongroom.sources.sharepoint.writing.definition import mapping_of, rows_of, text_of
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.lists import order_content_types
from strongroom.words.json import Json

_NOTE = "orders"
_ORDER = "UniqueContentTypeOrder"


def note_order(means: Means, web: str, list_id: str, document: Mapping[str, Json]) -> None:
    """Note in which order a list showed its content types, if somebody had said so.

    Args:
        means: What to work with.
        web: Path of the web.
        list_id: GUID of the list in the target.
        document: What was saved of the list.
    """
    saved: list[Json] = list(saved_order(document))
    if saved:
        with means.lock:
            noted = _noted(means)
            means.notes.put(_NOTE, {**noted, list_id: {"web": web, "order": saved}})


def order_types(means: Means) -> Iterator[str]:
    """Put the content types of all noted lists in order; say what the server refused."""
    for list_id, noted in _noted(means).items():
        web = text_of(noted, "web") if isinstance(noted, Mapping) else ""
        saved = noted.get("order") if isinstance(noted, Mapping) else ()
        title = f"a list in {web}"
        try:
            means.standing.forget_types(web, list_id)
            target = means.standing.list_by_id(web, list_id)
            title = target.title
            wanted = order_there(target, saved if isinstance(saved, list) else [])
            if wanted:
                send(means.rest, order_content_types(web, list_id, wanted))
        except (SiteRefused, SiteDenied) as error:
            yield f"The content types of {title} are not in their order. {error.why}"


def saved_order(document: Mapping[str, Json]) -> list[str]:
    """Give the ids of a list's content types in the order that somebody gave them."""
    rows = rows_of(mapping_of(document, "root_folder"), _ORDER)
    return [found for found in (text_of(one, "StringValue") for one in rows) if found]


def order_there(target: TargetList, saved: list[Json]) -> list[str]:
    """Give the target's own ids for them; what it does not have is left out."""
    found = (target.content_type(str(one)) for one in saved)
    return list(dict.fromkeys(one for one in found if one))


def _noted(means: Means) -> Mapping[str, Json]:
    noted = means.notes.get(_NOTE)
    return noted if isinstance(noted, Mapping) else {}
