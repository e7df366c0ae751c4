"""What is added unless it is there, or put in the place of what is; alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from strongroom.control import (
    acknowledged,
    audit_sink,
    connections,
    delegation,
    runs,
    second_person,
    wrong_passwords,
)
from strongroom.control.audit_sink import AuditSink
from strongroom.control.database import Database
from strongroom.control.delegation import RoleGiven
from strongroom.control.records import Connection, NewRun
from strongroom.control.schema import ACKNOWLEDGED, MARKS, ROLES
from strongroom.control.second_person import Mark

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONNECTION = Connection(
    id="c1", name="office", kind="exchange-onprem", sealed=b"\0box", wrapped_key=b"key", created=NOW
)


def test_a_role_is_given_once(control_database: Database) -> None:
    given = RoleGiven(account="uid:1", role="operator", label="ann", given_by="uid:0", at=NOW)
    with control_database.write() as db:
        assert delegation.give_role(db, given) is True
        assert delegation.give_role(db, given) is False
        assert delegation.all_roles(db) == [given]
        assert delegation.take_role(db, "uid:1", "operator") is True
        assert delegation.take_role(db, "uid:1", "operator") is False


def test_a_thing_is_marked_once(control_database: Database) -> None:
    mark = Mark(thing="s1/*", marked_by="uid:0", at=NOW)
    with control_database.write() as db:
        assert [second_person.add_mark(db, mark) for _ in range(2)] == [True, False]
        assert second_person.marked(db, ["s1/*", "s2/*"]) == ["s1/*"]
        assert [second_person.remove_mark(db, "s1/*") for _ in range(2)] == [True, False]


def test_skips_are_counted_that_were_not_acknowledged_before(control_database: Database) -> None:
    def add(*items: str) -> int:
        skips = [(item, "too-large") for item in items]
        with control_database.write() as db:
            return acknowledged.add(db, "mailbox", "m1", skips, run_id="r1", now=NOW)

    assert [add("a", "b"), add("b", "c"), add("a", "c"), add()] == [2, 1, 0, 0]


@pytest.mark.parametrize("table", [ROLES, MARKS, ACKNOWLEDGED], ids=lambda table: str(table.name))
def test_nothing_else_was_added(control_database: Database, table: sa.Table) -> None:
    with control_database.read() as db:
        assert db.execute(sa.select(table)).all() == []


def test_a_reader_takes_the_place_of_the_earlier_one(control_database: Database) -> None:
    with control_database.write() as db:
        connections.add(db, CONNECTION)
        for wrapped in (b"1", b"2\0"):
            connections.set_reader(db, "c1", "password", wrapped)
        assert connections.readers(db, "c1") == {"password": b"2\0"}


def test_wrong_passwords_are_counted(control_database: Database) -> None:
    with control_database.write() as db:
        connections.add(db, CONNECTION)
        for second in range(3):
            wrong_passwords.note(db, "c1", now=NOW + timedelta(seconds=second))
        assert wrong_passwords.of_connection(db, "c1") == (3, NOW + timedelta(seconds=2))


def test_how_far_the_log_was_sent_never_goes_back(control_database: Database) -> None:
    sink = AuditSink(sealed=b"s", wrapped_key=b"k", sent=0)
    with control_database.write() as db:
        audit_sink.put(db, sink)
        for position in (7, 5, 8):
            audit_sink.note_sent(db, sink, position, NOW)
            found = audit_sink.get(db)
            assert found is not None
            assert found.sent == max(7, position)


def test_runs_are_found_by_first_letters_and_by_the_connection_they_use(
    control_database: Database,
) -> None:
    with control_database.write() as db:
        for run_id, request in (("abc1", {"connection": "c1"}), ("abd2", {}), ("x%_3", {})):
            runs.add(db, NewRun(kind="backup", request=request), run_id=run_id, now=NOW)
        assert [run.id for run in runs.by_id_prefix(db, "ab")] == ["abc1", "abd2"]
        assert [run.id for run in runs.by_id_prefix(db, "ABC")] == ["abc1"]
        assert runs.by_id_prefix(db, "bc") == []
        assert connections.open_runs_that_use(db, "c1") == ["abc1"]
