"""Chance, and where mailboxes live: the same seed and order of arrival decide the same."""

from __future__ import annotations

import math
from random import Random

from strongroom.lab.weather.model import FOREVER, BackEnd, Cost, Link

_GOLDEN = (math.sqrt(5) - 1) / 2


class Dice:
    """The chances of one server, each sort with numbers of its own: one disturbs no other."""

    def __init__(self, seed: int) -> None:
        self._work, self._stalls, self._breaks = (
            Random(f"{seed} {sort}")  # noqa: S311 - weather, not a secret
            for sort in ("work", "stalls", "breaks")
        )

    def jitter(self, cost: Cost) -> float:
        """Draw a factor on a service time; its mean is 1."""
        if cost.jitter == 0.0:
            return 1.0
        return self._work.lognormvariate(-cost.jitter * cost.jitter / 2, cost.jitter)

    def stall_s(self, cost: Cost) -> float:
        """Draw how long a request stands still before a worker can have it; mostly 0."""
        if cost.stall_chance == 0.0 or self._stalls.random() >= cost.stall_chance:
            return 0.0
        return cost.stall_s * (0.5 + self._stalls.random())

    def broken_after(self, link: Link, size: int) -> float | None:
        """Draw after how many bytes an answer breaks; None: it does not."""
        if link.break_chance == 0.0 and link.bytes_per_break == FOREVER:
            return None
        whole = (1.0 - link.break_chance) * math.exp(-size / link.bytes_per_break)
        if self._breaks.random() <= whole:
            return None
        return size * self._breaks.random()


class Homes:
    """Which back end each mailbox or site lives on.

    By the order in which they are first asked for, spread by the golden ratio: any few neighbours
    cover all back ends by their shares, which the chance of a hash does not with ten mailboxes.
    """

    def __init__(self, back_ends: tuple[BackEnd, ...]) -> None:
        self._shares = [one.share / sum(b.share for b in back_ends) for one in back_ends]
        self._homes: dict[str, int] = {}

    def of(self, place: str) -> int:
        """Say which back end a place lives on."""
        return self._homes.setdefault(place, self._next())

    def _next(self) -> int:
        left = ((len(self._homes) + 0.5) * _GOLDEN) % 1.0
        for number, share in enumerate(self._shares):
            left -= share
            if left < 0.0:
                return number
        return len(self._shares) - 1
