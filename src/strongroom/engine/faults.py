"""Errors as values that are kept with a run or a task."""

from __future__ import annotations

from strongroom.control.records import Fault
from strongroom.errors import OperatorError, StrongroomError

LOST = Fault(
    exit_code=1,
    what="The run could not be carried on: each attempt was given up before it had ended.",
    why="Nobody could keep why; the log of whoever worked on it says more.",
    hint="What was stored before is intact. Look at the log, then ask for the run again.",
)


def paused_by_a_person(run_id: str) -> Fault:
    """Say of a run that nothing is wrong with it."""
    return Fault(
        exit_code=OperatorError.exit_code,
        what="The run was paused by a person.",
        hint=f"What it has kept stays; it goes on with: strongroom run resume {run_id} --wait",
    )


def fault_of(error: StrongroomError) -> Fault:
    """Keep an error as a value."""
    return Fault(exit_code=error.exit_code, what=error.what, why=error.why, hint=error.hint)


def bug(trace: str) -> Fault:
    """Keep an error that we did not foresee."""
    return Fault(
        exit_code=1,
        what="The run ended by an error in Strongroom itself.",
        why=trace,
        hint="Please report it with the lines above; what was stored before is intact.",
    )
