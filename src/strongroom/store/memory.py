"""Keeping the memory of large blocks for the next ones."""

from __future__ import annotations

from functools import cache

_BLOCK_BYTES = 31 << 20


@cache  # it lasts as long as the process
def keep_freed_blocks() -> None:
    """Let the allocator keep what a chunk or a pack has left, instead of handing it back each time.

    The GNU C library hands blocks above a threshold straight back to the operating system, which
    clears every page of the next one: for a chunk of a megabyte and its few copies that was a third
    of all time. The threshold follows the largest such block that was freed, up to 32 MiB; so one
    is taken, never touched, and freed. Other libraries do not mind.
    """
    bytes(_BLOCK_BYTES)
