"""Permitted hours: a week as a grid of 7 by 24 hours, written as text that people can type.

    mon-fri 20-06, sat-sun 0-24         the nights of workdays, and all of Saturday and Sunday
    mon wed fri 12-13 20-24             several days, several ranges
    22-5                                every day
    sat                                 all of Saturday

Days and hours may go over the end: ``fri-mon`` is four days, and ``mon 20-06`` ends on Tuesday.
"""

from __future__ import annotations

import functools
import re

from strongroom.errors import OperatorError

HOURS_OF_WEEK = 168
_HOURS_OF_DAY = 24
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LETTERS_MIN = 3
_TEXT_MAX = 1000
_DASH = re.compile("\\s*[-\u2013]\\s*")
_RANGE = re.compile(r"(\d{1,2})(?::00)?-(\d{1,2})(?::00)?", re.ASCII)
_HINT = "Write it as: mon-fri 20-06, sat-sun 0-24 (days, then whole hours, 0 to 24)."


def tidied(text: str) -> str:
    """Write a grid's text in small letters and with one space between words.

    Raises:
        OperatorError: it is no grid.
    """
    hours_of(text)
    entries = (_DASH.sub("-", one).split() for one in text.lower().split(","))
    return ", ".join(" ".join(words) for words in entries)


@functools.lru_cache(maxsize=256)
def hours_of(text: str) -> frozenset[int]:
    """Give the hours of the week that a text names: 0 is Monday from 0 to 1 o'clock.

    Raises:
        OperatorError: it is no grid, or names no hour at all.
    """
    if len(text) > _TEXT_MAX:
        raise _refused("It is too long.")
    hours: set[int] = set()
    for entry in text.lower().split(","):
        hours |= _hours_of_entry(_DASH.sub("-", entry).split())
    return frozenset(hours)


def _hours_of_entry(words: list[str]) -> set[int]:
    if not words:
        raise _refused("A part of it is empty.")
    ranges = [word for word in words if word[0].isdigit()]
    days = [word for word in words if not word[0].isdigit()]
    if words != days + ranges:
        raise _refused("In each part, days come before hours.")
    starts = {day for word in days for day in _days(word)} if days else set(range(len(_DAYS)))
    lengths = [_range(word) for word in ranges] or [(0, _HOURS_OF_DAY)]
    return {
        (day * _HOURS_OF_DAY + hour) % HOURS_OF_WEEK
        for day in starts
        for begin, end in lengths
        for hour in range(begin, end)
    }


def _days(word: str) -> list[int]:
    first, dash, last = word.partition("-")
    begin = _day(first)
    end = _day(last) if dash else begin
    return [(begin + n) % len(_DAYS) for n in range((end - begin) % len(_DAYS) + 1)]


def _day(name: str) -> int:
    for number, day in enumerate(_DAYS):
        if len(name) >= _LETTERS_MIN and day.startswith(name):
            return number
    raise _refused(f"'{name[:20]}' is no day of the week.")


def _range(word: str) -> tuple[int, int]:
    """Read a range of hours; its end may lie behind 24, on the next day."""
    found = _RANGE.fullmatch(word)
    if found is None:
        raise _refused(f"'{word[:20]}' is no range of whole hours.")
    begin, end = int(found[1]), int(found[2])
    if begin >= _HOURS_OF_DAY or end > _HOURS_OF_DAY:
        raise _refused(f"'{word}' goes beyond the 24 hours of a day.")
    if begin == end:
        raise _refused(f"'{word}' is either nothing or a whole day.")
    return begin, end if begin < end else end + _HOURS_OF_DAY


def _refused(why: str) -> OperatorError:
    return OperatorError("These permitted hours cannot be understood.", why=why, hint=_HINT)
