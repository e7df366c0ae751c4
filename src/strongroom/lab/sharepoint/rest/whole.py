"""Whole numbers out of what somebody sent, however it was written."""

from __future__ import annotations

_DIGITS_MAX = 18


def whole(value: object, default: int = -1) -> int:
    """Read a whole number; what is none, or longer than any here can be, counts as the default."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int):
        return value if abs(value) < 10**_DIGITS_MAX else default
    if isinstance(value, str) and value.isascii():
        digits = value.strip().removeprefix("-")
        if digits.isdecimal() and len(digits) <= _DIGITS_MAX:
            return int(value)
    return default
