"""The items of one list: all of them by their ids, or those that something happened to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading.beside import read_beside, server_of
from strongroom.sources.sharepoint.reading.columns import Ambition, ListColumns, list_columns
from strongroom.sources.sharepoint.reading.field_values import people_in
from strongroom.sources.sharepoint.reading.items import FOLDER, item_of, kind_of
from strongroom.sources.sharepoint.reading.people import People
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.sources.sharepoint.reading.rights import Rights
from strongroom.sources.sharepoint.reading.terms import Terms
from strongroom.wire.sharepoint import items, lists
from strongroom.wire.sharepoint.each import ask_each
from strongroom.wire.sharepoint.items import IDS_MAX, Columns
from strongroom.wire.sharepoint.odata import NEXT_LINK
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, each, number, row_of, rows_of, text
from strongroom.wire.sharepoint.writing.request import list_api
from strongroom.words.item import Item

_FOLLOWING = re.compile(r"p_ID=(\d{1,10})")
PAGE_ITEMS = 1000
"""So many items one question asks for. The server gives up to 5,000; a page is held in memory,
together with what is asked beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItem:
    """An item with what was found beside it.

    Attributes:
        item: As the model has it.
        row: As it was told.
        documents: Parts that are JSON documents, by name.
    """

    item: Item
    row: Row
    documents: dict[str, bytes]

    @property
    def number(self) -> int:
        """Its number in the list."""
        return id_of(self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A page.

    Attributes:
        rows: In the order of their numbers.
        following: Behind which number the next page begins; 0: there is none.
    """

    rows: list[Row]
    following: int


class ListItems:
    """Asks one list for its items. Safe in many threads.

    Args:
        rest: The connection.
        place: The list.
        fields: All its columns, as it told them.
        people: Whom the collection knows.
        terms: What its terms are called.
        rights: What of it may be seen.
        page_items: How many items one question asks for.
    """

    def __init__(
        self,
        rest: RestConnection,
        place: ListPlace,
        fields: Sequence[Row],
        people: People,
        terms: Terms,
        rights: Rights,
        *,
        page_items: int = PAGE_ITEMS,
    ) -> None:
        self._rest = rest
        self._place = place
        self._fields = fields
        self._people = people
        self._terms = terms
        self._rights = rights
        self._page_items = page_items
        self._ambition = Ambition.ALL
        self._columns = self._planned()

    def pages(self, after: int) -> Iterator[list[ReadItem]]:
        """Give all items by their numbers, from behind one on, page by page."""
        web, list_id = self._place.web.url, self._place.id
        count = self._page_items
        yield from self._paged(
            after,
            lambda columns, after: items.page(web, list_id, columns, after=after, count=count),
            is_told_of_more=True,
        )

    def by_ids(self, ids: Sequence[int]) -> list[ReadItem]:
        """Give the items of these numbers; those that are gone are left out."""
        web, list_id = self._place.web.url, self._place.id
        found: list[ReadItem] = []
        for start in range(0, len(ids), IDS_MAX):
            ask = partial(_by_ids, web, list_id, ids[start : start + IDS_MAX])
            found += self._read(self._asked(ask).rows)
        return found

    def below(self, folder: ReadItem) -> Iterator[list[ReadItem]]:
        """Give all that lies below a folder, however deep, page by page."""
        web, list_id, path = self._place.web.url, self._place.id, text(folder.row, "FileRef")
        count = self._page_items
        yield from self._paged(
            0,
            lambda columns, after: items.below(
                web, list_id, columns, path, after=after, count=count
            ),
            is_told_of_more=False,
        )

    def is_folder(self, one: ReadItem) -> bool:
        """Say whether others lie in it."""
        return kind_of(one.row, self._place) == FOLDER

    def _planned(self) -> ListColumns:
        return list_columns(
            self._fields,
            is_library=self._place.is_library,
            has_attachments=self._place.has_attachments and not self._place.is_library,
            has_tags=server_of(self._rest.facts.version).has_tags,
            ambition=self._ambition,
        )

    def _paged(
        self, after: int, question: Callable[[Columns, int], Question], *, is_told_of_more: bool
    ) -> Iterator[list[ReadItem]]:
        while True:
            told = self._asked(partial(_after, question, after))
            if told.rows:
                yield self._read(told.rows)
                after = max(map(id_of, told.rows))
            has_more = told.following > 0 if is_told_of_more else bool(told.rows)
            if not has_more:
                return
            after = max(after, told.following)

    def _asked(self, question: Callable[[Columns], Question]) -> _Told:
        """Ask for some items, all that is told of each put together.

        Where the server refuses what is asked of each (a lookup into a list that is gone, a column
        that it does not tell), less is asked: a list is better kept with less than not at all.
        """
        while True:
            try:
                return self._joined(question)
            except SiteRefused as error:
                if error.status == 404:
                    raise ItemError("The list is gone.", code="gone", why=error.why) from error
                if self._ambition is Ambition.LEAST:
                    raise
                self._ambition = Ambition(self._ambition - 1)
                self._columns = self._planned()

    def _joined(self, question: Callable[[Columns], Question]) -> _Told:
        first, *others = self._columns.questions
        told = _told(self._rest.read(question(first)))
        by_id = {id_of(row): row for row in told.rows}
        for more in others if told.rows else ():
            for row in _told(self._rest.read(question(more))).rows:
                if (known := by_id.get(id_of(row))) is not None:
                    known.update({name: value for name, value in row.items() if name not in known})
        return told

    def _read(self, rows: Sequence[Row]) -> list[ReadItem]:
        """Make items of rows, with all that must be asked for beside them."""
        ids = {one for row in rows for one in people_in(row, self._columns.columns)}
        ids |= {number(row, "CheckoutUserId") for row in rows}
        people = self._people.of(ids)
        self._terms.name(rows, self._columns)
        found = read_beside(
            self._rest,
            self._place,
            self._columns,
            rows,
            people,
            self._terms,
            self._rights,
        )
        return [
            ReadItem(
                item=item_of(row, self._place, self._columns, people, one.beside),
                row=row,
                documents=one.documents,
            )
            for row, one in zip(rows, found, strict=True)
        ]


def read_fields(rest: RestConnection, places: Sequence[ListPlace]) -> dict[str, list[Row]]:
    """Read the columns of some lists of one web, in one request where the server takes that.

    Returns:
        By the list's GUID; a list that is gone is left out.
    """
    questions = [lists.fields(list_api(one.web.url, one.id)) for one in places]
    answers = ask_each(rest, places[0].web.url, questions)
    found = {}
    for place, answer in zip(places, answers, strict=True):
        if isinstance(answer, Answer):
            found[place.id] = rows_of(answer)
        elif not isinstance(answer, SiteRefused) or answer.status != 404:
            raise answer
    return found


def _told(answer: Answer) -> _Told:
    """Read a page; what is left of it when all was hidden from us still says where to go on."""
    page = row_of(answer)
    rows = sorted(each(page, "value"), key=id_of)
    link = _FOLLOWING.search(unquote(text(page, NEXT_LINK)))
    return _Told(rows=rows, following=int(link[1]) if link else 0)


def _by_ids(web: str, list_id: str, ids: Sequence[int], columns: Columns) -> Question:
    return items.by_ids(web, list_id, columns, ids)


def _after(question: Callable[[Columns, int], Question], after: int, columns: Columns) -> Question:
    return question(columns, after)


def id_of(row: Row) -> int:
    """Give an item's number in its list."""
    return number(row, "Id") or number(row, "ID")
