"""A machine that is used as a test says."""

from __future__ import annotations

from strongroom.service.machine import MachineLook


class ScriptedMachine:
    """Two processors, half of the memory free, and nothing in the way; see ``MachineLook``."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self.cores = 2.0
        self.late_s = 0.0
        self.memory_left: float | None = 0.4

    def look(self) -> MachineLook:
        return MachineLook(
            cpu_s=self.cpu_s,
            cores=self.cores,
            late_s=self.late_s,
            memory_left=self.memory_left,
        )
