"""A storage's place as it is kept from deletion; what was decided about that is read when needed.

Reading needs none of it, so whoever only reads asks for nothing more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from strongroom.clock import Clock
from strongroom.store.backend import BlobBackend, Data, Settles, Stored
from strongroom.store.keeping import FOLDER, Retention, load_keeping, stays
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.layers.locking import Locking
from strongroom.store.proof import HasFolders


class Guarded:
    """Locks what is stored and refuses to delete, as the storage says of itself.

    Args:
        place: The place, from the root of the storage.
        open_retention: Opens what locks objects there, in a mode.
        clock: Time.
    """

    def __init__(
        self, place: BlobBackend, open_retention: Callable[[str], Retention], clock: Clock
    ) -> None:
        self._place = place
        self._open_retention = open_retention
        self._clock = clock
        self._deciding = threading.Lock()
        self._decided: BlobBackend | None = None

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        if stays(name):
            self._writing().save(name, data)
        else:
            self._place.save(name, data)

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        return self._place.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        return self._place.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        return self._place.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        return self._place.folders(prefix)

    def delete(self, name: str) -> None:
        """See ``BlobBackend``.

        Raises:
            DeleteRefused: the storage is append-only.
        """
        if stays(name):
            self._writing().delete(name)
        else:
            self._place.delete(name)

    def require_deletes(self) -> None:
        """See ``RefusesDeletes``."""
        decided = self._writing()
        if isinstance(decided, AppendOnly):
            decided.require_deletes()

    def settle(self, folder: str) -> None:
        """See ``Settles``."""
        if isinstance(self._place, Settles):
            self._place.settle(folder)

    def drop_folder(self, folder: str) -> None:
        """See ``proof.HasFolders``."""
        if isinstance(self._place, HasFolders):
            self._place.drop_folder(folder)

    def _writing(self) -> BlobBackend:
        """Give the place as it is written to; what was decided is read once."""
        with self._deciding:
            if self._decided is None:
                self._decided = self._decide()
            return self._decided

    def _decide(self) -> BlobBackend:
        place = self._place
        if next(place.list(FOLDER), None) is None:
            return place
        keeping = load_keeping(place)
        if keeping.lock_mode:
            retention = self._open_retention(keeping.lock_mode)
            place = Locking(place, retention, keeping, self._clock)
        return AppendOnly(place) if keeping.append_only else place
