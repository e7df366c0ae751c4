"""What a restore of many mailboxes is: one run, and of each everyone's newest days come first.

Each has a task for its newest days and one for the rest. The request is that of a single restore,
but for what differs from one resource to the next: that is under ``many``, by resource. A task's
place holds what it is to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from strongroom.control.records import FIRST, Task, TaskStatus
from strongroom.operations.choosing import Choice, Portion
from strongroom.operations.points import RestorePoint
from strongroom.operations.saved import SavedTree
from strongroom.store.repository import Repository
from strongroom.words.durations import duration
from strongroom.words.json import Json
from strongroom.words.paths import path_names
from strongroom.words.resource import Resource, ResourceKind
from strongroom.words.time_left import UploadLimit, together_s

NEWEST_DAYS = 7
"""So many days come first if nobody says how many."""

TASKS_MAX = 16
"""So many mailboxes are written at once at most: each holds a journal and what is on its way."""

KINDS = frozenset({ResourceKind.MAILBOX, ResourceKind.ARCHIVE, ResourceKind.PUBLIC_FOLDERS})
"""What can be one of many. A site's columns and lists come before its items, whatever their day."""

MANY = "many"


def requests_of(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give what each resource of a run is asked for, as if it were asked for alone."""
    common = {name: value for name, value in request.items() if name != MANY}
    return [{**common, **one} for one in request[MANY]]


def request_of(request: Mapping[str, Any], task: Task) -> Mapping[str, Any]:
    """Give what a task's resource is asked for."""
    if MANY not in request:
        return request
    common = {name: value for name, value in request.items() if name != MANY}
    return {**common, **request[MANY][_place(task)["number"]]}


def portion_of(task: Task) -> Portion | None:
    """Say which days a task restores; None: all."""
    since: str | None = _place(task).get("since")
    if since is None:
        return None
    return Portion(since=date.fromisoformat(since), is_newest=_place(task)["is_newest"])


def point_of(task: Task) -> str | None:
    """Say which restore point a task restores; None: the run says."""
    point: str | None = _place(task).get("point")
    return point


def journal_of(task: Task) -> int:
    """Say which of the run's journals a task writes."""
    number: int = _place(task).get("number", -1)
    return number + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One of many, as it was found.

    Attributes:
        number: Its place among them.
        target: The resource to restore into.
        repository: What it comes from.
        point: And from when.
    """

    number: int
    target: Resource
    repository: Repository
    point: RestorePoint

    def tasks(
        self, run_id: str, request: Mapping[str, Any], limit: UploadLimit | None
    ) -> Iterator[Task]:
        """Give its tasks, in the order in which they must be done."""
        days: int = request["newest_days"]
        tree = SavedTree(self.repository.reader(), self.point.tree)
        paths = [path_names(path) for path in request["paths"]]
        choice = Choice(tree, paths)
        size, items = sum(map(choice.bytes, choice.folders)), _items(choice, None)
        if not days:
            yield self._task(run_id, None, (items, size), limit)
            return
        since = (self.point.time - timedelta(days=days)).date()
        newest, rest = (Portion(since=since, is_newest=is_newest) for is_newest in (True, False))
        first = Choice(tree, paths, portion=newest)
        newest_size = sum(map(first.bytes, first.folders))
        newest_items = _items(first, newest)
        if newest_items:
            yield self._task(run_id, newest, (newest_items, newest_size), limit, days=days)
        left = (items - newest_items, max(0, size - newest_size))
        yield self._task(run_id, rest, left, limit)

    def _task(
        self,
        run_id: str,
        portion: Portion | None,
        amount: tuple[int, int],
        limit: UploadLimit | None,
        *,
        days: int = 0,
    ) -> Task:
        items, size = amount
        place: dict[str, Json] = {
            **self.target.to_json(),
            "number": self.number,
            "point": self.point.id,
            "since": None if portion is None else portion.since.isoformat(),
            "is_newest": bool(days),
            "days": days,
            "items": items,
            "bytes": size,
            "limit_s": None if limit is None else round(limit.takes_s(size), 1),
        }
        name = self.target.reference
        return Task(
            run_id=run_id,
            number=self.number,
            resource_kind=str(self.target.kind),
            resource_id=self.target.id + (FIRST if days else ""),
            resource=f"{name}: last {days} days" if days else name,
            name=self.target.name,
            place=place,
        )


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """Order the tasks of a run: everyone's newest days, then everyone's rest."""
    ordered = sorted(tasks, key=lambda task: not task.resource_id.endswith(FIRST))
    return [replace(task, number=number) for number, task in enumerate(ordered)]


def forecast(tasks: Sequence[Task]) -> dict[str, Json] | None:
    """Say how long what is left of a restore of many takes at least, by what its server takes in.

    Returns:
        None: it is no such restore, or nothing of it is left.
    """
    open_ = [
        place
        for task in tasks
        if task.status in {TaskStatus.WAITING, TaskStatus.RUNNING, TaskStatus.FAILED}
        and "limit_s" in (place := _place(task))
    ]
    if not open_:
        return None
    newest = [place for place in open_ if place["is_newest"]]
    newest_s, all_s = _takes_s(newest), _takes_s(open_)
    days = newest[0]["days"] if newest else None
    told = first = ""
    if newest_s is not None:
        first = f"everyone's last {days} days: about {duration(newest_s)}; "
    if all_s is not None:
        told = f"By what the server takes in: {first}all: about {duration(all_s)}."
    return {
        "days": days,
        "newest_bytes": sum(place["bytes"] for place in newest),
        "newest_s": newest_s,
        "bytes": sum(place["bytes"] for place in open_),
        "all_s": all_s,
        "told": told,
    }


def _takes_s(places: Sequence[Mapping[str, Any]]) -> float | None:
    each = [(place["number"], place["limit_s"]) for place in places]
    if not each or any(seconds is None for _, seconds in each):
        return None
    return round(together_s(each, TASKS_MAX), 1)


def _items(choice: Choice, portion: Portion | None) -> int:
    if portion is None:
        return sum(folder.items for folder in choice.folders)
    return sum(1 for folder in choice.folders for _ in choice.items(folder))


def _place(task: Task) -> Mapping[str, Any]:
    return task.place or {}
