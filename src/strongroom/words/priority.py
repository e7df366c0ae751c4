"""What jobs are worth, one beside the other."""

from __future__ import annotations

from enum import StrEnum


class Priority(StrEnum):
    """How early a job's runs stand in the queue. The values are part of the command line contract.

    Bounded: a step is worth a quarter of an hour of waiting, and no more.
    """

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def step(self) -> int:
        """Give it as the number that is kept with jobs and runs."""
        return {Priority.LOW: -1, Priority.NORMAL: 0, Priority.HIGH: 1}[self]

    @classmethod
    def of_step(cls, step: int) -> Priority:
        """Give the priority that a number stands for."""
        return next(one for one in cls if one.step == step)
