from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.pace.batches import batches, by_halves
from strongroom.pace.patience import TooMuchAtOnce


@given(
    sizes=st.lists(st.integers(0, 50)), items_max=st.integers(1, 7), bytes_max=st.integers(0, 60)
)
def test_nothing_is_lost_reordered_or_over_a_limit(
    sizes: list[int], items_max: int, bytes_max: int
) -> None:
    groups = list(batches(sizes, lambda size: size, items_max=items_max, bytes_max=bytes_max))
    assert [size for group in groups for size in group] == sizes
    for group in groups:
        assert 1 <= len(group) <= items_max
        assert sum(group) <= bytes_max or len(group) == 1


def test_a_group_is_as_full_as_it_may_be() -> None:
    groups = list(batches([1, 1, 1, 5, 1], lambda size: size, items_max=3, bytes_max=5))
    assert groups == [[1, 1, 1], [5], [1]]


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        list(batches([1], lambda size: size, items_max=0, bytes_max=1))


@given(items=st.lists(st.integers(), max_size=40), most=st.integers(1, 10))
def test_halving_asks_for_everything_in_order(items: list[int], most: int) -> None:
    def call(some: Sequence[int]) -> list[int]:
        if len(some) > most:
            raise TooMuchAtOnce("too much")
        return [-item for item in some]

    assert by_halves(items, call) == [-item for item in items]


def test_what_is_too_much_by_itself_is_raised() -> None:
    def call(some: Sequence[int]) -> list[int]:
        raise TooMuchAtOnce("too much")

    with pytest.raises(TooMuchAtOnce):
        by_halves([1, 2, 3], call)
