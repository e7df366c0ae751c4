"""Finds the best fixed setting for a weather, and holds the program's own pace against it.

The search goes by doubling and halving: first the slots, then the items in a request, then the
slots again, until each neighbour of the best is slower. A run that takes much longer than the best
so far is ended early; by how much it is slower does not matter.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from statistics import fmean

from tests.soak.fixed import Setting
from tests.soak.trial import Outcome, Plan, try_apart

_SLOWER = 1.1
_FIRST_WITHIN_S = 420.0
_SLOTS_MAX, _ITEMS_MAX = 128, 512
_TRIALS_MAX = 6


@dataclass(slots=True)
class Sweep:
    """All that was tried in one weather.

    Attributes:
        plan: With no setting.
        own: Runs at the program's own pace: one before the search and one after it.
        tried: What came of fixed settings; None: slower, or not complete.
        best: The fastest of them that left nothing out.
        best_runs: Its runs.
    """

    plan: Plan
    own: list[Outcome] = field(default_factory=list)
    tried: dict[Setting, Outcome | None] = field(default_factory=dict)
    best: Setting | None = None
    best_runs: list[Outcome] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Items per second at our own pace."""
        return fmean(one.rate for one in self.own)

    @property
    def best_rate(self) -> float:
        """Items per second at the best fixed setting."""
        return fmean(one.rate for one in self.best_runs)

    @property
    def ratio(self) -> float:
        """How much of the best fixed setting's speed the program finds by itself."""
        return self.rate / self.best_rate

    def run(self, hint: Setting, *, searches: bool = True) -> None:
        """Try everything.

        Args:
            hint: Where to begin to look.
            searches: Look on from there; else the hint is believed to be the best.
        """
        self.own.append(self._own())
        if searches:
            self._search(hint)
        else:
            self._try(hint)
        assert self.best is not None, f"no fixed setting made it in {self.plan.weather}"
        again = self._apart(self.best, _FIRST_WITHIN_S)
        if again is not None:
            self.best_runs.append(again)
        self.own.append(self._own())

    def _own(self) -> Outcome:
        outcome = self._apart(None, None)
        assert outcome is not None
        return outcome

    def _apart(self, setting: Setting | None, within_s: float | None) -> Outcome | None:
        outcome = try_apart(replace(self.plan, setting=setting), within_s=within_s)
        rate = "slower" if outcome is None else f"{outcome.rate:.0f} items/s"
        print(f"{self.plan.weather}, {setting or 'own pace'}: {rate}", file=sys.stderr, flush=True)
        return outcome

    def _search(self, hint: Setting) -> None:
        self._try(hint)
        at = hint
        while True:
            for neighbour in _neighbours(at):
                if neighbour not in self.tried and len(self.tried) < _TRIALS_MAX:
                    self._try(neighbour)
                    if self.best != at:
                        break
            if self.best in {at, None}:
                return
            at = self.best or at

    def _try(self, setting: Setting) -> None:
        within_s = _FIRST_WITHIN_S
        if self.best_runs:
            within_s = _SLOWER * self.best_runs[0].wall_s
        outcome = self._apart(setting, within_s)
        if outcome is not None and not outcome.is_complete:
            outcome = None
        self.tried[setting] = outcome
        if outcome is not None and (not self.best_runs or outcome.rate > self.best_runs[0].rate):
            self.best, self.best_runs = setting, [outcome]


def _neighbours(at: Setting) -> Iterator[Setting]:
    if at.slots < _SLOTS_MAX:
        yield replace(at, slots=at.slots * 2)
    if at.slots > 1:
        yield replace(at, slots=at.slots // 2)
    if at.items < _ITEMS_MAX:
        yield replace(at, items=at.items * 2)
    if at.items > 1:
        yield replace(at, items=at.items // 2)
