"""A storage in an object store: one object per name, made once and never written over.

An object comes into being with one request that carries all of it and the condition that nothing is
there yet, so that whoever looks sees all of it or nothing, and of two writers one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from strongroom.errors import OperatorError, TransientError
from strongroom.store.backend import Data, NameTaken, NotStored, Stored
from strongroom.store.limits import TooLong, refuse_long
from strongroom.store.names import checked_name
from strongroom.store.object_errors import ends_early, meaning

T = TypeVar("T")
Bucket = S3Store | AzureStore | GCSStore | MemoryStore

_PAGE = 1000
_TRIES = 3
"""Two who make the same object at once may both be sent away before the first one is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectBackend:
    """Keeps byte strings as objects of a bucket.

    Nothing is tried again here; put ``Retrying`` around it.

    Attributes:
        reading: The bucket, with the patience that reading needs.
        writing: The same bucket, with the patience that writing needs.
    """

    reading: Bucket = field(repr=False)
    writing: Bucket = field(repr=False)

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        checked_name(name)
        for _ in range(_TRIES):
            if self._is_created(name, data):
                return
            try:
                there = self.load(name)
            except NotStored:
                continue
            except TooLong:
                there = None
            if there != data:
                raise NameTaken(
                    f"{name} is there already with other content; it was left as it is."
                )
            return
        raise TransientError(f"{name} is being stored by somebody else at this moment.")

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        checked_name(name)
        return _asked(name, "read", lambda: self._whole(name))

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        checked_name(name)
        if not length:  # no request can ask for nothing
            _asked(name, "read", lambda: obstore.head(self.reading, name))
            return b""
        data = _asked(name, "read", lambda: self._range(name, offset, length))
        if len(data) != length:  # some end silently where the object does
            raise ends_early(name)
        return data

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        pages = iter(obstore.list(self.reading, prefix.rstrip("/") or None, chunk_size=_PAGE))
        while page := _asked(prefix, "listed", lambda: next(pages, None)):
            for entry in page:
                # Consoles mark a folder with an object of the folder's name, which is not in it.
                if entry["path"].startswith(prefix):
                    yield Stored(entry["path"], entry["size"])

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        found = _asked(
            prefix,
            "listed",
            lambda: obstore.list_with_delimiter(self.reading, prefix.rstrip("/") or None),
        )
        yield from sorted(one.rstrip("/").rpartition("/")[2] for one in found["common_prefixes"])

    def delete(self, name: str) -> None:
        """See ``BlobBackend``."""
        checked_name(name)
        try:
            _asked(name, "deleted", lambda: obstore.delete(self.writing, name))
        except NotStored:
            return

    def _is_created(self, name: str, data: Data) -> bool:
        """Make an object; False if it is there already, or is being made at this moment."""

        def create() -> bool:
            try:
                # In one request, however long: of several, some may be all that ever comes.
                obstore.put(self.writing, name, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

        try:
            return _asked(name, "stored", create)
        except NotStored:  # what is being made can only miss its bucket
            raise OperatorError(
                f"{name} could not be stored in the storage.",
                why="The bucket is not there.",
                hint="Look at the bucket's name in the URL, or make the bucket.",
            ) from None

    def _whole(self, name: str) -> bytes:
        found = obstore.get(self.reading, name)
        refuse_long(name, found.meta["size"])  # told before any of it comes
        return bytes(found.bytes())

    def _range(self, name: str, offset: int, length: int) -> bytes:
        return bytes(obstore.get_range(self.reading, name, start=offset, length=length))


def _asked(name: str, done: str, call: Callable[[], T]) -> T:
    """Make one call; raise what its failure means, without the failure itself (see ``meaning``)."""
    try:
        return call()
    except (BaseError, OSError) as error:
        failure = meaning(error, name or "The bucket", done)
    raise failure
