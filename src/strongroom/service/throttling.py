"""When a channel is sent to, and what goes together. Pure decisions.

A storage that is away for a minute can fail a hundred runs. Whoever is told that a hundred times
stops reading, and some services shut out who sends so much. So whatever waits goes in one post,
and there are few posts:

=============================  ====================================================================
what just happened             waits ``SETTLE``, for more of its kind
the first ``AT_ONCE`` posts    go as soon as there is something
of an hour
after those                    one each ``APART``: no hour sees more than ``AN_HOUR``
a post was not taken           nothing goes for a while: a minute, then twice as long each time, up
                               to ``REST_MAX``
a message a ``DAY`` old        is given up
=============================  ====================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom.control.outbox import Message
from strongroom.service.happenings import TONES, Event

SETTLE = timedelta(seconds=10)
AT_ONCE = 5
APART = timedelta(minutes=10)
HOUR = timedelta(hours=1)
AN_HOUR = AT_ONCE + int(HOUR / APART) - 1
REST_FIRST = timedelta(minutes=1)
REST_MAX = timedelta(minutes=30)
DAY = timedelta(days=1)
TOGETHER_MAX = 500
"""So many messages go together at most; those behind them go in the next post."""

_LETTERS_MAX = 3000
"""So long may a post of several messages be for each of them to be there in full."""

_TITLES_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What goes in one post.

    Attributes:
        title: One line.
        body: Lines.
        tone: Of the worst that it tells.
        messages: All that it tells.
    """

    title: str
    body: str
    tone: str
    messages: Sequence[Message]


def due(
    oldest: datetime, posts: Sequence[datetime], *, now: datetime, settle: timedelta = SETTLE
) -> datetime:
    """Say when a channel may be sent to.

    Args:
        oldest: When the oldest message came that waits.
        posts: When posts went in the last hour, in order.
        now: Whatever is said to be later was noted by a clock that was wrong.
        settle: How long to wait for more of its kind.
    """
    settled = min(oldest, now) + settle
    past = [one for one in posts if one <= now]
    if len(past) < AT_ONCE:
        return settled
    # As soon as fewer than ``AT_ONCE`` are younger than an hour, or the last one is old enough.
    return max(settled, min(past[-AT_ONCE] + HOUR, past[-1] + APART))


def rest(failures: int) -> timedelta:
    """Say how long a channel is left alone that did not take a post.

    Args:
        failures: How often so far, without a success between; at least 1.
    """
    return min(REST_MAX, REST_FIRST * (1 << min(failures - 1, 10)))


def together(waiting: Sequence[Message]) -> Post:
    """Make one post of all that waits.

    Args:
        waiting: At least one, oldest first.
    """
    worst = min((Event(one.event) for one in waiting), key=list(TONES).index)
    if len(waiting) == 1:
        (only,) = waiting
        return Post(title=only.title, body=only.body, tone=TONES[worst], messages=waiting)
    ordered = sorted(waiting, key=lambda one: list(TONES).index(Event(one.event)))
    counted = Counter(one.event for one in ordered)
    title = f"Strongroom: {len(waiting)} messages: " + ", ".join(
        f"{count} {event}" for event, count in counted.items()
    )
    whole = "\n\n".join(f"{one.title}\n{one.body}" for one in ordered)
    body = whole if len(whole) <= _LETTERS_MAX else _titles(ordered)
    return Post(title=title, body=body, tone=TONES[worst], messages=waiting)


def _titles(ordered: Sequence[Message]) -> str:
    lines = [f"- {one.title}" for one in ordered[:_TITLES_MAX]]
    if len(ordered) > _TITLES_MAX:
        lines.append(f"- and {len(ordered) - _TITLES_MAX} more")
    return "\n".join([*lines, "See all of it: strongroom run list"])
