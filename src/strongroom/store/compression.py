"""zstd as restic uses it: one frame per blob or file."""

from __future__ import annotations

import sys

from strongroom.store.backend import Data

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 1
"""Level 3 takes a quarter more time for 2 % of space: docs/decisions/0003-zstd-level-1.md."""

_FILE_BYTES_MAX = 1 << 30
"""No index or snapshot is larger; a frame that holds more is damage, or is meant to fill memory."""


class Damaged(Exception):
    """Not a whole zstd frame of the expected length. Named for the caller to explain."""


class Compressor:
    """Compresses with a kept context, which saves a seventh of the time. Belongs to one thread."""

    def __init__(self) -> None:
        self._context = zstd.ZstdCompressor(level=LEVEL)

    def compress(self, data: Data) -> bytes:
        """Give one frame."""
        return self._context.compress(data, zstd.ZstdCompressor.FLUSH_FRAME)


def decompress(frame: Data, length: int) -> bytes:
    """Unpack a frame that holds exactly ``length`` bytes; never makes more of it.

    Raises:
        Damaged: it does not.
    """
    context = zstd.ZstdDecompressor()
    try:
        data = context.decompress(frame, length)
        if not context.eof:  # what is left may be only the frame's end
            data += context.decompress(b"", 1)
    except (zstd.ZstdError, EOFError) as error:
        raise Damaged from error
    if not context.eof or len(data) != length or context.unused_data:
        raise Damaged
    return data


def decompress_file(frame: Data) -> bytes:
    """Unpack a frame of unknown length: some that Go writes do not carry it.

    Raises:
        Damaged: not a whole frame, or absurdly large.
    """
    context = zstd.ZstdDecompressor()
    try:
        data = context.decompress(frame, _FILE_BYTES_MAX)
    except (zstd.ZstdError, EOFError) as error:
        raise Damaged from error
    if not context.eof:
        raise Damaged
    return data
