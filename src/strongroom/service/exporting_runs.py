"""What an export run does: writes one resource's items below a folder of the service account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from strongroom.control import runs as run_rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import Run, Task
from strongroom.engine.work import Desk, Ending
from strongroom.operations.export import ExportFormat, ExportRequest, export
from strongroom.operations.points import choose
from strongroom.service.export_jobs import checked_output
from strongroom.service.outcomes import conclude
from strongroom.service.progress import Board
from strongroom.service.shared import Shared
from strongroom.service.showing import shown_without_server
from strongroom.service.storages import Storages
from strongroom.service.tasks import TaskKeeper
from strongroom.words.coverage import Coverage
from strongroom.words.paths import path_names


class ExportWork:
    """The handler of export runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, storages: Storages) -> None:
        self._shared = shared
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Write down the one task, and settle the restore point if nobody has."""
        request: Mapping[str, Any] = run.request
        storage = self._storages.open_by_id(request["storage"])
        repository = storage.repository(request["kind"], request["id"])
        pinned = run.pinned or {"point": choose(repository, request["at"]).id}
        point = choose(repository, f"point:{pinned['point']}")
        with self._shared.database.write() as db:
            run_rows.pin(db, run.id, pinned)
        task = Task(
            run_id=run.id,
            number=0,
            resource_kind=request["kind"],
            resource_id=request["id"],
            resource=request["resource"],
            place={"point": point.id},
            weight=point.bytes,
        )
        desk.tasks.plan([task])

    def work(self, run: Run, desk: Desk) -> None:
        """Write what is not there yet; whoever was cut short finds its own files again."""
        keeper = TaskKeeper(shared=self._shared, run_id=run.id, tasks=desk.tasks)
        clock = self._shared.ports.clock
        with shown_without_server(run, desk, clock) as board, desk.tasks.taken() as todo:
            for task in todo:
                keeper.perform(task, partial(self._export, run, task, desk, board))

    def conclude(self, run: Run) -> Ending:
        """Say how it ended, from the ledger."""
        with self._shared.database.read() as db:
            return conclude(task_rows.without_ledgers(db, run.id))

    def _export(self, run: Run, task: Task, desk: Desk, board: Board) -> Coverage:
        request: Mapping[str, Any] = run.request
        place: Mapping[str, Any] = task.place or {}
        output = run_folder(run, self._shared.home.path)
        storage = self._storages.open_by_id(request["storage"])
        with board.resource(task.resource) as progress:
            coverage = export(
                storage.repository(task.resource_kind, task.resource_id),
                ExportRequest(
                    output=output,
                    format=ExportFormat(request["format"]),
                    at=f"point:{place['point']}",
                    paths=tuple(path_names(path) for path in request["paths"]),
                    items=tuple(request["items"]),
                ),
                progress=progress,
                stop=desk.stop,
            )
        return replace(coverage, notes=(f"Written below {output}.", *coverage.notes))


def run_folder(run: Run, home: Path) -> Path:
    """Say into which folder a run writes: one of its own, the same however often it is resumed.

    So a job that runs again and again never meets what it wrote before.

    Raises:
        OperatorError: the folder that it was to be made in is not there any more.
    """
    chosen = checked_output(str(run.request["output"]), home)
    return chosen / f"{run.created:%Y-%m-%d %H%M%S} {run.id}"
