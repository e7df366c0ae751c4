"""Planned faults: at which step of a storage what goes wrong. One that never came fails the test.

A storage is changed in steps: a backend's are ``save`` and ``delete`` (``FaultyBackend``), a disk's
are smaller (``FaultyDisk``). Both tell their plan of every step before they do it, and reading as
well, which is no step that counts. To stop at every step of something, do it once to count them::

    with Faults() as faults:
        do(FaultyBackend(inner, faults))
    for number in range(1, faults.changes + 1):
        with power_cut_at(number) as faults:
            do(FaultyBackend(inner, faults))
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

READS = frozenset({"load", "load_range", "list", "folders"})
GROWING = frozenset({"save", "create", "write", "link", "make_folder"})
"""The changes that need room."""


class PowerCut(BaseException):
    """The machine is gone. Not an ``Exception``, so that nothing in between can handle it."""


class Step(NamedTuple):
    """What is about to be done, and to what."""

    verb: str
    name: str


@dataclass(slots=True)
class _Fault:
    what: str
    applies: Callable[[Step, int], bool]
    error: Callable[[Step], BaseException] | None
    comes_after: bool
    passes: int
    times: int | None
    fired: int = 0


class Faults:
    """A plan. Safe in many threads. As a context manager it fails when a fault never came.

    Attributes:
        steps: Every change so far, in order; the one that was stopped is the last.
        is_dead: Whether the machine is gone: then every further call raises ``PowerCut``.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.is_dead = False
        self._faults: list[_Fault] = []
        self._one_at_a_time = threading.Lock()

    @property
    def changes(self) -> int:
        """How many changes there were."""
        return len(self.steps)

    def stop_at(self, number: int) -> None:
        """Cut the power instead of the n-th change, from 1 on."""
        self._plan(
            f"the power was to be cut at change {number}",
            lambda step, count: step.verb not in READS and count >= number,
            lambda _: PowerCut(),
        )

    def full_at(self, number: int, *, times: int | None = None) -> None:
        """Have no room for the n-th change and those after it; ``times`` of them, if given.

        Changes that need no room happen. The error is the storage's own for having no room.
        """
        self._plan(
            f"there was to be no room from change {number} on",
            lambda step, count: step.verb in GROWING and count >= number,
            None,
            times=times,
        )

    def fail(
        self,
        verb: str,
        error: Callable[[], BaseException],
        *,
        names: str = "",
        passes: int = 0,
        times: int | None = 1,
        comes_after: bool = False,
    ) -> None:
        """Let calls of one verb fail.

        Args:
            verb: Name of the backend's or the disk's method.
            error: Makes the error.
            names: Only where this is part of the name.
            passes: So many go well before.
            times: So many fail; None: all.
            comes_after: It is done and then fails: the answer is lost.
        """
        self._plan(
            f"{verb} was to fail for '{names}'",
            lambda step, _: step.verb == verb and names in step.name,
            lambda _: error(),
            passes=passes,
            times=times,
            comes_after=comes_after,
        )

    def end(self) -> None:
        """Let everything go well from now on."""
        for fault in self._faults:
            fault.times = fault.fired

    @property
    def came(self) -> int:
        """How often a planned fault came."""
        return sum(fault.fired for fault in self._faults)

    def before(self, step: Step, *, no_room: Callable[[str], Exception]) -> None:
        """Take note of a step that is about to be done; raise what is planned for it."""
        with self._one_at_a_time:
            self.live()
            if step.verb not in READS:
                self.steps.append(step)
            self._raise(step, no_room, comes_after=False)

    def after(self, step: Step, *, no_room: Callable[[str], Exception]) -> None:
        """Raise what is planned for a step that was done."""
        with self._one_at_a_time:
            self._raise(step, no_room, comes_after=True)

    def live(self) -> None:
        """Raise ``PowerCut`` if the machine is gone."""
        if self.is_dead:
            raise PowerCut

    def never_came(self) -> list[str]:
        """Say which planned faults never came."""
        return [fault.what for fault in self._faults if not fault.fired]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            assert not self.never_came(), f"planned faults never came: {self.never_came()}"

    def _plan(
        self,
        what: str,
        applies: Callable[[Step, int], bool],
        error: Callable[[Step], BaseException] | None,
        *,
        passes: int = 0,
        times: int | None = None,
        comes_after: bool = False,
    ) -> None:
        self._faults.append(_Fault(what, applies, error, comes_after, passes, times))

    def _raise(self, step: Step, no_room: Callable[[str], Exception], *, comes_after: bool) -> None:
        for fault in self._faults:
            if fault.comes_after != comes_after or not fault.applies(step, self.changes):
                continue
            if fault.passes:
                fault.passes -= 1
                continue
            if fault.times is not None and fault.fired >= fault.times:
                continue
            fault.fired += 1
            error = fault.error(step) if fault.error else no_room(step.name)
            self.is_dead = self.is_dead or isinstance(error, PowerCut)
            raise error


@contextmanager
def power_cut_at(number: int) -> Iterator[Faults]:
    """Stop what is done inside at the n-th change, from 1 on; fail if there are not so many."""
    with Faults() as faults:
        faults.stop_at(number)
        try:
            yield faults
        except PowerCut:
            assert faults.is_dead
