"""How far a run is while it lasts, against the lab: what is told meets the ledger in the end."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom import compose
from strongroom.control import progress
from strongroom.control import runs as rows
from strongroom.control.records import Run
from strongroom.lab.lab import Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.service.run_view import as_seen
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ADDRESSES = ("first@lab.example", "second@lab.example")


@pytest.mark.in_process
def test_figures_grow_with_the_run_and_meet_its_ledger(
    strongroom: Strongroom, open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = [
        Load(address=address, items=200 * (number + 1), item_bytes=2048, folders=3)
        for number, address in enumerate(ADDRESSES)
    ]
    open_lab(Wishes(loads=tuple(loads)))
    at_the_end: list[Any] = []
    leave = progress.leave

    def last_look(db: sa.Connection, run_id: str, worker: str | None = None) -> None:
        """See how the run stands at the very moment at which its worker has nothing more to do."""
        run = rows.by_id(db, run_id)
        assert run is not None
        at_the_end.append(as_seen(db, run, NOW).live)
        leave(db, run_id, worker)

    monkeypatch.setattr(progress, "leave", last_look)
    strongroom(
        "job", "add", "backup", "both", "--connection", "lab", "--storage", "disk",
        "--resource", ADDRESSES[0], "--resource", ADDRESSES[1],
    )  # fmt: skip
    seen: list[Run] = []
    with compose.open_application(strongroom.home) as application:
        run, _ = application.jobs.ask_run("both")
        application.runs.wait(run.id, seen.append)
        report: Any = application.runs.show(run.id)

    totals = report["totals"]
    assert report["status"] == "complete", report
    figures = [live["run"] for live in at_the_end if live is not None and live["run"]["tasks"]]
    last = figures[-1]
    assert (last["tasks"], last["tasks_done"], last["tasks_in_hand"]) == (2, 2, 0)
    assert last["items"] == last["items_expected"] == totals["saved"]
    assert last["bytes"] == last["bytes_expected"] == totals["bytes_read"]
    assert (last["left_s"], last["share"]) == (0.0, 1.0)
    assert last["items_per_s_overall"] > 0
    kept = _kept(strongroom, run.id)
    assert kept["worked"] == {
        "items": totals["saved"], "bytes": kept["worked"]["bytes"], "tasks": 2,
    }  # fmt: skip
    told: list[Any] = [run.live["run"] for run in seen if run.live is not None]
    assert all(one["items"] <= totals["saved"] for one in told)
    assert all(before["items"] <= after["items"] for before, after in pairwise(told))
    assert all(one["left_s"] is None or one["left_s"] >= 0 for one in told)
    assert all(one["items_expected"] <= totals["saved"] for one in told), "foreseen, not guessed"


def _kept(strongroom: Strongroom, run_id: str) -> Any:
    with compose.open_application(strongroom.home) as application:
        return application.runs.find(run_id).earlier
