"""How long something will take still: a guess that is never negative and seldom jumps.

Work is counted in bytes, and so that many small things count too, each item and each task as some
bytes more. What is left is divided by what was done lately; nobody can say more without knowing
what the server will do next.

What tasks that have not begun will need nobody has counted. Where it is known how large they were
the last time, and how much of such a size the tasks up to now turned out to need (a first backup
all of it, the next ones little), that is taken; else the mean of the others.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ITEM_BYTES = 4_096
"""What an item costs beside its bytes: rows, its part of a request's fixed cost."""

TASK_BYTES = 1_000_000
"""And a task: some requests in which nothing is moved, a snapshot."""

LATER_S, SOONER_S = 10.0, 3.0
"""A guess that is off has closed most of that in twice this time; where little is left, sooner. To
hear that it takes less nobody minds."""

KNOWN_AFTER_S, KNOWN_FROM_SHARE, KNOWN_AT_LAST_S = 5.0, 0.02, 60.0
"""The first seconds, in which everything is looked up and the pace is found, foretell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """Something that is being done, and how much there is to be done of it as far as is known."""

    items: int = 0
    items_expected: int = 0
    bytes: int = 0
    bytes_expected: int = 0

    @property
    def done(self) -> float:
        """How much work is done."""
        return self.bytes + ITEM_BYTES * self.items

    @property
    def left(self) -> float:
        """How much is left."""
        return max(0, self.bytes_expected - self.bytes) + ITEM_BYTES * max(
            0, self.items_expected - self.items
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a run has done and has to do.

    Attributes:
        in_hand: What is being done.
        ended: Tasks that have ended.
        ended_items, ended_bytes: What they did.
        ended_weight: How large they were the last time, in bytes.
        waiting: Tasks that have not begun.
        waiting_weight: How large they were the last time, in bytes; 0: not known.
        in_hand_weight: Of those in hand, the same.
    """

    in_hand: Sequence[InHand] = ()
    ended: int = 0
    ended_items: int = 0
    ended_bytes: int = 0
    ended_weight: int = 0
    waiting: int = 0
    waiting_weight: int = 0
    in_hand_weight: int = 0

    @property
    def done(self) -> float:
        """How much work is done."""
        ended = self.ended_bytes + ITEM_BYTES * self.ended_items + TASK_BYTES * self.ended
        return ended + sum(one.done for one in self.in_hand)

    @property
    def left(self) -> float | None:
        """How much work is left; None: nobody can know."""
        waiting = self._waiting()
        if waiting is None:
            return None
        begun = sum(one.left for one in self.in_hand) + TASK_BYTES / 2 * len(self.in_hand)
        return begun + waiting + TASK_BYTES * self.waiting

    def _waiting(self) -> float | None:
        """Guess how much work the tasks are that have not begun."""
        if not self.waiting:
            return 0.0
        begun = sum(one.done + one.left for one in self.in_hand)
        known = begun + self.ended_bytes + ITEM_BYTES * self.ended_items
        tasks = self.ended + len(self.in_hand)
        if not tasks:
            return None
        weight = self.ended_weight + self.in_hand_weight
        if self.waiting_weight and weight:
            return self.waiting_weight * min(1.0, known / weight)
        return self.waiting * known / tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What was done in a second lately."""

    items_per_s: float = 0.0
    bytes_per_s: float = 0.0
    tasks_per_s: float = 0.0

    @property
    def work_per_s(self) -> float:
        """The same in work."""
        return self.bytes_per_s + ITEM_BYTES * self.items_per_s + TASK_BYTES * self.tasks_per_s


def speed_of(lately: Speed, now: Speed) -> Speed:
    """Say how fast it will go, from the last quarter of an hour and the last half minute.

    Whoever is faster now has found its pace. Whoever is slower may only have been told to wait.
    """
    if now.work_per_s <= lately.work_per_s:
        return lately
    return Speed(
        items_per_s=(lately.items_per_s + now.items_per_s) / 2,
        bytes_per_s=(lately.bytes_per_s + now.bytes_per_s) / 2,
        tasks_per_s=(lately.tasks_per_s + now.tasks_per_s) / 2,
    )


def is_known(amounts: Amounts, worked_s: float) -> bool:
    """Say whether what was done up to now says anything of what is to come."""
    if worked_s >= KNOWN_AT_LAST_S:
        return True
    return worked_s >= KNOWN_AFTER_S and (share_done(amounts) or 0.0) >= KNOWN_FROM_SHARE


def left_s(amounts: Amounts, speed: Speed, slowest_s: float = 0.0) -> float | None:
    """Say how many seconds a run will take still; None: nobody can know.

    Args:
        amounts: What it has done and has to do.
        speed: What it did lately, all of it together.
        slowest_s: What it has in hand takes so long by itself: one large mailbox at the end of a
            run is not read faster because there were many before.
    """
    left = amounts.left
    if left is None:
        return None
    whole_s = _divided(left, speed.work_per_s)
    return None if whole_s is None else max(whole_s, slowest_s)


def left_of_one_s(one: InHand, speed: Speed) -> float | None:
    """Say the same of one thing in hand; None where it is not known how much it is."""
    if not one.items_expected and not one.bytes_expected:
        return None
    return _divided(one.left, speed.work_per_s)


def share_done(amounts: Amounts) -> float | None:
    """Say which part of the work is done, 0 to 1; None: nobody can know."""
    left = amounts.left
    if left is None or not amounts.done + left:
        return None
    return amounts.done / (amounts.done + left)


def _divided(work: float, work_per_s: float) -> float | None:
    if work <= 0.0:
        return 0.0
    seconds = work / work_per_s if work_per_s > 0.0 else math.inf
    return seconds if math.isfinite(seconds) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimit:
    """How much a server takes in for one resource.

    Attributes:
        bytes_max: So many bytes of requests.
        over_s: In so many seconds.
        encoded: How many bytes of a request a byte of content becomes.
    """

    bytes_max: int
    over_s: float
    encoded: float = 1.0

    def takes_s(self, size: int) -> float:
        """Say how long so much content of one resource takes at least."""
        return size * self.encoded / self.bytes_max * self.over_s


def together_s(each: Iterable[tuple[object, float]], at_once: int) -> float:
    """Say how long things take that are begun in this order, so many of them side by side.

    Args:
        each: What each belongs to, of which only one thing at a time is done, and its seconds.
        at_once: How many at a time.
    """
    free = [0.0] * at_once
    ends: dict[object, float] = {}
    for owner, seconds in each:
        ends[owner] = max(free[0], ends.get(owner, 0.0)) + seconds
        heapq.heapreplace(free, ends[owner])
    return max(ends.values(), default=0.0)


class Steady:
    """Lets a guess that is made again and again move and not jump; for whoever watches.

    What was said before counts down by itself; a new guess is approached from there.
    """

    def __init__(self) -> None:
        self._said_s: float | None = None
        self._at_s = 0.0

    def say(self, guess_s: float | None, at_s: float) -> float | None:
        """Give what to say.

        Args:
            guess_s: The new guess; None: nobody can know now.
            at_s: When it was made, in seconds from some moment.
        """
        if guess_s is None or self._said_s is None:
            self._said_s = guess_s
        else:
            passed_s = max(0.0, at_s - self._at_s)
            expected_s = max(0.0, self._said_s - passed_s)
            longest_s = SOONER_S if guess_s < expected_s else LATER_S
            smooth_s = min(longest_s, max(1.0, min(expected_s, guess_s) / 10))
            part = 1.0 - math.exp(-passed_s / smooth_s)
            self._said_s = expected_s + part * (guess_s - expected_s)
        self._at_s = at_s
        return self._said_s
