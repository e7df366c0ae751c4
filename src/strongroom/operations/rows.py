"""The lines of ``items.jsonl`` and ``state.jsonl`` and the small JSON files, to and from bytes.

They are part of the repository's format: fields may be added, never renamed. Encoded by msgspec
(about a microsecond a line), since this happens for every item.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from strongroom.errors import IntegrityError
from strongroom.words.item import Folder, Item

T = TypeVar("T")


class Row(msgspec.Struct, omit_defaults=True):
    """One line of ``items.jsonl``: what never changes while the item's content stays the same.

    Attributes:
        id: The server's id.
        file: Its files' name without suffix.
        kind: Its class.
        name: Subject or file name, the real one.
        when: Received, else made.
        parts: Per part: name, suffix, size in bytes.
        way: How the content was read.
        size: The server's idea of its size.
        hidden: Associated item.
        facts: What the source wants kept.
        notes: What a person should know.
        at: Where the part ``file`` lies below the folder's place, in safe names; empty: beside the
            row, as all other parts.
    """

    id: str
    file: str
    kind: str
    name: str
    when: datetime
    parts: list[tuple[str, str, int]]
    way: str
    size: int = 0
    hidden: bool = False
    facts: dict[str, Any] = {}
    notes: list[str] = []
    at: list[str] = []


class State(msgspec.Struct, omit_defaults=True):
    """One line of ``state.jsonl``: what changes without the content."""

    id: str
    change_key: str
    state: dict[str, Any] = {}


class Short(msgspec.Struct, omit_defaults=True):
    """An item that could not be kept, with all that is needed to ask for it again.

    Attributes:
        row: What is known of it (no file, no parts).
        state: Its change key and state.
        code: The server's code or ours.
        why: For a person.
        is_stale: An older version of it is kept.
    """

    row: Row
    state: State
    code: str
    why: str
    is_stale: bool = False


class CursorFile(msgspec.Struct, omit_defaults=True):
    """``cursor.json`` of one folder: where its history was left, and what is still owed.

    Attributes:
        cursor: The source's opaque cursor; None: list all.
        mark: The folder's mark (``Standing.mark``) from before its last sync.
        is_settled: Whether that mark could be trusted (``Standing.is_settled``).
        synced_at: When it was last asked for changes.
        kept: How many items are kept.
        bytes: How large their content is.
        doubt: By how much the sums did not meet when the folder was last listed anew for it.
        failed: Asked for again in the next run.
        skipped: Asked for again when the folder is next synced for being a week old.
        displaced: Ids of items whose file does not lie where it should (see ``real_files``).
    """

    cursor: str | None = None
    mark: str = ""
    is_settled: bool = False
    synced_at: datetime | None = None
    kept: int = 0
    bytes: int = 0
    doubt: int = 0
    failed: list[Short] = []
    skipped: list[Short] = []
    displaced: list[str] = []


class FolderFile(msgspec.Struct, omit_defaults=True):
    """``folder.json``, and one entry of ``hierarchy-cursor.json``."""

    id: str
    path: list[str]
    place: list[str]
    kind: str = ""
    role: str | None = None
    is_listed_only: bool = False
    facts: dict[str, Any] = {}


class HierarchyFile(msgspec.Struct):
    """``hierarchy-cursor.json``: all folders, parents before children."""

    cursor: str
    folders: list[FolderFile]


class _Id(msgspec.Struct):
    id: str


class _Name(msgspec.Struct):
    id: str
    file: str


_encoder = msgspec.json.Encoder()
_row_decoder = msgspec.json.Decoder(Row)
_state_decoder = msgspec.json.Decoder(State)
_id_decoder = msgspec.json.Decoder(_Id)
_name_decoder = msgspec.json.Decoder(_Name)


def encode(value: object) -> bytes:
    """Write one value as JSON, without a line end."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        # Half a surrogate pair in a subject: no JSON can hold it. The rest of the text is kept.
        return _encoder.encode(_scrubbed(msgspec.to_builtins(value)))


def decode(text: bytes, kind: type[T], what: str) -> T:
    """Read a whole JSON file.

    Raises:
        IntegrityError: it is not what we write there; ``what`` names it.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise IntegrityError(
            f"{what} in the storage cannot be understood.",
            why=str(error),
            hint="Check the storage with `strongroom storage check --read-data`.",
        ) from error


def line_id(line: bytes) -> str:
    """Read the id out of a state (or a row) without reading the rest."""
    return _id_decoder.decode(line).id


def line_name(line: bytes) -> tuple[str, str]:
    """Read the id and the files' name out of a row without reading the rest."""
    name = _name_decoder.decode(line)
    return name.id, name.file


def read_row(line: bytes) -> Row:
    """Read one line of ``items.jsonl``."""
    return _row_decoder.decode(line)


def read_state(line: bytes) -> State:
    """Read one line of ``state.jsonl``."""
    return _state_decoder.decode(line)


def row_of(
    item: Item,
    *,
    stem: str = "",
    way: str = "",
    parts: list[tuple[str, str, int]] | None = None,
    notes: tuple[str, ...] = (),
) -> Row:
    """Make an item's row."""
    return Row(
        id=item.id,
        file=stem,
        kind=item.kind,
        name=item.name,
        when=item.when,
        parts=parts or [],
        way=way,
        size=item.size,
        hidden=item.is_associated,
        facts=_plain(item.facts),
        notes=list(notes),
    )


def state_of(item: Item) -> State:
    """Make an item's state."""
    return State(id=item.id, change_key=item.change_key, state=_plain(item.state))


def item_of(row: Row, state: State) -> Item:
    """Make the item that a row and a state were made of."""
    return Item(
        id=row.id,
        change_key=state.change_key,
        kind=row.kind,
        name=row.name,
        when=row.when,
        size=row.size,
        is_associated=row.hidden,
        facts=row.facts,
        state=state.state,
    )


def folder_file(folder: Folder, place: tuple[str, ...]) -> FolderFile:
    """Make a folder's file."""
    return FolderFile(
        id=folder.id,
        path=list(folder.path),
        place=list(place),
        kind=folder.kind,
        role=folder.role,
        is_listed_only=folder.is_listed_only,
        facts=_plain(folder.facts),
    )


def folder_of(file: FolderFile) -> Folder:
    """Make the folder that a folder's file was made of."""
    return Folder(
        id=file.id,
        path=tuple(file.path),
        kind=file.kind,
        role=file.role,
        is_listed_only=file.is_listed_only,
        facts=file.facts,
    )


def _plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return mapping if type(mapping) is dict else dict(mapping)


def _scrubbed(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_scrubbed(key): _scrubbed(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(one) for one in value]
    return value
