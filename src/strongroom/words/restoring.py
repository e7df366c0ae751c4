"""What goes back to a server, in what order, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from strongroom.words.item import Content, Folder, Item
from strongroom.words.json import Json


class ConflictPolicy(StrEnum):
    """What to do with an item that the target already has."""

    COPY = "copy"
    SKIP = "skip"
    REPLACE = "replace"


def _no_rows(folder_id: str) -> Iterable[Item]:  # noqa: ARG001 - the same for all
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a person wants back.

    Attributes:
        folders: Every folder concerned, parents before children.
        counts: Items chosen per folder id.
        ways: How their content was read (``export``, ``mime``), with the number of items of each.
        settings: The resource's settings as saved (rules, out-of-office, …), empty if they are not
            asked for.
        rows: Gives the chosen items of a folder as their rows tell them, by the folder's id; reads
            them from the storage each time. For losses that lie in the items themselves.
        conflict: What is done with what the target has already. Items are looked at by the restore
            itself; what describes a place (a list's settings) there is only once.
        people: Who somebody is in the target, by the saved login or address: for those who left,
            or are called otherwise there.
        around: All folders of the restore point, parents before children: what is chosen may refer
            to what is not.
        known: Gives all items of a folder among those around, chosen or not, as ``rows`` does.
        whole: Ids of the folders of which everything is chosen.
        into: The folder in the target that everything goes below, by names; empty: the root.
        address: How the saved resource was called: an address of a site or a mailbox.
        version: Of every item, which version is wanted, by its label; empty: as it was last.
        fields: Of every item, which columns alone are wanted, and go into the items that are there.
    """

    folders: tuple[Folder, ...]
    counts: Mapping[str, int]
    ways: Mapping[str, int]
    settings: Mapping[str, Json] = field(default_factory=dict)
    rows: Callable[[str], Iterable[Item]] = _no_rows
    conflict: ConflictPolicy = ConflictPolicy.COPY
    people: Mapping[str, str] = field(default_factory=dict)
    around: tuple[Folder, ...] = ()
    known: Callable[[str], Iterable[Item]] = _no_rows
    whole: frozenset[str] = frozenset()
    into: tuple[str, ...] = ()
    address: str = ""
    version: str = ""
    fields: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        """Whether less than whole items is wanted."""
        return bool(self.version or self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Something that the target cannot take, told before anything is written."""

    what: str
    why: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stage of a restore: all its folders are made, or filled, before the next begins.

    Attributes:
        name: For the progress display.
        does: ``create`` (make the folders) or ``fill`` (write their items).
        folder_ids: In the order to work in.
        takes: Says of an item, as its row tells it, whether this phase writes it; None: all that
            is not written yet. A folder may be filled in several phases (folders before files,
            columns before views); what no phase takes is missing in the ledger.
    """

    name: str
    does: str
    folder_ids: tuple[str, ...]
    takes: Callable[[Item], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a target will take a selection.

    Attributes:
        phases: In order. A site needs columns before lists before lookups before items.
        losses: What will not come back, and why.
        warnings: What a person should know before it starts (overdue reminders, retention).
        aside: Folders, by id, into which nothing is written, with the reason: what is in them the
            server makes itself. They count neither as wanted nor as missing.
    """

    phases: tuple[Phase, ...]
    losses: tuple[Loss, ...] = ()
    warnings: tuple[str, ...] = ()
    aside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One item on its way back: its row as saved, its content, and what it replaces if anything."""

    item: Item
    content: Content
    replaces: Item | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """An item in the target that a restored one takes the place of."""

    id: str
    is_associated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of writing one item.

    Attributes:
        item_id: The saved item's id.
        new_id: Its id in the target; None if it was not written.
        code: Empty when well, else the server's code or ours.
        why: For a person.
        is_permanent: Trying again will not help.
    """

    item_id: str
    new_id: str | None
    code: str = ""
    why: str = ""
    is_permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How an item read back from the target differs from what was saved; no differences: equal."""

    item_id: str
    differences: tuple[str, ...] = ()


RELAXED = "relaxed"
"""The key of the note that says what a target has relaxed for the time of a restore: the place of
each thing by its id, in words. Noted *before* it is relaxed, and taken out when it is back."""


class Notes(Protocol):
    """What a target must not forget while a restore is under way, through crashes too.

    Kept in the restore's journal. Safe in many threads. Meant for what there are hundreds or
    thousands of (principals, lists, settings), not for items: those it keeps by itself.
    """

    def get(self, key: str) -> Json:
        """Give what was put under a key last; None: nothing was."""

    def put(self, key: str, value: Json) -> None:
        """Note something, in place of what was there; when this returns it survives a power cut.

        None takes back what was noted, and frees its memory.

        Raises:
            Interrupted: somebody else goes on with this restore; nothing was noted.
            TransientError: it is not known whether it was noted.
        """

    def new_id(self, saved_id: str) -> str | None:
        """Say what a saved item is in the target: its id there, None if it is not known (yet).

        Known is what was written, and what the conflict policy left alone, in this attempt and in
        those before it. Of the batches in hand nothing is known before they are told.
        """
