"""Handing over the content of items as a backup asks for it, whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from strongroom.errors import ItemError, TransientError
from strongroom.sources.sharepoint.reading.beside import server_of
from strongroom.sources.sharepoint.reading.contents import (
    WAY,
    PartGone,
    Place,
    content_of,
    needs_documents,
)
from strongroom.sources.sharepoint.reading.definitions import DEFINITION
from strongroom.sources.sharepoint.reading.kept import Documents, KeptDocuments
from strongroom.sources.sharepoint.reading.list_items import ListItems
from strongroom.sources.sharepoint.reading.places import ListPlace, WebPlace
from strongroom.sources.sharepoint.reading.structure import KeptStructures, Structure, owner_of
from strongroom.sources.sharepoint.reading.web_files import (
    WebFile,
    place_of_files,
    web_of_file,
)
from strongroom.wire.sharepoint.download import FileChanged
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.words.item import Content, Item, Missed, Part

Keep = Callable[[Content | Missed], None]

_TRIES = 3
_GONE_LIST = "Its list is not there any more."


class Fetching:
    """Fetches one batch. For one thread.

    Args:
        rest: The connection.
        lists: All lists of the site, by GUID.
        documents: What was found beside items when they were told.
        structures: Likewise for what describes webs and lists.
        items_of: Makes ready to ask a list for its items.
        read_structure: Reads what describes a web or a list, by its GUID.
        webs: All webs, by GUID.
        read_files: Reads which files lie in a web's own folder.
    """

    def __init__(
        self,
        rest: RestConnection,
        *,
        lists: Mapping[str, ListPlace],
        documents: KeptDocuments,
        structures: KeptStructures,
        items_of: Callable[[ListPlace], ListItems],
        read_structure: Callable[[str], Structure],
        webs: Mapping[str, WebPlace],
        read_files: Callable[[WebPlace], Sequence[WebFile]],
    ) -> None:
        self._rest = rest
        self._lists = lists
        self._documents = documents
        self._structures = structures
        self._items_of = items_of
        self._read_structure = read_structure
        self._webs = webs
        self._read_files = read_files

    def fetch(self, items: Sequence[Item], keep: Keep) -> None:
        """Hand each item's content to ``keep``, or why it could not be had."""
        by_list: dict[str, list[Item]] = {}
        by_web: dict[str, list[Item]] = {}
        for item in items:
            if (web_id := web_of_file(item.id)) is not None:
                by_web.setdefault(web_id, []).append(item)
            elif (owner := owner_of(item.id)) is not None:
                self._keep_definition(item, owner, keep)
            else:
                by_list.setdefault(item.id.partition("/")[0], []).append(item)
        for list_id, some in by_list.items():
            self._fetch_of_list(list_id, some, keep)
        for web_id, some in by_web.items():
            self._fetch_of_web(web_id, some, keep)

    def _fetch_of_web(self, web_id: str, items: Sequence[Item], keep: Keep) -> None:
        web = self._webs.get(web_id)
        known = {one.id: self._documents.get(one.id, one.change_key) for one in items}
        # Of one without web parts nothing is held, and of one with them it may not be any more.
        missing = any(known[one.id] is None and one.state.get("web_parts") for one in items)
        if web is not None and missing:
            known.update({one.item.id: one.documents for one in self._read_files(web)})
        for item in items:
            if web is None:
                keep(Missed(item_id=item.id, fate="gone", code="gone", why="Its web is gone."))
                continue
            at = Place(
                rest=self._rest,
                place=place_of_files(web),
                server=server_of(self._rest.facts.version),
            )
            self._keep_item(item, known[item.id] or {}, at, keep)

    def _keep_definition(self, item: Item, owner: str, keep: Keep) -> None:
        content = self._structures.get(item.id)
        if content is None:
            try:
                content = self._read_structure(owner).contents.get(item.id)
            except ItemError as error:
                keep(_missed(item, error))
                return
        if content is None:
            keep(Missed(item_id=item.id, fate="gone", code="gone", why="It is not told any more."))
            return
        part = Part(name=DEFINITION, suffix=".json", content=content)
        keep(Content(item_id=item.id, way=WAY, parts=(part,)))

    def _fetch_of_list(self, list_id: str, items: Sequence[Item], keep: Keep) -> None:
        place = self._lists.get(list_id)
        if place is None:
            for item in items:
                keep(Missed(item_id=item.id, fate="gone", code="gone", why=_GONE_LIST))
            return
        at = Place(rest=self._rest, place=place, server=server_of(self._rest.facts.version))
        beside = self._beside(place, items)
        for item in items:
            documents = beside.get(item.id)
            if documents is None:
                keep(Missed(item_id=item.id, fate="gone", code="gone", why="It is not there now."))
            else:
                self._keep_item(item, documents, at, keep)

    def _beside(self, place: ListPlace, items: Sequence[Item]) -> dict[str, Documents]:
        """Give the documents of items; those that are not at hand any more are asked for anew."""
        found: dict[str, Documents] = {}
        missing: list[Item] = []
        for item in items:
            known = self._documents.get(item.id, item.change_key)
            if known is not None or not needs_documents(item):
                found[item.id] = known or {}
            else:
                missing.append(item)
        if missing:
            numbers = [int(item.id.rpartition("/")[2]) for item in missing]
            for one in self._items_of(place).by_ids(numbers):
                found[one.item.id] = one.documents
        return found

    def _keep_item(self, item: Item, documents: Documents, at: Place, keep: Keep) -> None:
        for left in reversed(range(_TRIES)):
            try:
                keep(content_of(item, documents, at))
            except PartGone as error:
                keep(self._without_file(item, error, at))
            except FileChanged as error:
                if left:
                    continue
                why = f"{error} It was written faster than it could be read."
                keep(Missed(item_id=item.id, fate="failed", code="changed", why=why))
            except ItemError as error:
                keep(_missed(item, error))
            except TransientError:
                if not left:
                    raise
                continue
            return

    def _without_file(self, item: Item, error: ItemError, at: Place) -> Missed:
        """Say what a file that is not found means: only if its item is gone as well, it is."""
        if web_of_file(item.id) is not None:
            return _missed(item, error)
        number = int(item.id.rpartition("/")[2])
        if not self._items_of(at.place).by_ids([number]):
            return _missed(item, error)
        why = f"Its list still tells of it. {error}"
        return Missed(item_id=item.id, fate="failed", code="no-file", why=why)


def _missed(item: Item, error: ItemError) -> Missed:
    fate = "gone" if error.code == "gone" else "skipped" if error.is_permanent else "failed"
    return Missed(item_id=item.id, fate=fate, code=error.code, why=str(error))
