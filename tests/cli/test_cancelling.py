"""What a person is told who cancels a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.cli.run import cancelled
from strongroom.control.records import Run, RunStatus
from tests.fakes.hand_clock import HandClock

RUNNING = Run(
    position=1, id="r1", job_id=None, job=None, kind="restore", request={"kind": "mailbox"},
    claims={}, status=RunStatus.RUNNING, waits_for=None, is_stop_asked=True, is_pause_asked=False,
    attempts=1, requests=0, throttled=0, created=HandClock().now(), started=None, finished=None,
    error=None,
)  # fmt: skip
INTO_A_SITE = replace(RUNNING, request={"kind": "site"})


@pytest.mark.parametrize(
    ("run", "is_orphan", "told"),
    [
        (RUNNING, False, "Run r1 ends at its next safe point."),
        (
            INTO_A_SITE,
            False,
            "Run r1 ends at its next safe point, and puts back what it relaxed.",
        ),
        (replace(INTO_A_SITE, status=RunStatus.CANCELLED), True, "Run r1 is cancelled."),
        (
            replace(INTO_A_SITE, is_giving_up=True),
            False,
            (
                "Run r1 has relaxed settings in the site; it ends when they are put back. "
                "`strongroom run watch r1` shows it."
            ),
        ),
        (
            replace(INTO_A_SITE, is_giving_up=True),
            True,
            (
                "Run r1 has relaxed settings in the site; it ends when they are put back. Nobody "
                "does that now: `strongroom run cancel r1 --wait` does it."
            ),
        ),
    ],
)
def test_it_says_what_becomes_of_it_and_who_does_it(
    run: Run, told: str, *, is_orphan: bool
) -> None:
    assert cancelled(run, is_orphan=is_orphan) == told
