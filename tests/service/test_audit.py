"""The audit log: every use, look and refusal, in a chain that shows whatever was done to it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from strongroom.control.audit import AuditRecord
from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application
from strongroom.service.rights import Role
from strongroom.service.syslog import line
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.support import acting, add_job, audited, back_up, caller


@pytest.fixture
def written(ready: Application) -> Application:
    """Give a home whose log has some records."""
    ready.connections.test("office")
    ready.connections.resources("office")
    ready.connections.test("office")
    return ready


def alter(application: Application, statement: str) -> None:
    with application._shared.database.write() as db:
        db.execute(sa.text(statement))


def test_it_says_who_did_what_to_what_and_why(ready: Application) -> None:
    verbs = acting(ready, caller(7001, "ann"), Role.ADMINISTRATOR)
    verbs.session.why = "ticket 4711"
    verbs.connections.test("office")
    record = list(ready.audit.records())[-1]
    assert (record.account, record.label, record.why) == ("uid:7001", "ann", "ticket 4711")
    assert (record.verb, record.outcome) == ("connections.test", "allowed")
    assert record.about == {"name": "office"}


def test_every_use_of_a_connection_by_a_run_is_there_with_who_asked_for_the_run(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(ready)
    run_id = back_up(ready)["id"]
    uses = [one for one in ready.audit.records() if one.verb == "connections.use"]
    assert [(one.account, one.about["run_id"]) for one in uses] == [("service", run_id)] * 2
    assert any(verb == "jobs.ask_run" for _, verb, _ in audited(ready))


def test_a_refusal_is_there_with_the_right_that_was_missing(ready: Application) -> None:
    verbs = acting(ready, caller(7001), Role.OPERATOR)
    with pytest.raises(AccessDenied):
        verbs.connections.test("office")
    record = list(ready.audit.records())[-1]
    assert (record.outcome, record.why) == ("refused", "It needs the right 'manage'.")


def test_a_caller_who_names_things_by_half_letters_is_written_down_all_the_same(
    ready: Application,
) -> None:
    verbs = acting(ready, caller(7001), Role.OPERATOR)
    verbs.session.why = "because \ud800"
    with pytest.raises(AccessDenied):
        verbs.connections.test("office\ud800")
    record = list(ready.audit.records())[-1]
    assert (record.outcome, record.about) == ("refused", {"name": "office\\ud800"})
    assert ready.audit.problems() == []
    with pytest.raises(OperatorError, match="in no database"):
        ready.connections.test("office\ud800")
    assert list(ready.audit.records())[-1].why == ""


def test_a_log_that_nobody_touched_has_no_problems(written: Application) -> None:
    assert written.audit.problems() == []
    written.vault.rotate_key()
    assert written.audit.problems() == [], "another service key does not break the chain"


def test_an_empty_log_has_none_either(application: Application) -> None:
    assert application._shared.log.problems() == []


@pytest.mark.parametrize(
    "change",
    [
        "account = 'uid:1'",
        "label = 'nobody'",
        "verb = 'connections.show'",
        "outcome = 'refused'",
        'about = \'{"name":"other"}\'',
        "why = 'because'",
        "at = '2020-01-01T00:00:00.000000Z'",
        "link = x'00'",
    ],
)
def test_a_changed_record_is_noticed(written: Application, change: str) -> None:
    alter(written, f"UPDATE audit SET {change} WHERE position = 2")  # noqa: S608
    assert any("2 is not as it was" in one for one in written._shared.log.problems())


def test_a_record_that_was_taken_out_is_noticed(written: Application) -> None:
    alter(written, "DELETE FROM audit WHERE position = 2")
    assert "Records 2 to 2 are missing." in written._shared.log.problems()


def test_records_that_were_taken_out_and_numbered_anew_are_noticed(written: Application) -> None:
    alter(written, "DELETE FROM audit WHERE position = 2")
    alter(written, "UPDATE audit SET position = position - 1 WHERE position > 2")
    assert written._shared.log.problems()


def test_an_end_that_was_cut_off_is_noticed(written: Application) -> None:
    alter(written, "DELETE FROM audit WHERE position = (SELECT max(position) FROM audit)")
    assert any("cut off" in one for one in written._shared.log.problems())


def test_an_end_that_was_cut_off_and_named_anew_is_noticed(written: Application) -> None:
    alter(written, "DELETE FROM audit WHERE position = (SELECT max(position) FROM audit)")
    alter(written, "UPDATE audit_end SET position = (SELECT max(position) FROM audit)")
    assert any("cut off" in one for one in written._shared.log.problems())


def test_a_log_that_was_emptied_is_noticed(written: Application) -> None:
    alter(written, "DELETE FROM audit")
    assert written._shared.log.problems() == ["All records are missing."]


def test_a_copied_record_is_noticed(written: Application) -> None:
    alter(
        written,
        "INSERT INTO audit SELECT 999, at, account, label, verb, outcome, about, "
        "why, link FROM audit WHERE position = 1",
    )
    assert written._shared.log.problems()


RECORD = AuditRecord(
    position=7,
    at=HandClock().now(),
    account="uid:7001",
    label="ann",
    verb="connections.test",
    outcome="allowed",
    about={"name": "office"},
    why="",
    link=bytes(32),
)


def test_a_line_of_syslog_is_as_the_standard_has_it() -> None:
    assert line(RECORD, "host one") == (
        "<109>1 2026-03-05T10:15:00.000000Z hostone strongroom - audit [strongroom@32473 "
        'position="7" account="uid:7001" label="ann" verb="connections.test" outcome="allowed" '
        'about="{\\"name\\": \\"office\\"}" why="" link="' + "00" * 32 + '"] '
        "uid:7001 allowed connections.test"
    )


def test_a_line_that_is_too_long_is_cut_says_so_and_keeps_its_position_and_link() -> None:
    long = replace(RECORD, about={"sources": ["x" * 9_000]}, why="y" * 9_000, label="]" * 9_000)
    told = line(long, "here", bytes_max=8192)
    assert len(told.encode()) <= 8192
    assert 'cut="yes"' in told
    assert 'position="7"' in told
    assert f'link="{"00" * 32}"' in told
    assert line(RECORD, "here", bytes_max=8192) == line(RECORD, "here")


@given(text=st.text(max_size=40))
def test_nothing_in_a_record_ends_the_line_or_begins_another_field(text: str) -> None:
    told = line(replace(RECORD, label=text, why=text), "here")
    assert told.isprintable()
    # Quotation marks that are not escaped: two for each of the eight fields.
    assert len(re.findall(r'(?<!\\)(?:\\\\)*"', told)) == 16
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\]", told)) == 1


def test_the_records_after_a_position_are_given_for_the_next_export(written: Application) -> None:
    everything = list(written.audit.records())
    assert [one.position for one in written.audit.records(after=2)] == [
        one.position for one in everything[2:]
    ]
    assert next(written.audit.lines("here", after=2)) == line(everything[2], "here")


def test_whoever_reads_the_log_slowly_keeps_nobody_else_from_the_database(
    application: Application,
) -> None:
    for number in range(3):
        application.delegation.give_role(f"uid:{7001 + number}", Role.OPERATOR)
    records = iter(application.audit.records())
    next(records)
    assert "checked out connections: 0" in application._database._readers.pool.status().lower()
    assert len(list(records)) == 2
