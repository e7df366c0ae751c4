"""Who is let in: caps on requests at once, quotas per window, budgets of a worker's time."""

from __future__ import annotations

from collections import Counter

from strongroom.lab.weather.model import Profile, Quota, TimeBudget
from strongroom.lab.weather.visit import Announced, Asked, Key, Reason, Refusal

_WAIT_MIN_S = 1.0


class Admission:
    """The rules of one server at work. Pure: time comes in as ``now``."""

    def __init__(self, profile: Profile) -> None:
        self._caps = [(cap, Counter[Key]()) for cap in profile.caps]
        self._quotas: list[tuple[Quota, dict[Key, _Window]]] = [(one, {}) for one in profile.quotas]
        self._budgets: list[tuple[TimeBudget, dict[Key, _Balance]]] = [
            (one, {}) for one in profile.budgets
        ]

    def ask(self, now: float, asked: Asked) -> Refusal | float:
        """Judge a newcomer: why it is refused, or the seconds that it is held back.

        It is not counted among those inside yet: ``enter`` does.
        """
        for cap, inside in self._caps:
            if cap.kind in (None, asked.kind) and inside[asked.key(cap.whose)] >= cap.limit:
                return Refusal(reason=Reason.TOO_MANY, whose=cap.whose, wait_s=cap.hint_s, cap=cap)
        for quota, windows in self._quotas:
            window = windows.setdefault(asked.key(quota.whose), _Window(quota))
            if not window.charge(now, asked.units):
                wait_s = window.remaining_s(now) + quota.extra_s
                return Refusal(reason=Reason.OVER_QUOTA, whose=quota.whose, wait_s=wait_s)
        delay_s = 0.0
        for budget, balances in self._budgets:
            balance = balances.setdefault(asked.key(budget.whose), _Balance(budget))
            locked_s = balance.locked_s(now)
            if locked_s is not None:
                return Refusal(reason=Reason.OVER_BUDGET, whose=budget.whose, wait_s=locked_s)
            delay_s += balance.delay_s(now)
        return delay_s

    def enter(self, asked: Asked) -> None:
        """Count a request among those inside."""
        for cap, inside in self._caps:
            if cap.kind in (None, asked.kind):
                inside[asked.key(cap.whose)] += 1

    def leave(self, asked: Asked) -> None:
        """Count a request out."""
        for cap, inside in self._caps:
            if cap.kind in (None, asked.kind):
                inside[asked.key(cap.whose)] -= 1

    def empty(self) -> None:
        """Forget who is inside: the server has been away. Budgets and quotas stay."""
        for _, inside in self._caps:
            inside.clear()

    def charge(self, now: float, asked: Asked, work_s: float) -> None:
        """Take a worker's time off the budgets."""
        for budget, balances in self._budgets:
            balances.setdefault(asked.key(budget.whose), _Balance(budget)).charge(now, work_s)

    def announced(self, now: float, asked: Asked) -> Announced | None:
        """Say what an answer tells of a quota, if it does."""
        for quota, windows in self._quotas:
            window = windows.get(asked.key(quota.whose))
            if window is not None and (told := window.announced(now)) is not None:
                return told
        return None


class _Window:
    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._index = 0
        self._used = 0

    def charge(self, now: float, units: int) -> bool:
        index = int(now // self._quota.window_s)
        if index != self._index:
            self._index, self._used = index, 0
        self._used += units
        return self._used <= self._quota.limit

    def remaining_s(self, now: float) -> float:
        return (self._index + 1) * self._quota.window_s - now

    def announced(self, now: float) -> Announced | None:
        quota = self._quota
        reset_s = self.remaining_s(now)
        if quota.announced_from is None or reset_s <= 0.0:
            return None
        if self._used < quota.announced_from * quota.limit:
            return None
        return Announced(limit=quota.limit, left=max(0, quota.limit - self._used), reset_s=reset_s)


class _Balance:
    def __init__(self, budget: TimeBudget) -> None:
        self._budget = budget
        self._balance_s = budget.burst_s
        self._at = 0.0
        self._is_locked = False

    def locked_s(self, now: float) -> float | None:
        """Say how long this budget is closed for, or None if it is open."""
        debt_s, cutoff_s = -self._refreshed(now), self._budget.cutoff_s
        if debt_s > cutoff_s:
            self._is_locked = True
        elif debt_s <= cutoff_s / 2:
            self._is_locked = False
        if not self._is_locked:
            return None
        return max(_WAIT_MIN_S, (debt_s - cutoff_s / 2) / self._budget.recharge)

    def delay_s(self, now: float) -> float:
        debt_s = -self._refreshed(now)
        return min(self._budget.delay_max_s, max(0.0, debt_s) * self._budget.delay)

    def charge(self, now: float, work_s: float) -> None:
        self._balance_s = self._refreshed(now) - work_s

    def _refreshed(self, now: float) -> float:
        grown_s = (now - self._at) * self._budget.recharge
        self._balance_s = min(self._budget.burst_s, self._balance_s + grown_s)
        self._at = now
        return self._balance_s
