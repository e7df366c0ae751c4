"""The weathers that are tried, with enough work in each for a minute or so."""

from __future__ import annotations

from dataclasses import dataclass

from tests.soak.fixed import Setting
from tests.soak.trial import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A weather, and what is backed up in it.

    Attributes:
        plan: The work.
        hint: Where the search for the best fixed setting begins: only to save time.
    """

    plan: Plan
    hint: Setting


def _trial(weather: str, *, items: int, hint: Setting, mailboxes: int = 16) -> Trial:
    return Trial(plan=Plan(weather=weather, mailboxes=mailboxes, items=items), hint=hint)


TRIALS = (
    _trial("small-server", items=250, hint=Setting(slots=4, items=256)),
    _trial("connection-limit", items=600, hint=Setting(slots=32, items=64)),
    _trial("time-budget", items=900, hint=Setting(slots=64, items=64)),
    _trial("mailbox-limit", items=700, hint=Setting(slots=128, items=32)),
    _trial("long-line", items=900, hint=Setting(slots=64, items=64)),
    _trial("narrow-line", items=900, hint=Setting(slots=128, items=32)),
    _trial("maintenance", items=500, hint=Setting(slots=16, items=32)),
    _trial("busy-neighbours", items=400, hint=Setting(slots=16, items=64)),
    _trial("jittery", items=500, hint=Setting(slots=16, items=64)),
    _trial("slow-database", items=120, hint=Setting(slots=16, items=32)),
    _trial("short-queue", items=500, hint=Setting(slots=8, items=64)),
)
