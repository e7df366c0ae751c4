"""The one model of folders, items, parts and changes that all servers are read and written by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from strongroom.words.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A place that holds items: a mail folder, a list, a library.

    Attributes:
        id: The server's id of it.
        path: Real names from the resource's root down; the root itself has the empty path.
        kind: Its class in the server's own words (``IPF.Note``), or an empty string.
        role: The server's fixed name if it is one of the known folders (``inbox``), else None.
        is_listed_only: It has no content of its own (a search folder): named in the ledger, never
            copied.
        facts: What else is kept of it in ``folder.json``: permissions, hidden or not, …
    """

    id: str
    path: tuple[str, ...]
    kind: str = ""
    role: str | None = None
    is_listed_only: bool = False
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An item as it is kept already, in the snapshot that a backup goes on from or in this run.

    Attributes:
        change_key: The server's version that is kept.
        state: As kept.
        parts: The names of the parts that are kept, in their order.
        size: The server's idea of its size, as kept; 0: it did not say.
        is_by_search_key: It is kept under another id, and known again by its search key: a mailbox
            that moved, or is read another way by now.
    """

    change_key: str
    state: Mapping[str, Json] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    size: int = 0
    is_by_search_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in a folder, as the list of changes tells it, without its content.

    Attributes:
        id: The server's id now (it may change when the item moves).
        change_key: The server's version of it.
        kind: Its class in the server's own words (``IPM.Note``).
        name: What a person calls it: the subject, the file name. Untrusted text.
        when: Received, else created: aware, UTC. Decides the month and day it is filed under, so it
            never changes.
        size: The server's idea of its size, in bytes; 0 if it does not say.
        is_associated: Hidden (folder-associated) item.
        facts: What never changes, for ``items.jsonl``: search key, message id, from, to …
        state: What changes without the content, for ``state.jsonl``: read or not, flag, categories.
        kept: As it is kept already. Only in what goes to ``Source.fetch``: a part that is the same
            need not be read again (see ``SAME``).
    """

    id: str
    change_key: str
    kind: str
    name: str
    when: datetime
    size: int = 0
    is_associated: bool = False
    facts: Mapping[str, Json] = field(default_factory=dict)
    state: Mapping[str, Json] = field(default_factory=dict)
    kept: Kept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The item is new, or something in it changed: its content must be fetched."""

    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """Only these entries of the item's state changed; its content is the same."""

    item_id: str
    change_key: str
    state: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The item is not in this folder any more (deleted, or moved away)."""

    item_id: str


Change = Changed | StateChanged | Removed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """Some changes, and the cursor that stands behind them.

    Attributes:
        changes: In the server's order.
        cursor: Opaque; asked again with it, the server tells what comes after this page.
        is_last: Nothing more is waiting now.
    """

    changes: tuple[Change, ...]
    cursor: str
    is_last: bool


def left_by(pages: Iterable[ChangePage]) -> list[Item]:
    """Give the items that came and are there still after all these pages."""
    found: dict[str, Item] = {}
    for page in pages:
        for change in page.changes:
            if isinstance(change, Changed):
                found[change.item.id] = change.item
            elif isinstance(change, Removed):
                found.pop(change.item_id, None)
    return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a folder stands, read cheaply, to decide whether to ask for its changes at all.

    Attributes:
        count: How many items the server says it holds, associated ones included; None if it does
            not say.
        mark: Opaque; equal marks mean that nothing in the folder changed. Empty: the server gives
            none.
        is_settled: The last change lies far enough back that a change in the same tick cannot be
            missed.
        problem: Why the server does not say how it stands, although the folder may well be there;
            empty when it says.
    """

    count: int | None
    mark: str = ""
    is_settled: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """All folders of a resource now, parents before children, and the cursor behind them."""

    folders: tuple[Folder, ...]
    cursor: str


class Same:
    """The content of a part that is the same as the kept part of that name: see ``SAME``."""

    def __iter__(self) -> Iterator[bytes]:
        """Refuse: whoever reads it has overlooked that it is kept already."""
        raise TypeError("the content of a part that is kept already is not at hand")

    def __repr__(self) -> str:
        return "SAME"


SAME: Final = Same()
"""Given by a source for a part that is provably the same as the kept one; only for a part that
``Item.kept`` names. It takes the place of the content, which is not read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One named piece of an item's content.

    Attributes:
        name: ``fts``, ``mime``, ``properties``, ``attachment-01`` …
        suffix: What its file name ends with, dot included.
        content: The bytes; or, for large ones, pieces that can be read once, while the answer is
            still coming in.
            Reading pieces may raise ``TransientError``; then nothing of the item counts as kept.
            In a backup also ``SAME``.
    """

    name: str
    suffix: str
    content: bytes | Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An item's content as the server gave it.

    Attributes:
        item_id: Whose it is.
        way: How it was read (``export``, ``mime``); told in the ledger.
        parts: In a fixed order for the way.
        notes: What a person should know of it (``encrypted: kept as it is``).
    """

    item_id: str
    way: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An item whose content could not be had.

    Attributes:
        item_id: Which.
        fate: ``gone`` (deleted while we read: not on the server, so not missing), ``skipped``
            (permanent, known,
            documented) or ``failed`` (tried again in the next run).
        code: The server's code or ours, stable.
        why: For a person.
    """

    item_id: str
    fate: str
    code: str
    why: str

    def __post_init__(self) -> None:
        if self.fate not in {"gone", "skipped", "failed"}:
            raise ValueError(f"no such fate: {self.fate}")
