"""What items have beside their rows: versions, attachments, permissions of their own, web parts.

Asked for a page of items at once, a hundred questions in one request where the server takes that,
and only for items that have such a thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from strongroom.sources.sharepoint.reading.columns import ListColumns
from strongroom.sources.sharepoint.reading.definitions import permissions_document
from strongroom.sources.sharepoint.reading.items import (
    FOLDER,
    PAGE,
    Beside,
    attached_names,
    has_older_versions,
    kind_of,
    page_of,
    unique_id_of,
    version_number,
)
from strongroom.sources.sharepoint.reading.lacking import not_told, nothing_of
from strongroom.sources.sharepoint.reading.old_versions import read_old_versions
from strongroom.sources.sharepoint.reading.people import NOBODY, Person
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.sources.sharepoint.reading.rights import Rights
from strongroom.sources.sharepoint.reading.terms import Terms
from strongroom.sources.sharepoint.reading.version_values import version_rows
from strongroom.sources.sharepoint.reading.web_parts import (
    Exported,
    Page,
    read_exports,
    web_parts_document,
)
from strongroom.wire.sharepoint import files, page_parts, permissions
from strongroom.wire.sharepoint.each import No, ask_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, number, rows_of, text, within
from strongroom.wire.sharepoint.writing.request import item_api
from strongroom.words.json import Json

VERSIONS_MAX = 5000
"""So many versions one request asks the values of: each is as large as the item."""

FILE_VERSIONS, ITEM_VERSIONS, ATTACHED, SIZES, RIGHTS, PARTS = (
    *("file versions", "item versions", "attached", "sizes", "rights", "web parts"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What the server takes, by its version.

    Attributes:
        has_item_versions: It tells the values of older versions of items (Online, from 2019 on).
        finds_by_id: It finds files by their GUID (Online, from 2016 on).
        has_tags: It tells tags of their contents (Online, from 2016 on).
    """

    has_item_versions: bool = True
    finds_by_id: bool = True
    has_tags: bool = True


_GONE = 404


@dataclass(slots=True)
class Found:
    """What was found of one item.

    Attributes:
        beside: What goes into its state.
        documents: Parts that are JSON documents, by name.
    """

    beside: Beside
    documents: dict[str, bytes] = field(default_factory=dict)


def server_of(version: str) -> Server:
    """Say what a server takes, by what it tells of its version; one that hides it takes all."""
    numbers = [int(one) for one in version.split(".") if one.isdecimal()]
    if len(numbers) < 3:
        return Server()
    is_2019 = numbers[0] > 16 or (numbers[0] == 16 and numbers[-1] >= 10_000)
    is_2016 = numbers[0] >= 16
    return Server(has_item_versions=is_2019, finds_by_id=is_2016, has_tags=is_2016)


def file_of(row: Row, place: ListPlace, server: Server) -> str:
    """Give the path of a row's file."""
    unique_id = unique_id_of(row)
    if server.finds_by_id and unique_id:
        return files.file_by_id(place.web.url, unique_id)
    return files.file_by_path(place.web.url, text(row, "FileRef"))


def read_beside(
    rest: RestConnection,
    place: ListPlace,
    columns: ListColumns,
    rows: Sequence[Row],
    people: Mapping[int, Person],
    terms: Terms,
    rights: Rights,
) -> list[Found]:
    """Ask for what some items have beside their rows.

    Args:
        rest: The connection.
        place: Their list.
        columns: Its columns.
        rows: As the list told them.
        people: By id, all that occur in them.
        terms: What terms are called.
        rights: What may be seen.

    Returns:
        In the order of the rows.
    """
    server = server_of(rest.facts.version)
    asked = [
        (at, what, question)
        for at, row in enumerate(rows)
        for what, question in _questions(row, place, columns, server, rights)
    ]
    told: list[dict[str, Answer | No]] = [{} for _ in rows]
    for some in _portions(asked, rows):
        answers = ask_each(rest, place.web.url, [question for _, _, question in some])
        for (at, what, _), answer in zip(some, answers, strict=True):
            told[at][what] = answer
    pages = [
        Page(
            file=file_of(row, place, server),
            path=text(row, "FileRef"),
            rows=_web_parts(answers.get(PARTS)),
        )
        for row, answers in zip(rows, told, strict=True)
        if PARTS in answers
    ]
    exported = read_exports(rest, place.web.url, pages)
    older: list[list[dict[str, Json]]] = []
    for row, given in zip(rows, told, strict=True):
        versions = _rows(given.get(ITEM_VERSIONS))
        terms.name(versions, columns)
        is_asked = not server.has_item_versions and place.has_versions
        if is_asked and has_older_versions(row, place) and kind_of(row, place) != FOLDER:
            older.append(read_old_versions(rest, place, columns, row, people))
        else:
            older.append(version_rows(versions, columns, people))
    return [
        _found(row, columns, people, answers, of_item, exported)
        for row, answers, of_item in zip(rows, told, older, strict=True)
    ]


def _questions(
    row: Row, place: ListPlace, columns: ListColumns, server: Server, rights: Rights
) -> Iterator[tuple[str, Question]]:
    web, item_id = place.web.url, number(row, "Id") or number(row, "ID")
    kind = kind_of(row, place)
    is_file = place.is_library and kind != FOLDER
    if has_older_versions(row, place) and kind != FOLDER:
        if is_file:
            yield FILE_VERSIONS, files.versions(file_of(row, place, server))
        if server.has_item_versions:
            yield ITEM_VERSIONS, files.item_versions(web, place.id, item_id)
    if row.get("HasUniqueRoleAssignments") is True and rights.sees_permissions:
        yield RIGHTS, permissions.assignments(item_api(web, place.id, item_id))
    if row.get("Attachments") is True:
        if not attached_names(row):
            yield ATTACHED, files.attachments(web, place.id, item_id)
        yield SIZES, files.attached_files(web, f"{place.url}/Attachments/{item_id}")
    if kind == PAGE and not page_of(row, columns).get("CanvasContent1"):
        yield PARTS, page_parts.web_parts(file_of(row, place, server))


def _portions(
    asked: Sequence[tuple[int, str, Question]], rows: Sequence[Row]
) -> Iterator[Sequence[tuple[int, str, Question]]]:
    """Cut the questions so that no answer gets larger than can be held."""
    start, weight = 0, 0
    for at, (row_at, what, _) in enumerate(asked):
        heavy = version_number(rows[row_at]) // 512 + 1 if what == ITEM_VERSIONS else 1
        if weight and weight + heavy > VERSIONS_MAX:
            yield asked[start:at]
            start, weight = at, 0
        weight += heavy
    if start < len(asked):
        yield asked[start:]


def _found(
    row: Row,
    columns: ListColumns,
    people: Mapping[int, Person],
    answers: Mapping[str, Answer | No],
    of_item: Sequence[Mapping[str, Json]],
    exported: Exported,
) -> Found:
    documents: dict[str, bytes] = {}
    of_file = [_file_version(one) for one in _rows(answers.get(FILE_VERSIONS))]
    versions = _with_current(of_file, row, people) if of_file else _labels(of_item)
    if of_file and len(of_item) == len(versions):
        # Of a file it is told what its versions are called; where that was counted, it counts.
        of_item = [
            {**one, "id": known["id"], "label": known["label"]}
            for one, known in zip(of_item, versions, strict=True)
        ]
    if of_file and len(of_item) < 2:
        # Whoever restores them has their bytes alone, and shall say so beforehand.
        versions = [one if one["current"] else {**one, "values": False} for one in versions]
    if len(of_item) > 1:
        documents["versions"] = _written({"versions": list(of_item)})
    rights: Mapping[str, Json] | None = None
    if RIGHTS in answers:
        rights = permissions_document(_told_or_gone(answers[RIGHTS]), inherits=False)
        documents["permissions"] = _written(rights)
    names = attached_names(row) or [text(one, "FileName") for one in _rows(answers.get(ATTACHED))]
    sizes = {text(one, "Name").casefold(): one for one in _rows(answers.get(SIZES))}
    if page := page_of(row, columns):
        documents["page"] = _written(page)
    parts = web_parts_document(_web_parts(answers.get(PARTS)), exported)
    if parts:
        documents["webparts"] = _written(parts)
    beside = Beside(
        versions=versions,
        attachments=[_attachment(name, sizes) for name in sorted(names) if name],
        permissions=rights,
        web_parts=parts,
    )
    return Found(beside=beside, documents=documents)


def _rows(answer: Answer | No | None) -> list[Row]:
    """Read a collection; what is gone meanwhile, or what this server lacks, has nothing.

    Raises:
        ItemError: it is not told, and something would be missing without a word.
        SiteDenied: it is not for us.
    """
    if answer is None:
        return []
    return rows_of(answer) if isinstance(answer, Answer) else nothing_of(answer)


def _web_parts(answer: Answer | No | None) -> list[Row]:
    """Read web parts; of a page that is none made of them servers say so in more than one way."""
    return [] if isinstance(answer, SiteRefused) else _rows(answer)


def _told_or_gone(answer: Answer | No) -> list[Row]:
    """Read what every server tells; only what is gone meanwhile has nothing.

    Raises:
        ItemError: it is not told, and empty would be another thing: that nobody has a right.
        SiteDenied: it is not for us.
    """
    if isinstance(answer, SiteRefused) and answer.status != _GONE:
        raise not_told(answer) from answer
    return _rows(answer)


def _attachment(name: str, sizes: Mapping[str, Row]) -> dict[str, Json]:
    """Tell of an attachment; a mark that is equal for as long as its bytes are, if there is one."""
    told = sizes.get(name.casefold())
    if told is None:
        return {"name": name}
    mark = f"{guid(told, 'UniqueId')},{text(told, 'ETag').strip(chr(34))}"
    return {"name": name, "size": number(told, "Length"), "mark": mark}


def _file_version(row: Row) -> dict[str, Json]:
    by = within(row, "CreatedBy")
    return {
        "id": number(row, "ID"),
        "label": text(row, "VersionLabel"),
        "created": text(row, "Created"),
        "by": _who(by),
        "size": number(row, "Size") or number(row, "Length"),
        "comment": text(row, "CheckInComment"),
        "current": False,
    }


def _with_current(
    older: list[dict[str, Json]], row: Row, people: Mapping[int, Person]
) -> list[dict[str, Json]]:
    """Put the current version behind the older ones; the server tells it with the file itself."""
    file = within(row, "File")
    now = version_number(row)
    current: dict[str, Json] = {
        "id": now,
        "label": text(row, "OData__UIVersionString"),
        "created": text(row, "Modified"),
        "by": people.get(number(row, "EditorId"), NOBODY).to_json(),
        "size": number(file, "Length"),
        "comment": text(file, "CheckInComment"),
        "current": True,
    }
    before = [one for one in older if one["id"] != now]
    before.sort(key=lambda one: int(str(one["id"])))
    return [*before, current]


def _labels(versions: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """Tell of the versions of an item what is told of those of a file."""
    if len(versions) < 2:
        return []
    return [{key: value for key, value in one.items() if key != "fields"} for one in versions]


def _who(row: Row) -> Json:
    return Person(
        login=text(row, "LoginName"), title=text(row, "Title"), email=text(row, "Email")
    ).to_json()


def _written(document: Mapping[str, Json]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
