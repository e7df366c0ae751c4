"""Whether a place keeps the promises that everything stored in it stands on, tried there.

A server may call itself S3-compatible and write over what is there, list what it has stored minutes
later, or cut what is long. Whoever finds that out at the first restore finds it out too late. So
each promise of ``BlobBackend`` is tried with a few small files in a folder of its own, and one that
is as long as a pack.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from strongroom.errors import IntegrityError, OperatorError, StrongroomError
from strongroom.store.backend import BlobBackend, Data, NameTaken, NotStored, Stored

FOLDER = "strongroom/probe"
LONG_BYTES = 17 << 20
"""A little more than a pack has."""

_WRITERS = 4
_NAME = "Aa0._@=+,~-z"
"""Every sign that a name of ours may have."""


@runtime_checkable
class HasFolders(Protocol):
    """A backend in which a folder is a thing of its own, and stays when it is empty."""

    def drop_folder(self, folder: str) -> None:
        """Remove a folder, those in it and those above it, as far as nothing is in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of it.

    Attributes:
        broken: Each promise that is not kept, in a sentence.
        notes: What is good to know, in sentences.
    """

    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def require(self) -> None:
        """Refuse a place that breaks a promise.

        Raises:
            OperatorError: it does; every one is named.
        """
        if self.broken:
            raise OperatorError(
                "This place does not keep what a storage needs to be sure of; nothing was made "
                "there.",
                why=" ".join(self.broken),
                hint="Use another place, or a newer version of the server that stores there.",
            )


def prove(backend: BlobBackend, *, long_bytes: int = LONG_BYTES) -> Proof:
    """Try every promise, and take away again what was written for it.

    Where nothing can be deleted, what is long is not tried: it would stay there for ever.

    Args:
        backend: The place.
        long_bytes: Length of the one long file; 0: none, where packs are kept already.

    Raises:
        OperatorError: nothing can be written or read there at all, and why; or nobody lets us.
        StorageFull: there is no room.
        ServerUnreachable: nobody answers.
    """
    trial = _Trial(backend, f"{FOLDER}/{secrets.token_hex(8)}", long_bytes)
    try:
        for attempt in (
            trial.read_what_is_not_there,
            trial.delete,
            trial.read_after_write,
            trial.create_only_once,
            trial.create_at_once,
            trial.read_ranges,
            trial.list_at_once,
            trial.keep_what_is_long,
        ):
            attempt()
    finally:
        trial.clean()
    return Proof(broken=tuple(trial.broken), notes=tuple(trial.notes))


@dataclass
class _Trial:
    """The promises, one method each; what is found goes to ``broken`` and ``notes``."""

    backend: BlobBackend
    folder: str
    long_bytes: int
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    can_delete: bool = True
    _written: list[str] = field(default_factory=list)

    def read_what_is_not_there(self) -> None:
        """What is not there is said not to be: a backup asks that before it writes."""
        with self._told("What is not there is not said to be missing"):
            self._require_missing(f"{self.folder}/never-there")

    def read_after_write(self) -> None:
        """What a save has returned from is read, whole, by the very next request."""
        with self._told("What was just written is not read back as it was written"):
            name = self._save(f"plain/{_NAME}", bytes(range(256)))
            self._require(self.backend.load(name) == bytes(range(256)))
            empty = self._save("plain/empty", b"")
            self._require(self.backend.load(empty) == b"")

    def create_only_once(self) -> None:
        """Nothing is written over, and writing the same once more is no mistake."""
        with self._told("What is there is written over by another of the same name"):
            name = self._save("once", b"the first")
            self._save("once", b"the first")
            taken = False
            try:
                self.backend.save(name, b"the second")
            except NameTaken:
                taken = True
            self._require(taken and self.backend.load(name) == b"the first")

    def create_at_once(self) -> None:
        """Of several who make one name in the same moment, one does and the others learn it."""
        with self._told("Several who write one name at once are all told that they did"):
            name = f"{self.folder}/at-once"
            self._written.append(name)
            with ThreadPoolExecutor(_WRITERS) as pool:
                texts = [b"of writer %d" % number for number in range(_WRITERS)]
                won = [*pool.map(lambda text: self._try_save(name, text), texts)]
            winners = [text for text, is_won in zip(texts, won, strict=True) if is_won]
            self._require(winners == [self.backend.load(name)])

    def read_ranges(self) -> None:
        """A part is exactly that part, and one that goes on past the end is told."""
        with self._told("A part of a file is not read as exactly that part"):
            content = bytes(range(256)) * 4
            name = self._save("ranges", content)
            for start, length in ((0, 1), (100, 500), (1023, 1), (0, 1024)):
                part = self.backend.load_range(name, start, length)
                self._require(part == content[start : start + length])
            with self._told("The end of a file is not noticed when more is asked for"):
                self._require(_is_refused(lambda: self.backend.load_range(name, 1000, 100)))

    def list_at_once(self) -> None:
        """What was written is listed by the very next request, by its own name, with its length."""
        with self._told("What was just written is not listed at once, by its name and length"):
            names = [
                self._save(f"listed/{one}", bytes(size))
                for size, one in enumerate(("a/one", f"a/{_NAME}", "b/two", "c"))
            ]
            self._save("listed-else/other", b"beside it")
            found = sorted(self.backend.list(f"{self.folder}/listed/"))
            self._require(found == sorted(Stored(one, size) for size, one in enumerate(names)))
            self._require([*self.backend.folders(f"{self.folder}/listed/")] == ["a", "b"])
            self._require([*self.backend.list(f"{self.folder}/nowhere/")] == [])

    def keep_what_is_long(self) -> None:
        """A pack goes in whole."""
        if not (self.long_bytes and self.can_delete):
            return
        with self._told(f"A file of {self.long_bytes >> 20} MiB is not kept whole"):
            # Of one random block: nothing on the way makes it short, and it is quickly drawn.
            block = secrets.token_bytes(1 << 12)
            content = (block * (self.long_bytes // len(block) + 1))[: self.long_bytes]
            name = self._save("long", content)
            self._require(self.backend.load(name) == content)
            half = self.long_bytes // 2
            self._require(self.backend.load_range(name, half, 64) == content[half : half + 64])

    def delete(self) -> None:
        """What is deleted is gone, and its name is free again."""
        name = self._save("deleted", b"the first")
        try:
            self.backend.delete(name)
        except OperatorError as error:
            self.can_delete = False
            self.notes.append(
                f"Nothing can be deleted there ({error.why.rstrip('.') or error.what.rstrip('.')}):"
                " backups and restores work, but space is never freed, locks of interrupted runs "
                f"stay, and so do a few small files of this proof, in {self.folder}."
            )
            return
        with self._told("What was deleted is still there"):
            self._require_missing(name)
            self._require([*self.backend.list(f"{self.folder}/")] == [])
            self.backend.delete(name)
        with self._told("A name is not free again when what had it was deleted"):
            self.backend.save(name, b"another")
            self._require(self.backend.load(name) == b"another")

    def clean(self) -> None:
        """Take away what was written."""
        if not self.can_delete:
            return
        try:
            for name in dict.fromkeys(self._written):
                self.backend.delete(name)
        except StrongroomError:  # gone in the middle: that is told by what was tried before
            self.notes.append(f"What was written for this proof stays in {self.folder}.")
        if isinstance(self.backend, HasFolders):
            self.backend.drop_folder(self.folder)

    def _save(self, name: str, data: Data) -> str:
        whole = f"{self.folder}/{name}"
        self._written.append(whole)
        self.backend.save(whole, data)
        return whole

    def _try_save(self, name: str, data: bytes) -> bool:
        try:
            self.backend.save(name, data)
        except NameTaken:
            return False
        return True

    def _require_missing(self, name: str) -> None:
        try:
            self.backend.load(name)
        except NotStored:
            return
        raise _Broken

    def _require(self, is_kept: bool) -> None:  # noqa: FBT001 - a condition, as of ``assert``
        if not is_kept:
            raise _Broken

    @contextmanager
    def _told(self, promise: str) -> Iterator[None]:
        """Note the promise as broken if what is tried here shows it."""
        try:
            yield
        except _Broken:
            self.broken.append(f"{promise}.")
        except IntegrityError as error:  # half an answer, or nothing where something was saved
            self.broken.append(f"{promise}: {error}")


class _Broken(Exception):
    """What was promised did not come."""


def _is_refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except NotStored:
        return False
    except IntegrityError:
        return True
    return False
