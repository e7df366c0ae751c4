"""How much of this machine the process uses, and how much there is."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from strongroom.clock import Clock

_MEMORY = Path("/proc/meminfo")
_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLook:
    """One look.

    Attributes:
        cpu_s: Processor seconds that this process has used up, all threads together.
        cores: So many processors it may use.
        late_s: So long a thread waited that let another have its turn: nearly nothing, unless
            others want it all the time.
        memory_left: Share of the memory that is free; None: the system does not say.
    """

    cpu_s: float
    cores: float
    late_s: float
    memory_left: float | None


class MachinePort(Protocol):
    """Looks at the machine. Quick: asked twice a second."""

    def look(self) -> MachineLook:
        """Look now."""


class ThisMachine:
    """The machine that the process runs on.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cores = cores()

    def look(self) -> MachineLook:
        """Look now."""
        began_s = self._clock.monotonic_s()
        # Not to wait, but to let go of the interpreter's lock and see how long it takes to come by.
        self._clock.sleep(0)
        return MachineLook(
            cpu_s=time.process_time(),
            cores=self._cores,
            late_s=self._clock.monotonic_s() - began_s,
            memory_left=memory_left(),
        )


def cores() -> float:
    """Say how many processors this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    allowed = _allowed_cores()
    whole = float(count or 1)
    return whole if allowed is None else min(whole, allowed)


def _allowed_cores() -> float | None:
    """Say what a container leaves us, if it does not leave us all."""
    try:
        quota, period = _CPU_LIMIT.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # no container, or no limit: "max"
        return None


def memory_left(source: Path = _MEMORY) -> float | None:
    """Say which share of the memory is free or can be freed at once."""
    try:
        lines = dict(line.split(":", 1) for line in source.read_text().splitlines())
        total, free = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    except (OSError, ValueError, KeyError, IndexError):  # another system than Linux
        return None
    return free / total if total else None
