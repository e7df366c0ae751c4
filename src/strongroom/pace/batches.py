"""Cutting work into portions that one request can carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from strongroom.pace.retry import TooMuchAtOnce

T = TypeVar("T")
R = TypeVar("R")


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
