"""Where things lie in a snapshot of a site: its documents as plain files, in their real folders.

=======================================================  ========================================
path                                                     what
=======================================================  ========================================
``/folders/<place>/<folder>/<name>``                     a document as it is now (part ``file``)
``/folders/<place>/.items/<20,000 ids>/<200 ids>/``      rows and states of a list's items, and
                                                         all their other parts: ``<ID> name
                                                         [key].v1.0.docx``, ``.json`` …
``/folders/<place>/_list/.items/<class>/all/``           what describes the list: columns, views …
``/folders/<place>/_web/.items/<class>/all/``            what describes the web
=======================================================  ========================================

A list item's id is ``<list>/<ID>``, where the ID is a number that the list never gives twice; that
of a thing which describes the list or web is ``<list or web>/<class>/<its id>``. So the id alone
says in which shard an item's row lies, and whoever knows only the id need not search.

A document lies under its real names. Where one of them is not safe on every file system it is made
so and marked with `` [key]``; so are names that we use ourselves. Which of two documents gets a
name that both want is decided in ``real_files``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from strongroom.content.names import item_file_stem, safe_name
from strongroom.operations.layout import (
    README_HEAD,
    RESERVED,
    Place,
    RealPath,
    Shard,
    folder_places,
    item_key,
)
from strongroom.words.item import Folder, Item
from strongroom.words.resource import Resource

STRUCTURE = "structure"
"""Kind of the folders whose items describe a web or a list."""

_LISTS = frozenset({"list", "library"})
_OUR_FOLDERS = frozenset({"_list", "_web"})
_WIDE, _NARROW = 20_000, 200
_DEPTH_MAX = 64
_NAME_BYTES_MAX = 240
_CUT_BYTES_MAX = 150
_ENDING_MAX = 12


class SiteLayout:
    """Items by their ids, documents in their real folders."""

    has_real_files = True

    def __init__(self, about: str) -> None:
        self._about = about

    @property
    def about(self) -> str:
        """See ``Layout``."""
        return self._about

    def places(self, folders: Sequence[Folder]) -> dict[str, Place]:
        """See ``Layout``.

        Nothing else than what describes it lies below a list, or real folders could mix with ours.
        """
        lists = {folder.path for folder in folders if folder.kind in _LISTS}
        return folder_places(folders, lambda one: one.kind != STRUCTURE and one.path[:-1] in lists)

    def shard(self, item: Item) -> Shard:
        """See ``Layout``."""
        return self.shard_of(item.id)

    def shard_of(self, item_id: str) -> Shard:
        """See ``Layout``."""
        number = _number(item_id)
        if number is not None:
            return _range(number, _WIDE), _range(number, _NARROW)
        names = item_id.split("/", 2)
        if len(names) == 3:
            return safe_name(names[1], bytes_max=60), "all"
        return "other", item_key(item_id)[:1]

    def stem(self, item: Item) -> str:
        """See ``Layout``."""
        stem = item_file_stem(item.when, item.name, item.id)
        number = _number(item.id)
        # In place of the time of day, which says nothing here.
        return stem if number is None else f"{number:06}{stem[6:]}"

    def real_path(self, item: Item) -> RealPath:
        """See ``Layout``."""
        names = item.state.get("path")
        if not isinstance(names, Sequence) or isinstance(names, str):
            return ()
        real = [name for name in names if isinstance(name, str) and name]
        if len(real) != len(names) or not 0 < len(real) <= _DEPTH_MAX:
            return ()
        folders = (
            _safe(name, "/".join(real[: depth + 1]), depth) for depth, name in enumerate(real[:-1])
        )
        return (*folders, _safe(real[-1], item.id, len(real) - 1))

    def file_time(self, item: Item) -> datetime:
        """See ``Layout``: when it was changed last, as on the server."""
        fields = item.state.get("fields")
        modified = fields.get("Modified") if isinstance(fields, Mapping) else None
        try:
            when = datetime.fromisoformat(modified) if isinstance(modified, str) else item.when
        except ValueError:
            return item.when
        return when if when.tzinfo is not None else item.when

    def readme(self, resource: Resource) -> str:
        """See ``Layout``."""
        return README_HEAD.format(kind=resource.kind, address=safe_name(resource.address)) + _README


def with_key(name: str, key: str) -> str:
    """Mark a name, before its ending: ``Plan [k7x3q9ab].docx``; safe, whatever the name is."""
    stem, _, ending = name.rpartition(".")
    is_ending = stem.strip(". ") and len(ending) <= _ENDING_MAX and ending.isascii()
    if is_ending and ending.isalnum():
        return f"{safe_name(stem, bytes_max=_CUT_BYTES_MAX)} [{key}].{ending}"
    return f"{safe_name(name, bytes_max=_CUT_BYTES_MAX)} [{key}]"


def _safe(name: str, whose: str, depth: int) -> str:
    """Give a name as it is if every file system takes it and we do not use it, else marked."""
    folded = name.casefold()
    is_ours = folded in RESERVED or (depth == 0 and folded in _OUR_FOLDERS)
    if not is_ours and safe_name(name, bytes_max=_NAME_BYTES_MAX) == name:
        return name
    return with_key(name, item_key(whose))


def _number(item_id: str) -> int | None:
    """Read the ID out of a list item's id; None: it is not one."""
    _, slash, last = item_id.partition("/")
    return int(last) if slash and len(last) <= 10 and last.isascii() and last.isdigit() else None


def _range(number: int, width: int) -> str:
    first = number - number % width
    return f"{first:08}-{first + width - 1:08}"


_README = """\
Below folders/ stand the site's webs, lists and libraries under the names in their addresses, and
below a library its documents as they were, in their real folders. Names that a file system would
not take are made safe and marked with eight characters in brackets; folder.json and the rows have
the real ones.

Everything else lies in .items, a few hundred ids together. items.jsonl and state.jsonl say, one
line per item, what it is and all its fields; files beside them are older versions (.v1.0.docx),
attachments, permissions, page contents (.json). What describes a list or a web (columns, views,
content types, groups, navigation) lies below _list and _web, one .json for each. coverage.json is
the ledger of the run that made the snapshot: per list, what the server had and what was kept,
skipped or failed.
"""
