"""How a run stands for who looks at it: one whose worker has died does not run."""

from __future__ import annotations

from dataclasses import replace

from strongroom.control.records import Run, RunStatus

WORKER_GONE = "a worker: whoever worked on it has ended"


def as_it_stands(run: Run, *, has_worker: bool) -> Run:
    """Show a run as waiting that stands as running while nobody is there.

    It keeps all that it claims, and whoever becomes the worker next goes on with it.

    Args:
        run: As it is kept.
        has_worker: There is a worker.
    """
    if has_worker or run.status is not RunStatus.RUNNING:
        return run
    return replace(run, status=RunStatus.WAITING, waits_for=WORKER_GONE, live=None)
