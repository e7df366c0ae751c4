"""Pages: their file, what they show, and on classic ones their web parts.

What a modern page shows lies in columns of its item, and goes in as values. The web parts of a
classic page lie beside it; see ``page_service``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from strongroom.errors import ItemError, OperatorError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.by_editor import write_by_editor
from strongroom.sources.sharepoint.writing.columns import SHOWN
from strongroom.sources.sharepoint.writing.definition import Site, number_of, rows_of, text_of
from strongroom.sources.sharepoint.writing.documents import write_file
from strongroom.sources.sharepoint.writing.finishing import stamp, write_values
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.page_service import SHUT, Placing, why_denied
from strongroom.sources.sharepoint.writing.places import Place, joined
from strongroom.sources.sharepoint.writing.reading_back import web_address
from strongroom.sources.sharepoint.writing.sending import as_item_error, send
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.wire.sharepoint.page_parts import close
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing, Written

MODERN = "b6917cb1-93a0-4b97-a84d-7cf49975d4ec"
"""Which application shows a page: the one for modern ones, everywhere the same."""


def write_page(means: Means, site: Site, place: Place, outgoing: Outgoing) -> Written:
    """Write a page with what it shows.

    Raises:
        OutcomeUnknown: it may be there, or only half.
    """
    document = kept.document_of(outgoing, kept.PAGE)
    extra = shown_values(means, site, document if isinstance(document, Mapping) else {})

    def shown(fields: Mapping[str, Json]) -> Mapping[str, Json]:
        return shown_values(means, site, fields)

    written = write_file(
        means, place, outgoing, extra, shown=shown, may_replace=site.is_made(place.web)
    )
    if _is_denied(written) and extra.get("CanvasContent1") and means.standing.abilities.has_pages:
        return write_by_editor(means, place, outgoing, extra)
    parts = kept.document_of(outgoing, kept.WEB_PARTS)
    if written.new_id is None or written.code or not isinstance(parts, Mapping):
        return written
    target = means.list_at(place)
    try:
        _add_web_parts(means, site, target, outgoing, written.new_id, parts, extra)
    except ItemError as error:
        return not_written(outgoing.item.id, error, new_id=written.new_id)
    return written


def _is_denied(written: Written) -> bool:
    """Say whether the library does not take the page's file, as where scripts are not allowed."""
    is_denied = written.code.startswith("-2147024891") or written.code == "HTTP 403"
    return written.new_id is None and is_denied


def shown_values(means: Means, site: Site, document: Mapping[str, Json]) -> dict[str, Json]:
    """Give what a page shows as values of its columns, with the target's addresses and ids."""
    found: dict[str, Json] = {}
    for name, value in document.items():
        if isinstance(value, Mapping) and "Url" in value:
            url, words = (str(value.get(key) or "") for key in ("Url", "Description"))
            found[name] = {"url": site.address(url), "description": words}
        elif isinstance(value, str) and name in SHOWN:
            found[name] = rewritten(means, site, value)
        else:
            found[name] = value
    if found.get("CanvasContent1"):
        # By this the server knows that it is a modern page.
        found["ClientSideApplicationId"] = MODERN
    return found


def rewritten(means: Means, site: Site, text: str) -> str:
    """Point addresses and lists in the text of a page to where they are now."""
    text = site.text(text)
    for saved_id, list_id in means.identities.lists().items():
        text = text.replace(saved_id, list_id).replace(saved_id.upper(), list_id)
    return text


def _add_web_parts(
    means: Means,
    site: Site,
    target: TargetList,
    outgoing: Outgoing,
    new_id: str,
    document: Mapping[str, Json],
    extra: Mapping[str, Json],
) -> None:
    """Put the web parts onto the page of a library, and have its text show them.

    Raises:
        ItemError: some were not taken.
    """
    number = kept.number_of(new_id)

    def point(became: Mapping[str, str]) -> None:
        _point_to_parts(means, target, number, became, extra)
        stamp(means, target, number, kept.fields_of(outgoing.item))

    put_web_parts(means, site, target.web, _page_url(means, target, outgoing), document, point)


def put_web_parts(
    means: Means,
    site: Site,
    web: str,
    page_url: str,
    document: Mapping[str, Json],
    then: Callable[[Mapping[str, str]], None] = lambda _: None,
) -> None:
    """Put web parts onto a page, zone by zone in their order.

    Args:
        means: What to work with.
        site: From where to where it goes.
        web: Path of the page's web.
        page_url: Whole address of the page.
        document: The saved web parts.
        then: Told what the saved ids became, of those that are there.

    Raises:
        ItemError: some were not taken.
    """
    became: dict[str, str] = {}
    lost: list[str] = []
    shut = means.page_service_shut()
    for part in rows_of(document, "web_parts"):
        xml, title = text_of(part, "xml"), text_of(part, "title")
        if not xml:
            lost.append(f"{title!r} may not be exported")
            continue
        placing = Placing(
            rest=means.rest,
            web=web,
            page_url=page_url,
            xml=rewritten(means, site, xml),
            zone=text_of(part, "zone"),
            index=number_of(part, "index"),
        )
        try:
            new_id = placing.place(shut)
            if saved_id := text_of(part, "id"):
                became[saved_id] = new_id
            if part.get("closed") is True:
                send(means.rest, close(means.standing.paths(web).file(placing.page), new_id))
        except SiteDenied as error:
            shut = why_denied(means.standing, error)
            means.shut_page_service(shut)
            lost.append(repr(title))
        except ItemError as error:
            lost.append(repr(title) if error.code == SHUT else f"{title!r}: {error}")
        except SiteRefused as error:
            lost.append(f"{title!r}: {error}")
    then(became)
    if lost:
        raise ItemError(
            "Not all web parts are on the page.",
            code=SHUT if shut else "web-parts",
            is_permanent=True,
            why="; ".join(lost) + (f": {shut}" if shut else ""),
        )


def _point_to_parts(
    means: Means,
    target: TargetList,
    number: int,
    became: Mapping[str, str],
    extra: Mapping[str, Json],
) -> None:
    """Have the text of a wiki page show the new web parts where it showed the saved ones."""
    changed: dict[str, Json] = {}
    for name in ("WikiField", "PublishingPageContent"):
        text = extra.get(name)
        if not isinstance(text, str):
            continue
        new = text
        for saved_id, part_id in became.items():
            for saved, now in ((saved_id, part_id), (_control(saved_id), _control(part_id))):
                new = new.replace(saved, now).replace(saved.upper(), now)
        if new != text:
            changed[name] = new
    if not changed:
        return
    try:
        write_values(means, target, number, changed, "")
    except (SiteRefused, SiteDenied) as error:
        raise as_item_error(error, "The page does not show its web parts.") from error


def _control(part_id: str) -> str:
    """Give what a web part is called in the markup of pages: ``g_`` and its id."""
    return f"g_{part_id.replace('-', '_')}"


def _page_url(means: Means, target: TargetList, outgoing: Outgoing) -> str:
    parts = urlsplit(web_address(means.rest, target.web))
    if not parts.netloc:
        raise OperatorError("A web does not tell its address.")
    path = joined(target.root, *kept.path_of(outgoing.item))
    return f"{parts.scheme}://{parts.netloc}{path}"
