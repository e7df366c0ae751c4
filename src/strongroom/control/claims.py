"""Rows of claims, and those columns of runs that decide who is granted.

Every function works inside the caller's transaction. A run of 100,000 resources claims as many
keys, so nothing here reads a run's JSON unless it must, and two runs are compared from the side
that claims less: each key of the one is looked up in the other by the primary key (run, key).

``LIMIT 1 OFFSET 0`` keeps PostgreSQL from turning these look-ups into a join. It would choose the
kind of join by its statistics, which know nothing yet of 100,000 rows that were just written, and
then take minutes. ``ORDER BY key`` keeps it from reading the whole table for ten keys of one run,
when it believes that the table holds one run only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.queued import KINDS, Asked, Queued
from strongroom.control.records import RunStatus
from strongroom.control.schema import CLAIMS, RUNS
from strongroom.words.json import Json

_SLICE_KEYS = 5_000
_RUN = sa.bindparam("wanted", type_=sa.Text)
_OPEN = (RunStatus.WAITING, RunStatus.RUNNING)


def _add_keys(keys: sa.FromClause) -> sa.Insert:
    chosen = sa.select(_RUN, keys.c.value, sa.bindparam("is_one_shared", type_=sa.Integer))
    return sa.insert(CLAIMS).from_select(["run_id", "key", "is_shared"], chosen)


_KEYS_TEXT = sa.bindparam("keys_text", type_=sa.Text)
ADD_KEYS = {
    "sqlite": _add_keys(sa.func.json_each(_KEYS_TEXT).table_valued("value")),
    "postgresql": _add_keys(
        sa.func.json_array_elements_text(sa.cast(_KEYS_TEXT, sa.JSON))
        .table_valued("value")
        .render_derived()
    ),
}
"""One statement for thousands of keys: one for each costs ten times as much."""

SAY_CLAIMED = sa.update(RUNS).where(RUNS.c.id == _RUN).values(claimed=sa.bindparam("how_many"))
DROP_KEYS = sa.delete(CLAIMS).where(CLAIMS.c.run_id == _RUN)
CLAIMS_TEXT = sa.select(RUNS.c.claims).where(RUNS.c.id == _RUN)
OPEN = sa.select(
    RUNS.c.id,
    RUNS.c.position,
    RUNS.c.kind,
    RUNS.c.status,
    RUNS.c.sort_ms,
    RUNS.c.is_urgent,
    RUNS.c.overtaken,
    RUNS.c.stop_asked,
    RUNS.c.blocked_by,
    RUNS.c.stands_since,
    RUNS.c.yields_from,
    RUNS.c.not_before,
    RUNS.c.claimed,
).where(RUNS.c.status.in_(_OPEN))
GRANT = (
    sa.update(RUNS)
    .where(RUNS.c.id == _RUN, RUNS.c.status == RunStatus.WAITING)
    .values(
        status=RunStatus.RUNNING,
        granted=sa.bindparam("now"),
        started=sa.func.coalesce(RUNS.c.started, sa.bindparam("now")),
        attempts=RUNS.c.attempts + 1,
        overtaken=0,
        stop_asked=sa.case(
            (RUNS.c.stop_asked == Asked.GIVE_UP, Asked.GIVE_UP), else_=Asked.NOTHING
        ),
        waits_for=None,
        blocked_by=None,
        stands_since=None,
        ending=None,
        error=None,
        yields_from=sa.bindparam("left_alone_until"),
    )
)
SAY_BLOCKED = (
    sa.update(RUNS)
    .where(RUNS.c.id == _RUN)
    .values(blocked_by=sa.bindparam("other"), waits_for=sa.bindparam("reason"))
)
SAY_OVERTAKEN = sa.update(RUNS).where(RUNS.c.id == _RUN).values(overtaken=sa.bindparam("how_often"))
ASK_TO_STAND_ASIDE = (
    sa.update(RUNS)
    .where(RUNS.c.id == _RUN, RUNS.c.stop_asked == Asked.NOTHING)
    .values(stop_asked=Asked.YIELD)
)
STAND_ASIDE = (
    sa.update(RUNS)
    .where(RUNS.c.id == _RUN, RUNS.c.status == RunStatus.RUNNING)
    .values(
        status=RunStatus.WAITING,
        stop_asked=sa.case(
            (RUNS.c.stop_asked == Asked.YIELD, Asked.NOTHING), else_=RUNS.c.stop_asked
        ),
        stands_since=sa.bindparam("now"),
        yields=RUNS.c.yields + 1,
        lost=0,
        blocked_by=None,
        waits_for=None,
    )
)


def _conflicts(few_of: sa.ColumnElement[str], many_of: sa.ColumnElement[str]) -> sa.Select[Any]:
    """Find which of some runs conflict with a run, and the first kind of key that does it."""
    few, many = CLAIMS.alias("few"), CLAIMS.alias("many")
    one: sa.ColumnClause[int] = sa.literal_column("1")
    none: sa.ColumnClause[int] = sa.literal_column("0")
    is_also_there = (
        sa.select(one)
        .where(many.c.run_id == many_of, many.c.key == few.c.key)
        .where(sa.or_(few.c.is_shared == none, many.c.is_shared == none))
        .correlate(few, RUNS)
        .limit(one)
        .offset(none)
    )

    def is_any(kind: str) -> sa.ColumnElement[bool]:
        return sa.exists(
            sa.select(one)
            .select_from(few)
            .where(few.c.run_id == few_of)
            # All keys of a kind: the semicolon is what comes after the colon.
            .where(few.c.key >= sa.literal_column(f"'{kind}:'"))
            .where(few.c.key < sa.literal_column(f"'{kind};'"))
            .where(sa.exists(is_also_there))
            .correlate(RUNS)
            .order_by(few.c.key)
            .limit(one)
            .offset(none)
        )

    kind = sa.case(*[(is_any(kind), sa.literal_column(f"'{kind}'")) for kind in KINDS])
    among = RUNS.c.id.in_(sa.bindparam("others", expanding=True))
    return sa.select(RUNS.c.id, kind.label("kind")).where(among)


CONFLICTS_FROM_IT = _conflicts(_RUN, RUNS.c.id)
CONFLICTS_FROM_OTHERS = _conflicts(RUNS.c.id, _RUN)


def add(db: sa.Connection, run_id: str, keys: Mapping[str, bool]) -> None:
    """Put the keys of a run into the table, instead of those that are there.

    Args:
        db: The transaction.
        run_id: The run, which is in its own table already.
        keys: Each key, and whether it is shared with runs that share it too.
    """
    db.execute(DROP_KEYS, {"wanted": run_id})
    statement = ADD_KEYS[db.dialect.name]
    for is_shared in (False, True):
        # In the order of the table: neighbours are written together.
        chosen = sorted(key for key, also_others in keys.items() if also_others is is_shared)
        for start in range(0, len(chosen), _SLICE_KEYS):
            text = json.dumps(chosen[start : start + _SLICE_KEYS])
            values = {"wanted": run_id, "keys_text": text, "is_one_shared": int(is_shared)}
            db.execute(statement, values)
    db.execute(SAY_CLAIMED, {"wanted": run_id, "how_many": len(keys)})


def drop(db: sa.Connection, run_id: str) -> None:
    """Take the keys of a run out of the table."""
    db.execute(DROP_KEYS, {"wanted": run_id})
    db.execute(SAY_CLAIMED, {"wanted": run_id, "how_many": None})


def kept(db: sa.Connection, run_id: str) -> Mapping[str, Json]:
    """Give the claims of a run as they are kept in its own row."""
    return rows.json_of(db.execute(CLAIMS_TEXT, {"wanted": run_id}).scalar_one())


def queue(db: sa.Connection) -> list[Queued]:
    """List the runs that wait or run, in no order."""
    return [_record(row) for row in db.execute(OPEN).mappings()]


def conflicts(db: sa.Connection, entry: Queued, others: Sequence[Queued]) -> dict[str, str]:
    """Find which of some runs conflict with a run; all of them have their keys in the table.

    Returns:
        The kind of key that both claim, by the id of the other one.
    """
    mine = entry.claimed or 0
    with_fewer = [other.id for other in others if (other.claimed or 0) < mine]
    with_more = [other.id for other in others if (other.claimed or 0) >= mine]
    found: dict[str, str] = {}
    for statement, ids in ((CONFLICTS_FROM_OTHERS, with_fewer), (CONFLICTS_FROM_IT, with_more)):
        if ids:
            told = db.execute(statement, {"wanted": entry.id, "others": ids})
            found.update((row.id, row.kind) for row in told if row.kind is not None)
    return found


def grant(
    db: sa.Connection, run_id: str, *, now: datetime, left_alone_until: datetime | None
) -> None:
    """Let a waiting run run."""
    values = {
        "wanted": run_id,
        "now": rows.time_text(now),
        "left_alone_until": rows.time_text_or_none(left_alone_until),
    }
    db.execute(GRANT, values)


def say_blocked(db: sa.Connection, run_id: str, *, by: str, reason: str) -> None:
    """Keep which run another one waits for, and say so in words."""
    db.execute(SAY_BLOCKED, {"wanted": run_id, "other": by, "reason": reason})


def say_overtaken(db: sa.Connection, run_id: str, how_often: int) -> None:
    """Keep how many urgent runs went ahead of one that waits."""
    db.execute(SAY_OVERTAKEN, {"wanted": run_id, "how_often": how_often})


def ask_to_stand_aside(db: sa.Connection, run_ids: Iterable[str]) -> None:
    """Ask running runs to stand aside at their next safe point, if nothing else was asked."""
    for run_id in run_ids:
        db.execute(ASK_TO_STAND_ASIDE, {"wanted": run_id})


def stand_aside(db: sa.Connection, run_id: str, *, now: datetime) -> None:
    """Let a running run wait again, on its old place, that was asked to stand aside."""
    db.execute(STAND_ASIDE, {"wanted": run_id, "now": rows.time_text(now)})


def _record(row: sa.RowMapping) -> Queued:
    return Queued(
        id=row["id"],
        position=row["position"],
        kind=row["kind"],
        sort_ms=row["sort_ms"],
        is_running=row["status"] == RunStatus.RUNNING,
        is_urgent=bool(row["is_urgent"]),
        overtaken=row["overtaken"],
        asked=Asked(row["stop_asked"]),
        blocked_by=row["blocked_by"],
        stands_since=rows.time_or_none(row["stands_since"]),
        yields_from=rows.time_or_none(row["yields_from"]),
        not_before=rows.time_or_none(row["not_before"]),
        claimed=row["claimed"],
    )
