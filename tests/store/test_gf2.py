from __future__ import annotations

import pytest

from strongroom.store.gf2 import DEGREE, degree, is_irreducible, random_polynomial, remainder


def irreducible_by_trial(polynomial: int) -> bool:
    """Divide by everything that is smaller: slow and plainly right."""
    return degree(polynomial) > 0 and all(
        remainder(polynomial, divisor) for divisor in range(2, 1 << (degree(polynomial) // 2 + 1))
    )


def test_the_fast_test_agrees_with_trial_division_on_all_small_polynomials() -> None:
    for polynomial in range(1 << 11):
        assert is_irreducible(polynomial) == irreducible_by_trial(polynomial), bin(polynomial)


def test_restics_own_polynomials_are_irreducible() -> None:
    # From restic's chunker tests and its documentation of the config file.
    assert is_irreducible(0x3DA3358B4DC173)
    assert is_irreducible(0x25B468838DCB75)


@pytest.mark.parametrize("_", range(3))
def test_a_drawn_polynomial_is_what_restic_asks_for(_: int) -> None:
    polynomial = random_polynomial()
    assert degree(polynomial) == DEGREE
    assert is_irreducible(polynomial)
