"""Files in a web's own folder, and in no list: ``default.aspx``, and whatever was put beside it.

They have no row in a list: no columns, no versions, no permissions of their own. They are listed
folder by folder, and only where the site's log names one, or the web is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import orjson

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading.beside import Server, server_of
from strongroom.sources.sharepoint.reading.items import FILE, PAGE, content_mark, digest_of
from strongroom.sources.sharepoint.reading.kept import Documents
from strongroom.sources.sharepoint.reading.people import Person
from strongroom.sources.sharepoint.reading.places import FILES, ListPlace, WebPlace, below
from strongroom.sources.sharepoint.reading.web_parts import (
    Page,
    read_exports,
    web_parts_document,
)
from strongroom.wire.sharepoint import files, page_parts
from strongroom.wire.sharepoint.each import No, ask_each
from strongroom.wire.sharepoint.question import Answer
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, moment, number, rows_of, text, within
from strongroom.wire.sharepoint.writing.request import Paths
from strongroom.words.item import Item
from strongroom.words.json import Json

FOLDERS_MAX = 2_000
"""Nobody keeps more beside lists: what goes on for longer goes round in a circle."""

_DEPTH_MAX = 20
_OURS_ALONE = ("_vti_", "_private")
_GALLERIES = "_catalogs"
"""Nothing but lists lies in it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """A file, and its parts that are JSON documents."""

    item: Item
    documents: Documents


def place_of_files(web: WebPlace) -> ListPlace:
    """Give the place of a web's own files as if it were a library."""
    return ListPlace(id=f"{web.id}/{FILES}", web=web, url=web.url, is_library=True)


def is_files(folder_id: str) -> bool:
    """Say whether a folder holds files of a web that are in no list."""
    return folder_id.endswith(f"/{FILES}")


def web_of_file(item_id: str) -> str | None:
    """Give the GUID of the web in whose own folder a file lies; None: it is another thing."""
    web_id, _, rest = item_id.partition("/")
    return web_id if rest.startswith(f"{FILES}/") else None


def read_web_files(rest: RestConnection, web: WebPlace, not_into: Iterable[str]) -> list[WebFile]:
    """List the files of a web that are in none of its lists.

    Args:
        rest: The connection.
        web: The web.
        not_into: Paths on the server of its lists and of the webs below it.

    Raises:
        ItemError: the web is gone, or its folder cannot be looked into.
    """
    server = server_of(rest.facts.version)
    rows = _listed(rest, web, server, {one.casefold().rstrip("/") for one in not_into})
    pages = _pages(rest, web, rows, server)
    exported = read_exports(rest, web.url, list(pages.values()))
    found: list[WebFile] = []
    for row in rows:
        page = pages.get(guid(row, "UniqueId"))
        parts = web_parts_document(page.rows, exported) if page is not None else {}
        documents = {"webparts": orjson.dumps(parts)} if parts else {}
        found.append(WebFile(item=_item(row, web, parts), documents=documents))
    return found


def _listed(rest: RestConnection, web: WebPlace, server: Server, shut: set[str]) -> list[Row]:
    paths = Paths(web=web.url, is_decoded=server.has_item_versions)
    found: list[Row] = []
    waiting, seen = [web.url], 0
    while waiting:
        some, waiting = waiting, []
        seen += len(some)
        questions = [
            question
            for path in some
            for question in (
                files.files_in(paths.folder(path)),
                files.folders_in(paths.folder(path)),
            )
        ]
        answers = ask_each(rest, web.url, questions)
        for at, path in enumerate(some):
            is_top = path == web.url
            found += _told(answers[2 * at], is_needed=is_top)
            for row in _told(answers[2 * at + 1], is_needed=is_top):
                inner = text(row, "ServerRelativeUrl")
                if _is_ours_to_see(inner, web, shut):
                    waiting.append(inner)
        if waiting and seen >= FOLDERS_MAX:
            raise _too_many(f"There are more than {FOLDERS_MAX:,} folders beside its lists.")
    return [row for row in found if guid(row, "UniqueId") and text(row, "Name")]


def _told(answer: Answer | No, *, is_needed: bool) -> list[Row]:
    """Read an answer; a folder that went meanwhile holds nothing.

    Raises:
        ItemError: it is the web's own folder, or there and not told: too large, or not for us.
    """
    if isinstance(answer, Answer):
        return rows_of(answer)
    is_gone = isinstance(answer, SiteRefused) and answer.status == 404
    if is_gone and not is_needed:
        return []
    code = "gone" if is_gone else f"http-{answer.status}"
    raise ItemError(answer.what, code=code, why=answer.why) from answer


def _too_many(why: str) -> ItemError:
    return ItemError(
        "The folders of a web are too many to be looked into.", code="folders", why=why
    )


def _is_ours_to_see(path: str, web: WebPlace, shut: set[str]) -> bool:
    inner = below(path, web.url)
    is_shut = path.casefold().rstrip("/") in shut
    if not inner or is_shut:
        return False
    first = inner[0].casefold()
    if first == _GALLERIES or first.startswith(_OURS_ALONE):
        return False
    if len(inner) > _DEPTH_MAX:
        raise _too_many(f"Some lie more than {_DEPTH_MAX} deep.")
    return True


def _pages(
    rest: RestConnection, web: WebPlace, rows: Sequence[Row], server: Server
) -> Mapping[str, Page]:
    """Ask which web parts the pages have; by the GUID of the file. What is no such page has none.

    Raises:
        ItemError: they are not for us.
    """
    asked = [row for row in rows if text(row, "Name").casefold().endswith(".aspx")]
    where = [_file(row, web, server) for row in asked]
    answers = ask_each(rest, web.url, [page_parts.web_parts(one) for one in where])
    for answer in answers:
        if isinstance(answer, SiteDenied):
            raise ItemError(answer.what, code=f"http-{answer.status}", why=answer.why) from answer
    return {
        guid(row, "UniqueId"): Page(
            file=file, path=text(row, "ServerRelativeUrl"), rows=rows_of(answer)
        )
        for row, file, answer in zip(asked, where, answers, strict=True)
        if isinstance(answer, Answer)
    }


def _file(row: Row, web: WebPlace, server: Server) -> str:
    if server.finds_by_id:
        return files.file_by_id(web.url, guid(row, "UniqueId"))
    return files.file_by_path(web.url, text(row, "ServerRelativeUrl"))


def _item(row: Row, web: WebPlace, parts: Mapping[str, Json]) -> Item:
    path = below(text(row, "ServerRelativeUrl"), web.url)
    name, unique_id = text(row, "Name"), guid(row, "UniqueId")
    who = within(row, "ModifiedBy")
    editor = Person(
        login=text(who, "LoginName"), title=text(who, "Title"), email=text(who, "Email")
    )
    state: dict[str, Json] = {
        "fields": {"Modified": text(row, "TimeLastModified"), "Editor": editor.to_json()},
        "path": list(path),
        "content": content_mark({"File": row}),
        "customized": number(row, "CustomizedPageStatus"),
    }
    if parts:
        state["web_parts"] = digest_of(parts)
    return Item(
        id=f"{web.id}/{FILES}/{unique_id}",
        change_key=f"{unique_id},{digest_of([state, text(row, 'ETag')])}",
        kind=PAGE if name.casefold().endswith(".aspx") else FILE,
        name=name,
        when=moment(text(row, "TimeCreated")) or moment(web.created) or _EPOCH,
        size=number(row, "Length"),
        # There is one of that path, and by it it is known again elsewhere.
        facts={"unique_id": unique_id, "search_key": _key(path)},
        state=state,
    )


def _key(path: Sequence[str]) -> str:
    return sha256("/".join(path).casefold().encode()).hexdigest()[:32]


def files_apart(webs: Iterable[WebPlace], lists: Iterable[ListPlace]) -> Iterator[str]:
    """Give the paths that hold no file of a web's own: lists, and other webs."""
    yield from (one.url for one in lists)
    yield from (one.url for one in webs)
