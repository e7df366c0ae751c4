"""The audit log is sent as it grows: nothing is lost, delayed or led elsewhere by a receiver."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control import audit_sink
from strongroom.errors import AccessDenied, IntegrityError, OperatorError, ServerUnreachable
from strongroom.service import repeating
from strongroom.service.application import Application
from strongroom.service.ports import Ports
from strongroom.service.rights import Role
from strongroom.wire import syslog
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World, details
from tests.fakes.syslog_receiver import Receiver
from tests.service.support import acting, caller

POSITION = re.compile(r' position="(\d+)" ')


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock=clock)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def application(new_home: Path, world: World) -> Iterator[Application]:
    with Application(new_home, ports(world)) as opened:
        opened.connections.add("office", details())
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def ports(world: World) -> Ports:
    return replace(world.ports(), open_sink=syslog.open_sink)


def url(receiver: Receiver) -> str:
    return f"tcp://localhost:{receiver.port}"


def positions(lines: list[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := POSITION.search(line))]


def last(application: Application) -> int:
    return max(one.position for one in application.audit.records())


def test_everything_so_far_is_sent_and_then_what_is_written_as_it_is(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver), host="vault.example")
    before = last(application)
    assert positions(receiver.wait_for(before)) == list(range(1, before + 1))
    application.connections.test("office")
    lines = receiver.wait_for(last(application))
    assert positions(lines) == list(range(1, last(application) + 1))
    assert all(" vault.example strongroom - audit [" in line for line in lines)
    assert 'verb="connections.test"' in "".join(lines[before:])


def test_what_is_sent_is_what_is_exported(application: Application, receiver: Receiver) -> None:
    application.audit.send_to(url(receiver), host="here")
    exported = list(application.audit.lines("here"))
    assert receiver.wait_for(len(exported)) == exported


def test_what_was_written_before_can_be_left_out(
    application: Application, receiver: Receiver
) -> None:
    before = last(application)
    told = application.audit.send_to(url(receiver), is_from_now=True)
    assert min(positions(receiver.wait_for(1))) > before
    assert (told.waiting, told.sent) == (0, last(application))


def test_while_the_receiver_is_away_nothing_waits_for_it_and_nothing_is_lost(
    application: Application, clock: HandClock
) -> None:
    with Receiver() as receiver:
        application.audit.send_to(url(receiver))
        port = receiver.port
        before = receiver.wait_for(last(application))
    for _ in range(3):
        application.connections.test("office")
    with pytest.raises(ServerUnreachable, match="cannot be sent"):
        application.audit.send()
    away = application.audit.destination()
    assert away is not None
    assert (away.sent, away.waiting, away.failing_since) == (len(before), 3, clock.now())
    assert "refused" in away.why
    with Receiver(port=port) as receiver:
        back = application.audit.send()
        assert back is not None
        assert (back.waiting, back.failing_since, back.why) == (0, None, "")
        caught_up = receiver.wait_for(3)
    assert positions([*before, *caught_up]) == list(range(1, last(application) + 1))


def test_a_place_that_did_not_answer_is_left_alone_for_a_minute(
    application: Application, clock: HandClock
) -> None:
    with Receiver() as receiver:
        application.audit.send_to(url(receiver))
        port = receiver.port
    sending = application._shared.sending
    application.connections.test("office")
    with pytest.raises(ServerUnreachable):
        application.audit.send()
    sending.catch_up(is_asked_for=False)  # not even tried: it would be told
    clock.move(seconds=61)
    with pytest.raises(ServerUnreachable):
        sending.catch_up(is_asked_for=False)
    clock.move(seconds=61)
    with Receiver(port=port) as receiver:
        application.connections.test("office")  # by itself, with the next record
        receiver.wait_for(2)


def test_what_was_under_way_when_the_connection_broke_is_sent_again(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    sent = len(receiver.wait_for(last(application)))
    receiver.breaks_after = 2
    with application._shared.database.write() as db:
        db.execute(sa.text("UPDATE audit_sink SET sent = 0"))
    for _ in range(5):
        application.connections.show("office")
    with pytest.raises(ServerUnreachable):
        application.audit.send()
    receiver.breaks_after = None
    application.audit.send()
    arrived = positions(receiver.wait_for(sent + last(application)))
    assert set(arrived) == set(range(1, last(application) + 1))


def test_a_command_ends_soon_though_nobody_takes_its_records(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeating, "_CLOSE_S", 0.05)
    is_let_go = threading.Event()
    with Application(tmp_path / "home", ports(world)) as first, Receiver() as receiver:
        first.audit.send_to(url(receiver))

    def hang(where: syslog.Place, ca_pem: str | None) -> syslog.Sink:
        is_let_go.wait(20)
        raise ServerUnreachable("It has been away for long.")

    with Application(tmp_path / "home", replace(ports(world), open_sink=hang)) as application:
        application.connections.add("office", details())
        thread = application._shared.sending._repeating._thread
        assert thread is not None
    assert thread.is_alive(), "the command has ended, and it is still waiting"
    is_let_go.set()
    thread.join(20)
    with Application(tmp_path / "home", ports(world)) as later:
        told = later.audit.destination()
        assert told is not None
        assert told.waiting > 0


def test_what_one_command_could_not_send_the_next_one_sends(
    tmp_path: Path, world: World, clock: HandClock
) -> None:
    with Application(tmp_path / "home", ports(world)) as application, Receiver() as receiver:
        application.audit.send_to(url(receiver), is_from_now=True)
        port = receiver.port
    with Application(tmp_path / "home", ports(world)) as application:
        application.connections.add("office", details())
    clock.move(seconds=61)
    with Receiver(port=port) as receiver:
        with Application(tmp_path / "home", ports(world)) as application:
            application.connections.show("office")
        verbs = "".join(receiver.wait_for(2))
    assert "connections.add" in verbs
    assert "connections.show" in verbs


def test_nothing_is_changed_where_nobody_answers(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(ServerUnreachable):
        application.audit.send_to(f"tcp://127.0.0.1:{port}")
    with pytest.raises(OperatorError, match="no place"):
        application.audit.send_to("https://log.example/")
    told = application.audit.destination()
    assert told is not None
    assert told.to == url(receiver)


def test_where_it_was_sent_so_far_learns_that_it_is_sent_elsewhere_or_nowhere(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    with Receiver() as other:
        application.audit.send_to(url(other), is_from_now=True)
        told = receiver.wait_for(last(application) - 1)
        assert f"{other.port}" in told[-1]
        assert application.audit.stop_sending()
        assert 'verb="audit.not_sending"' in other.wait_for(3)[-1]
    assert application.audit.destination() is None
    assert application.audit.send() is None
    assert not application.audit.stop_sending()
    assert application.audit.problems() == []


def test_a_destination_that_was_taken_out_of_the_database_is_noticed(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    with application._shared.database.write() as db:
        audit_sink.remove(db)
    assert application.audit.problems() == ["Where the log is to be sent was taken out."]


def test_a_destination_that_was_rewritten_gets_nothing(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    count = len(receiver.wait_for(last(application)))
    with application._shared.database.write() as db:
        db.execute(sa.text("UPDATE audit_sink SET sealed = x'00'"))
    with pytest.raises(IntegrityError, match="do not open"):
        application.audit.send()
    application.connections.test("office")
    with pytest.raises(IntegrityError):
        application.audit.destination()
    assert len(receiver.lines) == count


def test_a_mark_that_was_put_behind_the_end_is_noticed(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    with application._shared.database.write() as db:
        db.execute(sa.text("UPDATE audit_sink SET sent = 1000"))
    with pytest.raises(IntegrityError, match="More of the audit log was sent"):
        application.audit.send()
    told = application.audit.destination()
    assert told is not None
    assert "Somebody changed" in told.why


def test_another_service_key_does_not_end_it(application: Application, receiver: Receiver) -> None:
    application.audit.send_to(url(receiver))
    application.vault.rotate_key()
    told = application.audit.send()
    assert told is not None
    assert told.waiting == 0
    receiver.wait_for(last(application))


def test_an_auditor_sees_where_it_goes_and_cannot_change_it(
    application: Application, receiver: Receiver
) -> None:
    application.audit.send_to(url(receiver))
    auditor = acting(application, caller(7001), Role.AUDITOR)
    told = auditor.audit.destination()
    assert told is not None
    assert told.to == url(receiver)
    for change in (lambda: auditor.audit.send_to(url(receiver)), auditor.audit.stop_sending):
        with pytest.raises(AccessDenied):
            change()
