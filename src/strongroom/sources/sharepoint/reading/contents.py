"""The content of items: bytes of files and of their older versions, attachments, documents.

Small files are read whole before they are handed on, so that no request's slot waits for whoever
keeps them; large ones, and all beyond what should be held at once, are read while they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from strongroom.content.names import safe_name
from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading.beside import Server
from strongroom.sources.sharepoint.reading.items import FILE, PAGE
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.wire.sharepoint import files
from strongroom.wire.sharepoint.download import SMALL_BYTES_MAX, Download, read_small
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.words.item import SAME, Content, Item, Part, Same
from strongroom.words.json import Json

T = TypeVar("T")

WAY = "rest"
HELD_BYTES_MAX = 16 * 1024 * 1024
DOCUMENTS = ("versions", "permissions", "page", "webparts")
"""Parts that are JSON documents, in their order; each suffix says which."""
_BEFORE_ATTACHMENTS = ("versions",)


class PartGone(ItemError):
    """A file is not there any more although its item was told a moment ago."""

    def __init__(self, why: str) -> None:
        super().__init__("The file is gone.", code="gone", why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the content of one list's items is asked for.

    Attributes:
        rest: The connection.
        place: The list.
        server: What the server takes.
    """

    rest: RestConnection
    place: ListPlace
    server: Server


def content_of(item: Item, documents: Mapping[str, bytes], source: Place) -> Content:
    """Read the content of an item.

    Args:
        item: With what is kept of it.
        documents: Its parts that are JSON documents, by name.
        source: Where to ask.

    Raises:
        PartGone: its file is gone.
        StrongroomError: it cannot be read now.
    """
    return _Reading(item, documents, source).content()


def needs_documents(item: Item) -> bool:
    """Say whether an item has parts that were found beside its row."""
    state = item.state
    return bool(
        state.get("versions") or state.get("permissions") or state.get("page") or item.kind == PAGE
    )


class _Reading:
    """One item's content while it is read."""

    def __init__(self, item: Item, documents: Mapping[str, bytes], source: Place) -> None:
        self._item = item
        self._documents = documents
        self._source = source
        self._kept = frozenset(item.kept.parts) if item.kept else frozenset()
        self._kept_state: Mapping[str, Json] = item.kept.state if item.kept else {}
        self._held = 0

    def content(self) -> Content:
        parts = [*self._files(), *self._told(_BEFORE_ATTACHMENTS), *self._attachments()]
        parts += self._told([one for one in DOCUMENTS if one not in _BEFORE_ATTACHMENTS])
        return Content(item_id=self._item.id, way=WAY, parts=tuple(parts))

    def _told(self, names: Sequence[str]) -> Iterator[Part]:
        for name in names:
            if (document := self._documents.get(name)) is not None:
                yield Part(name=name, suffix=f".{name}.json", content=document)

    def _files(self) -> Iterator[Part]:
        if self._item.kind not in {FILE, PAGE}:
            return
        same = self._same("file", "content")
        target = files.content(self._file())
        yield Part(name="file", suffix="", content=same or self._read(target, self._item.size))
        ending = safe_name(PurePosixPath(self._item.name).suffix.removeprefix("."))
        for version in _older(self._item.state):
            id_, label = version.get("id"), version.get("label")
            if not isinstance(id_, int):
                continue
            name, suffix = f"version-{id_}", f".v{safe_name(str(label))}.{ending}"
            yield Part(name=name, suffix=suffix, content=self._version(name, version, id_))

    def _version(self, name: str, version: Mapping[str, Json], id_: int) -> bytes | Same | _Pieces:
        """Give an older version: it never changes, so one that is kept is the same."""
        if name in self._kept and _is_among(version, self._kept_state):
            return SAME
        size = version.get("size")
        return self._read(self._version_target(id_), size if isinstance(size, int) else 0)

    def _version_target(self, id_: int) -> str:
        if self._source.server.finds_by_id:
            return files.version_content(self._file(), id_)
        return files.old_version_content(self._source.place.web.url, self._path(), id_)

    def _attachments(self) -> Iterator[Part]:
        kept = list(_entries(self._kept_state, "attachments"))
        for at, one in enumerate(_entries(self._item.state, "attachments")):
            name, part = str(one.get("name", "")), f"attachment-{at + 1:02}"
            is_same = part in self._kept and one.get("mark") and kept[at : at + 1] == [one]
            content = SAME if is_same else self._attachment(name, one.get("size"))
            yield Part(name=part, suffix=f" {safe_name(name)}", content=content)

    def _attachment(self, name: str, size: Json) -> bytes | _Pieces:
        place, number = self._source.place, int(self._item.id.rpartition("/")[2])
        target = files.attachment_content(place.web.url, place.id, number, name)
        return self._read(target, size if isinstance(size, int) else -1)

    def _same(self, name: str, key: str) -> Same | None:
        """Say whether a part that is kept is provably the same: its mark is."""
        now, before = self._item.state.get(key), self._kept_state.get(key)
        return SAME if name in self._kept and now and now == before else None

    def _read(self, target: str, size: int) -> bytes | _Pieces:
        """Read a file now if it is small; else give it as pieces that are read when it is kept.

        Args:
            target: Where its bytes are.
            size: What the server says; -1: it does not say.
        """
        if size < 0 or size > SMALL_BYTES_MAX or self._held + size > HELD_BYTES_MAX:
            return _Pieces(self._source.rest, target, is_large=size > SMALL_BYTES_MAX)
        self._held += size
        return _asked(lambda: read_small(self._source.rest, target))

    def _file(self) -> str:
        place, unique_id = self._source.place, str(self._item.facts.get("unique_id", ""))
        if self._source.server.finds_by_id and unique_id:
            return files.file_by_id(place.web.url, unique_id)
        return files.file_by_path(place.web.url, self._path())

    def _path(self) -> str:
        path = self._item.state.get("path")
        names = path if isinstance(path, Sequence) and not isinstance(path, str) else ()
        return "/".join([self._source.place.url.rstrip("/"), *map(str, names)])


class _Pieces:
    """A file that is read while it is kept. Each reading begins anew."""

    def __init__(self, rest: RestConnection, target: str, *, is_large: bool) -> None:
        self._rest = rest
        self._target = target
        self._is_large = is_large

    def __iter__(self) -> Iterator[bytes]:
        pieces = Download(self._rest, self._target, in_ranges=self._is_large).pieces()
        while True:
            piece = _asked(lambda: next(pieces, None))
            if piece is None:
                return
            yield piece


def _asked(call: Callable[[], T]) -> T:
    """Ask for bytes; a file's own no is about its item alone."""
    try:
        return call()
    except SiteRefused as error:
        if error.status == 404:
            raise PartGone(error.why) from error
        raise ItemError(error.what, code=f"http-{error.status}", why=error.why) from error
    except SiteDenied as error:
        if error.status == 401:
            raise
        raise ItemError(error.what, code="denied", why=error.why, hint=error.hint) from error


def _older(state: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for one in _entries(state, "versions"):
        if one.get("current") is not True:
            yield one


def _is_among(version: Mapping[str, Json], kept: Mapping[str, Json]) -> bool:
    wanted = [version.get(key) for key in ("id", "created", "size")]
    return any(
        [one.get(key) for key in ("id", "created", "size")] == wanted
        for one in _entries(kept, "versions")
    )


def _entries(state: Mapping[str, Json], key: str) -> Iterator[Mapping[str, Json]]:
    value = state.get(key)
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (one for one in value if isinstance(one, Mapping))
