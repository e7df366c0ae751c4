"""What a run's threads spent their time on in the last half minute, and what of this machine.

``spent``: thread-seconds, that add up over workers: ``working_s``, ``waiting_to_seal_s``,
``sealing_s``, ``sealing_cpu_s``, ``sealing_pieces_s`` (see ``pace.spent``), ``line_s``,
``flight_s``, ``answered_s``, ``head_s`` (see ``words.pace.PaceReport``); the latter of all runs of
the process that use the same server. ``machine``: see ``words.run_limits.Machine``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict

from strongroom.clock import Clock
from strongroom.pace.spent import Spent
from strongroom.service.machine import MachineLook, MachinePort
from strongroom.words.json import Json
from strongroom.words.pace import PaceReport
from strongroom.words.run_limits import Machine

_OVER_S = 30.0
_LOOK_EVERY_S = 0.5
_LATE_S = 0.002
"""A thread that is let go on at once comes back within a tenth of this; one that must wait for the
interpreter's lock is given it after five milliseconds, or when the other waits for something."""

_OF_PACE = ("line_s", "flight_s", "answered_s", "head_s")


class RunLoad:
    """Looks for one run at where time goes. For one thread at a time.

    Args:
        spent: What its threads count.
        machine: The machine.
        clock: Time.
    """

    def __init__(self, spent: Spent, machine: MachinePort, clock: Clock) -> None:
        self._spent = spent
        self._machine = machine
        self._clock = clock
        self._seen: deque[tuple[float, dict[str, float], MachineLook]] = deque()
        self._pace = PaceReport(server="", slots=0)

    def document(self, pace: PaceReport | None) -> dict[str, Json]:
        """Say how it is, from a look at most twice a second.

        Args:
            pace: How the server is used now, if one is asked.
        """
        now_s = self._clock.monotonic_s()
        self._pace = pace or self._pace
        if not self._seen or now_s - self._seen[-1][0] >= _LOOK_EVERY_S:
            self._seen.append((now_s, self._sums(), self._machine.look()))
        while len(self._seen) > 2 and self._seen[1][0] <= now_s - _OVER_S:
            self._seen.popleft()
        first, last = self._seen[0][1], self._seen[-1][1]
        spent: dict[str, Json] = {
            name: round(max(0.0, last[name] - first[name]), 3) for name in last
        }
        return {"spent": spent, "machine": self._machine_now()}

    def _sums(self) -> dict[str, float]:
        mine = {str(activity): total for activity, total in self._spent.totals().items()}
        return {**mine, **{name: getattr(self._pace, name) for name in _OF_PACE}}

    def _machine_now(self) -> dict[str, Json]:
        (first_s, _, first), (last_s, _, last) = self._seen[0], self._seen[-1]
        over_s = last_s - first_s
        used = (last.cpu_s - first.cpu_s) / over_s if over_s > 0.0 else 0.0
        late = [look.late_s > _LATE_S for _, _, look in self._seen]
        machine = Machine(
            cpu=round(max(0.0, min(1.0, used / last.cores)), 3),
            cores=last.cores,
            late=round(sum(late) / len(late), 3),
            memory_left=None if last.memory_left is None else round(last.memory_left, 3),
        )
        return asdict(machine)
