"""Uploads in pieces that have begun and not ended."""

from __future__ import annotations

import threading

from strongroom.lab.sharepoint.rest.errors import failed, not_found

BYTES_MAX = 1 << 30
_UPLOADS_MAX = 100


class Uploads:
    """All uploads of a farm. Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], bytearray] = {}

    def start(self, upload_id: str, file_id: str, piece: bytes) -> int:
        """Begin one, or begin it anew, and say how many bytes there are.

        Raises:
            ApiError: too many have begun.
        """
        with self._lock:
            if len(self._held) >= _UPLOADS_MAX:
                raise failed("Too many uploads have begun.", status=503)
            self._held[_key(upload_id, file_id)] = bytearray(piece)
            return len(piece)

    def go_on(self, upload_id: str, file_id: str, offset: int, piece: bytes) -> int:
        """Take one more piece, and say how many bytes there are.

        Raises:
            ApiError: there is no such upload, or the piece belongs elsewhere.
        """
        with self._lock:
            held = self._find(upload_id, file_id, offset)
            if len(held) + len(piece) > BYTES_MAX:
                raise failed("The file is too large.", status=413)
            held += piece
            return len(held)

    def finish(self, upload_id: str, file_id: str, offset: int, piece: bytes) -> bytes:
        """Take the last piece and give the whole.

        Raises:
            ApiError: there is no such upload, or the piece belongs elsewhere.
        """
        with self._lock:
            held = self._find(upload_id, file_id, offset)
            del self._held[_key(upload_id, file_id)]
            return bytes(held) + piece

    def cancel(self, upload_id: str, file_id: str) -> None:
        """Forget one."""
        with self._lock:
            self._held.pop(_key(upload_id, file_id), None)

    def _find(self, upload_id: str, file_id: str, offset: int) -> bytearray:
        held = self._held.get(_key(upload_id, file_id))
        if held is None:
            raise not_found("The upload session was not found.")
        if offset != len(held):
            raise failed(
                f"The fileOffset {offset} does not match the {len(held)} bytes that were received.",
                code=-2147024809,
            )
        return held


def _key(upload_id: str, file_id: str) -> tuple[str, str]:
    return upload_id.strip("{}").casefold(), file_id
