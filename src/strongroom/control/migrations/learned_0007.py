"""What version 0007 keeps beside the runs, learned from the runs that older versions made.

Without it a home would not know what is protected until its next backups have ended, and would say
of everything that it was never tried. Written out, like the steps themselves: how such rows are
made may change, what this step does never does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

SUMS = ("on_server", "saved", "unchanged", "skipped", "failed", "bytes_read", "bytes_stored")
_KEY = ("resource_kind", "resource_id")
_TOTALLED = ("saved", "bytes_read", "bytes_stored")
_LEFT_OUT = ("excluded", "gone")
_FINAL = ("complete", "partial", "failed", *_LEFT_OUT)
_NOT_LISTED = "The server does not list it any more."
_WHY_MAX = 500
_DAY_LETTERS = len("2026-03-05")

RUNS = sa.text("SELECT id, job, request FROM runs WHERE kind = 'backup' ORDER BY position")
RUNS_WITH_TASKS = sa.text("SELECT DISTINCT run_id FROM tasks WHERE coverage IS NOT NULL")
TASKS = sa.text(
    "SELECT run_id, resource_kind, resource_id, resource, name, status, started, finished,"
    " coverage, reason, error FROM tasks WHERE run_id = :run ORDER BY number"
)
_TASKS = sa.table("tasks", *(sa.column(name) for name in (*_KEY, "run_id", *SUMS)))
SUM_UP = (
    sa.update(_TASKS)
    .where(*(_TASKS.c[name] == sa.bindparam(f"of_{name}") for name in ("run_id", *_KEY)))
    .values({name: sa.bindparam(name) for name in SUMS})
)
STORAGES = sa.text("SELECT id, name FROM storages")
CONNECTIONS = sa.text("SELECT id, name FROM connections")

Key = tuple[str, str, str]


@dataclass(slots=True)
class _Learned:
    """All that was learned, by the storage's id and the resource's kind and id."""

    protected: dict[Key, dict[str, Any]] = field(default_factory=dict)
    growth: dict[tuple[Key, str], Counter[str]] = field(default_factory=dict)
    last_run: dict[tuple[str, str | None], str] = field(default_factory=dict)


def learn(db: sa.Connection) -> None:
    """Fill what is new from what there is."""
    _sum_up(db)
    learned = _Learned()
    storages, connections = (_by_id(db, one) for one in (STORAGES, CONNECTIONS))
    for run in db.execute(RUNS).mappings().all():
        request = _read(run["request"])
        if request.get("storage") in storages:
            origin = {
                "storage_id": request["storage"],
                "storage": storages[request["storage"]],
                "connection": connections.get(request.get("connection", ""), ""),
                "job": run["job"],
                "run_id": run["id"],
            }
            _learn_run(db, learned, origin)
    _write(db, learned)


def _tasks(db: sa.Connection, run_id: str) -> Iterator[Mapping[str, Any]]:
    for row in db.execute(TASKS, {"run": run_id}).mappings():
        yield dict(row)


def _by_id(db: sa.Connection, names: sa.TextClause) -> Mapping[str, str]:
    return {row.id: row.name for row in db.execute(names)}


def _sum_up(db: sa.Connection) -> None:
    """Write the sums of each ledger beside it, a run at a time."""
    for run_id in db.execute(RUNS_WITH_TASKS).scalars().all():
        rows = [
            {
                **{f"of_{name}": task[name] for name in ("run_id", *_KEY)},
                **_totals(_ledger(task)),
            }
            for task in _tasks(db, run_id)
            if task["coverage"] is not None
        ]
        if rows:
            db.execute(SUM_UP, rows)


def _learn_run(db: sa.Connection, learned: _Learned, origin: Mapping[str, Any]) -> None:
    for task in _tasks(db, origin["run_id"]):
        learned.last_run[origin["storage_id"], origin["job"]] = origin["run_id"]
        status = "gone" if (task["reason"] or "").startswith(_NOT_LISTED) else task["status"]
        if status in _FINAL:
            _learn_task(learned, origin, task, status)


def _learn_task(
    learned: _Learned, origin: Mapping[str, Any], task: Mapping[str, Any], status: str
) -> None:
    key = (origin["storage_id"], task["resource_kind"], task["resource_id"])
    known = learned.protected.get(key, _unknown())
    if status in _LEFT_OUT and known["job"] != origin["job"] and known["status"] in _FINAL[:3]:
        return  # another job saves it
    ledger = _ledger(task)
    totals = _totals(ledger)
    now = {
        **known,
        **origin,
        **{name: task[name] for name in ("resource_kind", "resource_id", "resource")},
        "name": task["name"] or known["name"],
        "status": status,
        "why": _why(task, totals)[:_WHY_MAX],
        "tried": known["tried"] if status in _LEFT_OUT else task["started"] or known["tried"],
        **{name: known[name] + totals[name] for name in _TOTALLED},
    }
    if status in {"complete", "partial"}:
        now |= {"newest": task["started"], "newest_point": ledger.get("point")}
        now["items"] = totals["saved"] + totals["unchanged"]
    if status == "complete":
        now |= {"good": task["started"], "point": ledger.get("point")}
    learned.protected[key] = now
    if task["finished"] is not None and any(totals[name] for name in _TOTALLED):
        day = learned.growth.setdefault((key, task["finished"][:_DAY_LETTERS]), Counter())
        day.update({name: totals[name] for name in _TOTALLED})


def _unknown() -> dict[str, Any]:
    nothing = ("job", "status", "tried", "good", "point", "newest", "newest_point")
    return {"name": "", **dict.fromkeys(nothing), **dict.fromkeys(("items", *_TOTALLED), 0)}


def _ledger(task: Mapping[str, Any]) -> Mapping[str, Any]:
    return _read(task["coverage"])


def _read(text: str | None) -> Mapping[str, Any]:
    """Read a JSON object; what is none says nothing, and keeps nobody from the newer version."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _totals(ledger: Mapping[str, Any]) -> dict[str, int]:
    totals = ledger.get("totals") or {}
    return {name: int(totals.get(name, 0)) for name in SUMS}


def _why(task: Mapping[str, Any], totals: Mapping[str, int]) -> str:
    if task["error"] is not None:
        fault = _read(task["error"])
        why = "" if fault.get("exit_code") == 1 else fault.get("why", "")  # of ours, the trace
        return f"{fault.get('what', '')} {why}".strip()
    if task["status"] == "partial":
        return f"It lacks items: {totals['failed']:,} failed, {totals['skipped']:,} skipped."
    return task["reason"] or ""


def _write(db: sa.Connection, learned: _Learned) -> None:
    rows = list(_worth_telling(learned))
    if rows:
        db.execute(_insert("protected", rows[0]), rows)
    known = {(row["storage_id"], row["resource_kind"], row["resource_id"]) for row in rows}
    days = [
        {
            "storage_id": key[0],
            "resource_kind": key[1],
            "resource_id": key[2],
            "day": day,
            "items": figures["saved"],
            "bytes_read": figures["bytes_read"],
            "bytes_stored": figures["bytes_stored"],
        }
        for (key, day), figures in learned.growth.items()
        if key in known
    ]
    if days:
        db.execute(_insert("growth", days[0]), days)


def _worth_telling(learned: _Learned) -> Iterator[dict[str, Any]]:
    """Leave out of what nothing was saved and what its job did not come to the last time."""
    for row in learned.protected.values():
        last = learned.last_run[row["storage_id"], row["job"]]
        if row["newest"] is not None or row["run_id"] == last:
            yield row


def _insert(table: str, row: Mapping[str, Any]) -> sa.Insert:
    return sa.insert(sa.table(table, *(sa.column(name) for name in row)))
