"""Polynomials over GF(2): restic's config wants an irreducible one of degree 53, chosen at random.

A polynomial is an int whose bits are its coefficients. Strongroom cuts by another method and never
uses this one, but an administrator's ``restic backup`` into the repository does.

Source:
    M. O. Rabin, "Fingerprinting by Random Polynomials" (1981); the test is Ben-Or's.
"""

from __future__ import annotations

import secrets

DEGREE = 53


def random_polynomial() -> int:
    """Draw an irreducible polynomial of degree 53; about one in 26 of those with both ends is."""
    while True:
        candidate = secrets.randbits(DEGREE) | 1 << DEGREE | 1
        if is_irreducible(candidate):
            return candidate


def is_irreducible(polynomial: int) -> bool:
    """Ben-Or: no factor in common with x^(2^i) - x for any i up to half the degree."""
    power = 2  # the polynomial x
    for _ in range(degree(polynomial) // 2):
        power = _multiply(power, power, polynomial)
        if _common_factor(polynomial, power ^ 2) != 1:
            return False
    return degree(polynomial) > 0


def degree(polynomial: int) -> int:
    """Say the highest power; -1 for zero."""
    return polynomial.bit_length() - 1


def remainder(dividend: int, divisor: int) -> int:
    """Divide without carry and give what is left."""
    while degree(dividend) >= degree(divisor):
        dividend ^= divisor << degree(dividend) - degree(divisor)
    return dividend


def _multiply(left: int, right: int, modulus: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = remainder(left << 1, modulus)
        right >>= 1
    return product


def _common_factor(left: int, right: int) -> int:
    while right:
        left, right = right, remainder(left, right)
    return left
