"""What was found beside items when they were told, until their content is asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

BYTES_MAX = 64 * 1024 * 1024

Documents = Mapping[str, bytes]


class KeptDocuments:
    """Documents by item. Safe in many threads.

    The oldest are dropped where they get too many; whoever misses them asks the server again.
    """

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._known: OrderedDict[str, tuple[str, Documents]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, item_id: str, change_key: str, documents: Documents) -> None:
        """Keep an item's documents; of an item that has none, nothing."""
        with self._lock:
            self._drop(item_id)
            if not documents:
                return
            self._known[item_id] = (change_key, documents)
            self._bytes += _size(documents)
            while self._bytes > self._bytes_max and len(self._known) > 1:
                self._drop(next(iter(self._known)))

    def get(self, item_id: str, change_key: str) -> Documents | None:
        """Give them, if they are of this version of the item."""
        with self._lock:
            known = self._known.get(item_id)
            return known[1] if known is not None and known[0] == change_key else None

    def _drop(self, item_id: str) -> None:
        _, documents = self._known.pop(item_id, ("", {}))
        self._bytes -= _size(documents)


def _size(documents: Documents) -> int:
    return sum(map(len, documents.values()))
