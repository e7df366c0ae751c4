"""Cutting large content where its own bytes say, so that an insertion changes one chunk, not all.

The method is FastCDC. Its table is mixed with a seed that only the holder of the repository's key
knows: otherwise the lengths of the chunks would betray which well-known file is stored.

Source:
    W. Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach" (USENIX ATC
    2016)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator

from pyfastcdc import FastCDC

from strongroom.store.crypto import MasterKey

WHOLE_BYTES_MAX = 512 * 1024
"""Content up to this length stays in one piece: an e-mail without attachments is one blob."""

CHUNK_BYTES_MAX = 8 << 20
_CHUNK_BYTES_AVERAGE = 1 << 20
_CHUNK_BYTES_MIN = 512 * 1024
_WINDOW_BYTES = 2 * CHUNK_BYTES_MAX


def chunk_seed(key: MasterKey) -> int:
    """Derive a repository's seed from its key: secret, always the same, nothing more to lose."""
    digest = hmac.digest(key.encrypt, b"strongroom: seed of the chunker", hashlib.sha256)
    return int.from_bytes(digest[:8]) >> 1  # the library takes 63 bits


class Chunker:
    """Cuts content into chunks of 512 KiB to 8 MiB. Safe in many threads."""

    def __init__(self, seed: int) -> None:
        self._cdc = FastCDC(
            _CHUNK_BYTES_AVERAGE, min_size=_CHUNK_BYTES_MIN, max_size=CHUNK_BYTES_MAX, seed=seed
        )

    def cut(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Cut a stream of pieces of any length; where the pieces end does not move the cuts."""
        window = bytearray()
        for piece in pieces:
            window += piece
            if len(window) >= _WINDOW_BYTES:
                # Where a chunk ends depends on at most CHUNK_BYTES_MAX bytes from its start; with
                # less than that left, the cut could come out otherwise once more bytes are known.
                data, window = bytes(window), bytearray()
                at = 0
                for length in self._lengths(data):
                    if len(data) - at < CHUNK_BYTES_MAX:
                        break
                    yield data[at : at + length]
                    at += length
                window += memoryview(data)[at:]
        data = bytes(window)
        at = 0
        for length in self._lengths(data):
            yield data[at : at + length]
            at += length

    def _lengths(self, data: bytes) -> Iterator[int]:
        return (chunk.length for chunk in self._cdc.cut_buf(data))
