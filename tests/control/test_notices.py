"""Orders to wait that one process got and the others of a home obey."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom import compose
from strongroom.clock import Clock
from strongroom.control import sqlite
from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.notices import HomeNotices
from strongroom.control.schema import WAITS
from strongroom.control.sqlite import SqliteFile
from strongroom.errors import TransientError
from strongroom.pace.lane import LanePace
from strongroom.pace.notices import WHOLE_SERVER
from strongroom.pace.paces import Paces
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome, Scope
from tests.contracts.notices import SERVER, NoticesContract
from tests.fakes.hand_clock import HandClock
from tests.fakes.patient_clock import PatientClock
from tests.fakes.shared_notices import SharedNotices

ANN, BOB = "ann@contoso.example", "bob@contoso.example"


@pytest.fixture
def clock() -> HandClock:
    return PatientClock()


@pytest.fixture
def homes(control_place: DatabasePlace) -> Iterator[tuple[Database, Database]]:
    """The control database, open in two processes."""
    opened = open_database(control_place), open_database(control_place)
    yield opened
    for one in opened:
        one.close()


def over(opened: Database, clock: HandClock) -> HomeNotices:
    notices = HomeNotices(clock)
    notices.use(opened)
    return notices


class TestHomeNotices(NoticesContract):
    @pytest.fixture
    def notices(self, homes: tuple[Database, Database], clock: HandClock) -> HomeNotices:
        return over(homes[0], clock)

    @pytest.fixture
    def other(self, homes: tuple[Database, Database], clock: HandClock) -> HomeNotices:
        return over(homes[1], clock)


class TestSharedNotices(NoticesContract):
    @pytest.fixture
    def notices(self, clock: HandClock) -> SharedNotices:
        return SharedNotices(clock)

    @pytest.fixture
    def other(self, notices: SharedNotices) -> SharedNotices:
        return notices


def written(opened: Database) -> list[tuple[str, str]]:
    with opened.read() as db:
        found = db.execute(sa.select(WAITS.c.server, WAITS.c.lane).order_by(WAITS.c.lane))
        return [(row.server, row.lane) for row in found]


def write_row(opened: Database, until: str) -> None:
    with opened.write() as db:
        db.execute(sa.insert(WAITS), {"server": SERVER, "lane": "", "until": until})


def test_rows_that_are_over_are_deleted(homes: tuple[Database, Database], clock: HandClock) -> None:
    notices = over(homes[0], clock)
    notices.tell(SERVER, ANN, 40.0)
    clock.move(seconds=41)
    notices.tell(SERVER, BOB, 40.0)
    assert written(homes[1]) == [(SERVER, BOB)]


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59.000000Z", "soon", "2026-03-05T1", "7", ""])
def test_a_row_that_makes_no_sense_counts_for_nothing_and_goes(
    homes: tuple[Database, Database], clock: HandClock, until: str
) -> None:
    write_row(homes[1], until)
    notices = over(homes[0], clock)
    assert notices.heard(SERVER) == {}
    notices.tell(SERVER, BOB, 40.0)
    assert (SERVER, "") not in written(homes[1])
    assert notices.heard(SERVER) == {BOB: 40.0}


def test_a_database_that_cannot_be_used_stops_nobody_and_is_left_alone_for_a_minute(
    homes: tuple[Database, Database], clock: HandClock
) -> None:
    with homes[0].write() as db:
        db.execute(sa.text("ALTER TABLE waits RENAME TO hidden"))
    notices = over(homes[0], clock)
    assert notices.heard(SERVER) == {}
    notices.tell(SERVER, WHOLE_SERVER, 40.0)
    assert notices.heard(SERVER) == {}
    with homes[0].write() as db:
        db.execute(sa.text("ALTER TABLE hidden RENAME TO waits"))
    notices.tell(SERVER, WHOLE_SERVER, 40.0)
    assert notices.heard(SERVER) == {}, "it is left alone"
    clock.move(seconds=61)
    notices.tell(SERVER, WHOLE_SERVER, 40.0)
    assert notices.heard(SERVER) == {WHOLE_SERVER: 40.0}


def test_a_database_that_is_locked_or_damaged_is_no_matter_of_a_request(
    sqlite_place: SqliteFile, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sqlite_place.path
    monkeypatch.setattr(sqlite, "_BUSY_WAIT_S", 0)
    opened = open_database(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    over(opened, clock).tell(SERVER, WHOLE_SERVER, 40.0)
    assert over(opened, clock).heard(SERVER) == {}
    holder.close()
    opened.close()
    path.write_bytes(b"no database at all, but long enough to look like one" * 100)
    assert over(opened, clock).heard(SERVER) == {}
    opened.close()


class Process:
    """One process of a home, that sends and is told what the test says."""

    def __init__(self, paces: Paces, clock: HandClock) -> None:
        self.paces = paces
        self.clock = clock

    def send(self, lane: str, told: Told | None = None, *, server: str = SERVER) -> float:
        """Send one request; say when it went."""
        with LanePace(self.paces.of(server), lane).turn(Patience(Budget()), kind="Get") as turn:
            if told is not None:
                turn.tell(told)
            return self.clock.monotonic_s()


def busy(scope: Scope) -> Told:
    return Told(outcome=Outcome.THROTTLED, scope=scope, retry_after_s=40.0)


@pytest.fixture
def processes(homes: tuple[Database, Database], clock: HandClock) -> tuple[Process, Process]:
    one, other = (Process(Paces(clock, notices=over(home, clock)), clock) for home in homes)
    other.send(ANN)
    other.send(BOB)
    clock.move(seconds=1)
    return one, other


def test_an_order_to_one_process_keeps_the_other_away_from_the_server(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    told_s = one.send(ANN, busy(Scope.SERVER))
    assert other.send(BOB, server="other.contoso.example:443") == told_s
    sent_s = other.send(BOB)
    assert 40.0 <= sent_s - told_s < 45.0
    assert other.send(BOB) - sent_s < 40.0, "it was one order"


def test_an_order_for_a_mailbox_keeps_the_other_away_from_that_mailbox_alone(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    told_s = one.send(ANN, busy(Scope.LANE))
    assert other.send(BOB) == told_s
    assert 40.0 <= other.send(ANN) - told_s < 45.0


def test_what_was_heard_counts_as_an_order_for_patience_and_reports(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    one.send(ANN, busy(Scope.SERVER))
    pace = other.paces.of(SERVER)
    with (
        pytest.raises(TransientError, match="left alone for"),
        LanePace(pace, BOB).turn(Patience(Budget(wait_s=10.0)), kind="Get"),
    ):
        pass
    (limit, *_) = pace.report().limits
    assert limit.by == "pause"


def test_what_was_heard_is_not_told_on(
    processes: tuple[Process, Process], homes: tuple[Database, Database]
) -> None:
    one, other = processes
    one.send(ANN, busy(Scope.SERVER))
    with homes[0].read() as db:
        before = db.execute(sa.text("SELECT until FROM waits")).scalars().all()
    other.send(BOB)
    with homes[0].read() as db:
        assert db.execute(sa.text("SELECT until FROM waits")).scalars().all() == before


def test_every_program_that_opens_a_home_shares_what_it_is_told(
    tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Paces] = []

    def noted(used: Clock, *, notices: HomeNotices) -> Paces:
        made.append(Paces(used, notices=notices))
        return made[-1]

    monkeypatch.setattr(compose, "Paces", noted)
    ports = [compose.real_ports(clock) for _ in range(2)]
    with (
        compose.open_application(tmp_path / "home", ports[0]),
        compose.open_application(tmp_path / "home", ports[1]),
    ):
        one, other = (Process(paces, clock) for paces in made)
        told_s = one.send(ANN, busy(Scope.SERVER))
        assert other.send(BOB) - told_s >= 40.0
