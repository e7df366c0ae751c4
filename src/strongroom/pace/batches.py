"""Cutting work into portions that one request can carry."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, TypeVar

from strongroom.pace.patience import TooMuchAtOnce

T = TypeVar("T")
R = TypeVar("R")

AHEAD_ITEMS = 512
AHEAD_BYTES = 16 * 1024 * 1024
"""More than this no request of ours carries, unless a single item is larger."""


class Take(Protocol):
    """Says how many of the next items make a group."""

    def __call__(self, sizes: Sequence[int], *, are_all: bool = False) -> int:
        """Say so, at least one.

        Args:
            sizes: Bytes of the items that wait, in order; at least one.
            are_all: Nothing more will come.
        """


def batches(
    items: Iterable[T], size_of: Callable[[T], int], *, items_max: int, bytes_max: int
) -> Iterator[list[T]]:
    """Group items, in their order, so that no group passes either limit.

    An item that alone is larger than ``bytes_max`` comes in a group of its own: whether it can be
    carried at all is for the caller to know.

    Args:
        items: What to group; read lazily, never further than one item ahead.
        size_of: The size of one item in bytes, as far as it is known.
        items_max: Most items in a group, at least 1.
        bytes_max: Most bytes in a group.

    Raises:
        ValueError: ``items_max`` is below 1.
    """
    if items_max < 1:
        raise ValueError(f"a batch holds at least one item, not {items_max}")
    group: list[T] = []
    group_bytes = 0
    for item in items:
        size = size_of(item)
        if group and (len(group) >= items_max or group_bytes + size > bytes_max):
            yield group
            group, group_bytes = [], 0
        group.append(item)
        group_bytes += size
    if group:
        yield group


def paced_batches(items: Iterable[T], size_of: Callable[[T], int], take: Take) -> Iterator[list[T]]:
    """Group items, in their order, as large as the pace wants each group when its turn comes.

    Args:
        items: What to group; read lazily, some hundred items ahead.
        size_of: The size of one item in bytes, as far as it is known.
        take: Says how many of the next items make a group.
    """
    waiting: deque[T] = deque()
    upcoming = iter(items)
    waiting_bytes, spread = 0, AHEAD_ITEMS
    is_over = False
    while True:
        while not is_over and len(waiting) < AHEAD_ITEMS and waiting_bytes < AHEAD_BYTES:
            if not (item := list(islice(upcoming, 1))):
                is_over = True
                if waiting:
                    spread = take([size_of(one) for one in waiting], are_all=True)
            waiting.extend(item)
            waiting_bytes += sum(map(size_of, item))
        if not waiting:
            return
        count = min(spread, take([size_of(one) for one in waiting]))
        group = [waiting.popleft() for _ in range(count)]
        waiting_bytes -= sum(map(size_of, group))
        yield group


def by_halves(items: Sequence[T], call: Callable[[Sequence[T]], Sequence[R]]) -> list[R]:
    """Call with all items; where the server finds that too much at once, with each half.

    Args:
        items: What to ask for.
        call: Asks for some of them and gives one result for each, in order. Must be a read: a half
            may be asked for twice.

    Returns:
        One result per item, in order.

    Raises:
        TooMuchAtOnce: even a single item was too much.
    """
    try:
        return list(call(items))
    except TooMuchAtOnce:
        if len(items) < 2:
            raise
    middle = len(items) // 2
    return by_halves(items[:middle], call) + by_halves(items[middle:], call)
