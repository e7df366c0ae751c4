"""Files in a web's own folder and in no list: written where they lay, with their web parts.

They have no item: who made them and when is the server's own affair, and nothing of them is known
again but their path. Where each one went is noted before it is sent, so that one whose outcome was
unknown takes its own place when it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from strongroom.errors import ItemError, OperatorError
from strongroom.sources.sharepoint.reading.beside import server_of
from strongroom.sources.sharepoint.reading.contents import Place as ContentPlace
from strongroom.sources.sharepoint.reading.contents import content_of
from strongroom.sources.sharepoint.reading.places import FILES, WebPlace
from strongroom.sources.sharepoint.reading.web_files import (
    WebFile,
    place_of_files,
    read_web_files,
)
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.comparing.content import Tally, content_differences
from strongroom.sources.sharepoint.writing.comparing.web_parts import shut_differences
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.pages import put_web_parts, rewritten
from strongroom.sources.sharepoint.writing.places import COPIES_MAX, Place, copy_name, joined
from strongroom.sources.sharepoint.writing.reading_back import web_address
from strongroom.sources.sharepoint.writing.sending import as_item_error, send
from strongroom.sources.sharepoint.writing.standing import Document
from strongroom.sources.sharepoint.writing.uploading import send_file
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row, each, text, within
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.files import recycle_file
from strongroom.wire.sharepoint.writing.folders import create_folder
from strongroom.words.restoring import Compared, Outgoing, Written


def write_web_file(means: Means, site: Site, place: Place, outgoing: Outgoing) -> Written:
    """Write one.

    Raises:
        OutcomeUnknown: it may be there; sent again, it takes its own place.
        TransientError: it is certainly not there.
    """
    item, new_id = outgoing.item, None
    paths = means.standing.paths(place.web)
    try:
        try:
            path = _place(means, site, place, outgoing)
            part = kept.parts_of(outgoing)[kept.FILE]
            send_file(
                means.rest,
                paths,
                path,
                kept.pieces_of(part),
                size=item.size,
                overwrites=True,
                has_chunks=means.standing.abilities.has_chunks,
            )
            told = means.rest.get(f"{paths.file(path)}?$select=UniqueId", Document)
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            raise as_item_error(error, f"The file {item.name} was not written.") from error
        unique_id = str(told.get("UniqueId") or "").strip("{}").lower()
        new_id = f"{means.standing.web(place.web).id}/{FILES}/{unique_id}"
        parts = kept.document_of(outgoing, kept.WEB_PARTS)
        if isinstance(parts, dict):
            put_web_parts(means, site, place.web, _address(means, place.web, path), parts)
    except ItemError as error:
        return not_written(item.id, error, new_id=new_id)
    return Written(item_id=item.id, new_id=new_id)


def compare_web_files(
    means: Means,
    site: Site,
    place: Place,
    pairs: Sequence[tuple[Outgoing, str]],
    told: Callable[[Compared], None],
    tally: Tally,
) -> None:
    """Read them back, all of a web at once, and compare them with what was saved."""
    there = {one.item.id: one for one in web_files(means, place.web)}
    for outgoing, new_id in pairs:
        found = there.get(new_id)
        differences = (
            ("it is not there any more",)
            if found is None
            else tuple(_differences(means, site, place, outgoing, found, tally))
        )
        told(Compared(item_id=outgoing.item.id, differences=differences))


def web_files(means: Means, web: str) -> list[WebFile]:
    """List what lies in a web's own folder."""
    place = WebPlace(id=means.standing.web(web).id, url=web)
    return read_web_files(means.rest, place, _apart(means.rest, web))


def _differences(
    means: Means, site: Site, place: Place, outgoing: Outgoing, there: WebFile, tally: Tally
) -> Iterator[str]:
    web = WebPlace(id=means.standing.web(place.web).id, url=place.web)
    server = server_of(means.rest.facts.version)
    where = ContentPlace(rest=means.rest, place=place_of_files(web), server=server)
    try:
        content = content_of(there.item, there.documents, where)
    except ItemError as error:
        yield f"not read back: {error}"
        return
    yield from content_differences(outgoing.content, content, outgoing.item.name, tally)
    yield from shut_differences(
        kept.document_of(outgoing, kept.WEB_PARTS),
        there.documents.get(kept.WEB_PARTS),
        lambda told: rewritten(means, site, told),
        means.page_service_shut(),
    )


def _place(means: Means, site: Site, place: Place, outgoing: Outgoing) -> str:
    """Make room for a file where it is to lie: its folders, and what it takes the place of."""
    names = kept.path_of(outgoing.item)
    key = f"web-file/{place.web}/{'/'.join(names)}"
    noted = means.notes.get(key)
    is_ours = isinstance(noted, str)
    if not is_ours:
        _ensure_folders(means, place.web, names[:-1])
    gives_way = is_ours or outgoing.replaces is not None or site.is_made(place.web)
    path = str(noted) if is_ours else joined(place.web, *names)
    if not gives_way:
        path = _free(means, place.web, names)
    means.notes.put(key, path)
    if gives_way and _is_there(means, place.web, path):
        # Sent over it, it would keep that one's web parts.
        send(means.rest, recycle_file(means.standing.paths(place.web), path))
    return path


def _free(means: Means, web: str, names: Sequence[str]) -> str:
    """Give a path where nothing lies: that of the file, or that of a copy beside it."""
    for number in range(COPIES_MAX):
        name = copy_name(names[-1], number) if number else names[-1]
        path = joined(web, *names[:-1], name)
        if not _is_there(means, web, path):
            return path
    raise ItemError("There are too many files of this name already.", code="name-taken")


def _is_there(means: Means, web: str, path: str) -> bool:
    return _asked(means, f"{means.standing.paths(web).file(path)}?$select=UniqueId")


def _ensure_folders(means: Means, web: str, names: Sequence[str]) -> None:
    paths = means.standing.paths(web)
    for depth in range(len(names)):
        folder = joined(web, *names[: depth + 1])
        if not _asked(means, f"{paths.folder(folder)}?$select=UniqueId"):
            send(means.rest, create_folder(paths, joined(web, *names[:depth]), names[depth]))


def _asked(means: Means, target: str) -> bool:
    try:
        means.rest.get(target, Document)
    except SiteRefused as error:
        if error.status == 404:
            return False
        raise
    return True


def _apart(rest: RestConnection, web: str) -> Iterator[str]:
    """Give the paths of a web's lists and of the webs below it."""
    lists = f"{api(web)}/web/lists?$select=RootFolder/ServerRelativeUrl&$expand=RootFolder"
    for row in each(rest.get(f"{lists}&$top=5000", Row), "value"):
        yield text(within(row, "RootFolder"), "ServerRelativeUrl")
    for row in each(rest.get(f"{api(web)}/web/webs?$select=ServerRelativeUrl", Row), "value"):
        yield text(row, "ServerRelativeUrl")


def _address(means: Means, web: str, path: str) -> str:
    parts = urlsplit(web_address(means.rest, web))
    if not parts.netloc:
        raise OperatorError("A web does not tell its address.")
    return f"{parts.scheme}://{parts.netloc}{path}"
