"""Making a damaged repository one that can be worked with again: what is sound stays, nothing else.

    locks that nobody can read → set aside
    snapshots, key files that are not what was stored → set aside; of a snapshot that this machine
         has a sound copy of, that is stored anew
    packs: sound ones stay as they are; of the others every blob that opens is stored anew
         → a new index of it all → the old index goes → the damaged packs are set aside

Set aside is ``strongroom/set-aside/`` in the repository, which restic and all else leave alone: a
file that is damaged today may be what a clever person wants tomorrow. Killed anywhere, it can be
called again, and no blob that was sound is gone at any moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from strongroom.errors import IntegrityError
from strongroom.store import index, keys, locks, snapshot
from strongroom.store.backend import BlobBackend, NameTaken, NotStored
from strongroom.store.blob_reader import open_blob
from strongroom.store.check import Watch
from strongroom.store.crypto import Tools
from strongroom.store.documents import Documents
from strongroom.store.index import Contents
from strongroom.store.limits import TooLong, bytes_max
from strongroom.store.pack import (
    BlobId,
    Entry,
    Kind,
    PackBuilder,
    list_packs,
    open_header,
    pack_name,
    read_header,
)

SET_ASIDE = "strongroom/set-aside/"
_BEGINNING_BYTES = 32 << 20
"""More than a pack has. Of a file that is far too long so much is set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What a repair did.

    Attributes:
        done: What was changed, each in a sentence.
        lost: What is gone for good, each in a sentence.
        was_sound: Nothing was wrong, and so nothing was touched.
    """

    done: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    was_sound: bool = False


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a repair works on.

    Attributes:
        backend: The repository.
        documents: Of it.
        tools: Of its key.
        may_write: Called before anything is changed; raises unless the lock is held and fresh.
        copy_at_hand: Gives a sealed file by its id, if this machine has a sound copy of it.
    """

    backend: BlobBackend
    documents: Documents
    tools: Tools
    may_write: Callable[[], None] = lambda: None
    copy_at_hand: Callable[[str], bytes | None] = lambda _: None


def set_aside_locks(place: Workplace) -> list[str]:
    """Take locks out of the way that nobody can read; to be called before the lock is taken.

    If a holder lives, it finds its lock gone before it finishes anything, and stops.
    """
    found = _unsound(place, locks.FOLDER)
    for lock_id in found:
        _set_aside(place, f"{locks.FOLDER}/{lock_id}")
    return [f"The lock {lock_id} could not be read and was set aside." for lock_id in found]


def repair(place: Workplace, *, read_data: bool, watch: Watch | None = None) -> Repaired:
    """Repair everything below what opens the repository; the exclusive lock is held.

    Args:
        place: What to work on.
        read_data: Read every pack byte for byte; else only their headers.
        watch: Who is told how far it is.
    """
    done: list[str] = []
    lost: list[str] = []
    for snapshot_id in _unsound(place, snapshot.FOLDER):
        _set_aside(place, f"{snapshot.FOLDER}/{snapshot_id}")
        copy = place.copy_at_hand(snapshot_id)
        if copy is None:
            lost.append(f"The snapshot {snapshot_id} is damaged; it was set aside.")
        else:
            place.backend.save(f"{snapshot.FOLDER}/{snapshot_id}", copy)
            done.append(
                f"The snapshot {snapshot_id} was damaged; it was stored anew from the copy at hand."
            )
    for key_id in _unsound_keys(place):
        _set_aside(place, f"{keys.FOLDER}/{key_id}")
        done.append(f"The key file {key_id} is not what was stored; it was set aside.")
    packs = rebuild_index(place, read_data=read_data, watch=watch)
    return Repaired(done=(*done, *packs.done), lost=(*lost, *packs.lost))


def rebuild_index(
    place: Workplace, *, read_data: bool = False, watch: Watch | None = None
) -> Repaired:
    """Replace all index files by new ones; the old go only when the new are durable.

    Returns:
        Which packs were damaged, and what is lost with them.
    """
    work = _Packs(place, read_data=read_data)
    old, named = _read_old_index(place)
    stored = sorted(list_packs(place.backend).items())
    if watch:
        watch.expect(len(stored), sum(size for _, size in stored))
    for pack, size in stored:
        work.look_at(pack, size, named.get(pack, ()))
        if watch:
            watch.advance(1, size)
    missing = {pack: entries for pack, entries in named.items() if pack not in dict(stored)}
    work.rescue()
    saved = index.save_index(place.documents, work.sound)
    for file_id in set(old) - set(saved):
        place.may_write()
        place.documents.delete(index.FOLDER, file_id)
    work.set_damaged_aside()
    lost = [*work.lost, *_gone(missing, work.known)]
    return Repaired(done=tuple(work.done), lost=tuple(lost))


@dataclass(slots=True)
class _Packs:
    """The packs of a repository, sorted into sound and damaged ones."""

    place: Workplace
    read_data: bool
    sound: list[Contents] = field(default_factory=list)
    damaged: list[tuple[bytes, tuple[Entry, ...]]] = field(default_factory=list)
    known: set[tuple[Kind, BlobId]] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def look_at(self, pack: bytes, size: int, named: Iterable[Entry]) -> None:
        """Sort a pack in.

        Args:
            pack: Its id.
            size: How long its file is.
            named: What the old index says that it holds.
        """
        entries = tuple(named)
        try:
            entries = tuple(read_header(self.place.backend, pack, size, self.place.tools.sealer))
            if len({entry.kind for entry in entries}) > 1:
                raise IntegrityError(  # noqa: TRY301 - all that is wrong is told below
                    f"The pack {pack_name(pack)} holds data and trees."
                )
            if self.read_data:
                self.read(pack, entries)
        except NotStored:
            return
        except IntegrityError as error:
            self.damaged.append((pack, entries))
            self.done.append(f"{error} It was set aside.")
            return
        self.sound.append(Contents(pack, entries))
        self.known.update((entry.kind, entry.id) for entry in entries)

    def read(self, pack: bytes, entries: Iterable[Entry]) -> None:
        """Read a pack; raise ``IntegrityError`` for the first thing that is wrong in it."""
        name = pack_name(pack)
        content = memoryview(self.place.backend.load(name))
        if hashlib.sha256(content).digest() != pack:
            raise IntegrityError(f"The pack {name} is damaged: its content is not what was stored.")
        if open_header(content, name, self.place.tools.sealer) != list(entries):
            raise IntegrityError(f"The pack {name} is not the same when it is read again.")
        for entry in entries:
            box = content[entry.offset : entry.offset + entry.length]
            open_blob(self.place.tools, entry.id, box, entry.raw_length, f"the pack {name}")

    def rescue(self) -> None:
        """Store every blob anew that still opens in a damaged pack and is in no sound one."""
        builders: dict[Kind, PackBuilder] = {}
        count = 0
        for entry, box in self.openable():
            builder = builders.setdefault(entry.kind, PackBuilder(entry.kind))
            builder.add(entry.id, (bytes(box), b"", b""), entry.raw_length)
            self.known.add((entry.kind, entry.id))
            count += 1
            if builder.is_full:
                self.store(builders.pop(entry.kind))
        for builder in builders.values():
            self.store(builder)
        if count:
            self.done.append(f"{count:,} blobs of damaged packs were sound and are stored anew.")

    def openable(self) -> Iterator[tuple[Entry, bytes]]:
        """Go through the blobs of damaged packs that open, each different one once."""
        for pack, entries in self.damaged:
            name = pack_name(pack)
            bad = 0
            for entry in entries:
                if (entry.kind, entry.id) in self.known:
                    continue
                try:
                    box = self.place.backend.load_range(name, entry.offset, entry.length)
                    open_blob(self.place.tools, entry.id, box, entry.raw_length, name)
                except IntegrityError:
                    bad += 1
                else:
                    yield entry, box
            if bad:
                self.lost.append(f"{bad:,} blobs of the pack {name} are lost.")
            if not entries:
                self.lost.append(f"Nobody knows what the pack {name} held.")

    def store(self, builder: PackBuilder) -> None:
        """Store a pack of rescued blobs."""
        pack, content = builder.finish(self.place.tools.sealer)
        self.place.may_write()
        self.place.backend.save(pack_name(pack), content)
        self.sound.append(Contents(pack, tuple(builder.entries.values())))

    def set_damaged_aside(self) -> None:
        """Take damaged packs out of the way, so that nobody reads them again."""
        for pack, _ in self.damaged:
            _set_aside(self.place, pack_name(pack))


def _read_old_index(place: Workplace) -> tuple[list[str], dict[bytes, tuple[Entry, ...]]]:
    """Name the old index files, and say what those that can be read tell of each pack."""
    ids = place.documents.ids(index.FOLDER)
    named: dict[bytes, tuple[Entry, ...]] = {}
    for file_id in ids:
        with suppress(IntegrityError):
            for contents in index.load_index(place.documents, file_id):
                named.setdefault(contents.pack, contents.entries)
    return ids, named


def _gone(
    missing: dict[bytes, tuple[Entry, ...]], known: set[tuple[Kind, BlobId]]
) -> Iterator[str]:
    for pack, entries in missing.items():
        count = sum((entry.kind, entry.id) not in known for entry in entries)
        if count:
            yield f"The pack {pack_name(pack)} is gone, and {count:,} blobs with it."


def _unsound(place: Workplace, folder: str) -> list[str]:
    """Name the sealed files of a folder that are not what was stored."""
    found = []
    # As they lie there: copies at hand would hide what is wrong with them.
    documents = Documents(place.backend, place.tools)
    for file_id, size in documents.sizes(folder).items():
        if not size and folder == locks.FOLDER:
            continue  # nobody minds an empty one
        try:
            documents.load(folder, file_id)
        except NotStored:
            continue
        except IntegrityError:
            found.append(file_id)
    return sorted(found)


def _unsound_keys(place: Workplace) -> list[str]:
    names = place.documents.ids(keys.FOLDER)
    return [name for name in names if not _is_sound_key(place, name)]


def _is_sound_key(place: Workplace, name: str) -> bool:
    try:
        content = place.backend.load(f"{keys.FOLDER}/{name}")
    except NotStored:  # removed since, with its password
        return True
    except TooLong:
        return False
    return hashlib.sha256(content).hexdigest() == name


def _content(place: Workplace, name: str) -> bytes:
    """Give a file, or the beginning of one that is far too long: the rest of that is not ours."""
    try:
        return place.backend.load(name)
    except TooLong:
        return place.backend.load_range(name, 0, min(bytes_max(name), _BEGINNING_BYTES))


def _set_aside(place: Workplace, name: str) -> None:
    place.may_write()
    with suppress(NotStored):
        content = _content(place, name)
        with suppress(NameTaken):  # other bytes were set aside under this name before
            place.backend.save(SET_ASIDE + name, content)
        place.backend.delete(name)
