"""Which packs a check reads when it shall read only some of them: pure.

Every pack belongs for ever to one of so many parts, by its name, which is a hash and so as good as
drawn by lot. Each day has its part. Whoever checks every day has read all parts after as many days
as there are parts; whoever checks every week, after as many weeks. No note is kept anywhere of what
was read, so it makes no difference which machine checks.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime

from strongroom.errors import OperatorError

_DAYS = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """A part of all packs.

    Attributes:
        part: Which one, counted from 1.
        parts: How many there are.
    """

    part: int
    parts: int

    def __post_init__(self) -> None:
        if not 1 <= self.part <= self.parts:
            raise ValueError("there is no such part")

    def takes(self, pack: bytes) -> bool:
        """Say whether a pack, by its id of 32 bytes, belongs to the part."""
        return int.from_bytes(pack[:8], "big") % self.parts == self.part - 1


def part_of_day(day: int, parts: int) -> int:
    """Say which part a day has, counted from 0.

    Days in a row have parts that lie apart, and the same day of the next weeks has the next parts,
    so that any steady rhythm meets all of them: daily, weekly, every other week, monthly.

    Args:
        day: Days since some beginning.
        parts: How many parts there are.
    """
    week, weekday = divmod(day, _DAYS)
    apart = math.ceil(parts / _DAYS)
    # Each round of as many weeks as there are parts begins elsewhere, as if by lot: whoever checks
    # every second week would meet half of them for ever.
    lot = hashlib.sha256(b"%d" % (week // parts)).digest()
    return (int.from_bytes(lot[:8], "big") + week + weekday * apart) % parts


def sample_of(text: str, now: datetime) -> Sample:
    """Read what a person types: ``5%``, the share of a day; ``3/20``, the third of twenty parts.

    Args:
        text: As typed.
        now: Aware; its day counts.

    Raises:
        OperatorError: it is neither.
    """
    try:
        if text.endswith("%"):
            share = float(text[:-1])
            if not 0.01 <= share <= 100:
                raise ValueError(text)  # noqa: TRY301 - all that can be wrong is told below
            # Rounded down: never less is read than was asked for.
            parts = max(int(100 / share), 1)
            return Sample(part_of_day(now.toordinal(), parts) + 1, parts)
        part, _, parts_text = text.partition("/")
        return Sample(int(part), int(parts_text))
    except ValueError:
        raise OperatorError(
            f"Not a part of a storage: {text!a}.",
            hint="Write --sample 5% (each day another twentieth), or --sample 3/20 for one that "
            "you name.",
        ) from None
