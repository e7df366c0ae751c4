"""Nothing is printed, nobody is called, whatever the environment asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.control.sqlite import SqliteFile
from strongroom.engine.dbos_durable import DbosDurable
from strongroom.engine.durable import Standing
from tests.contracts.durable import Desk, Floor, Write
from tests.engine_durable.other_worker import WATCH, other_worker

_ASKS_FOR_THE_CLOUD = {
    "DBOS__CLOUD": "true",
    "DBOS__CONDUCTOR_APP_NAME": "a",
    "DBOS__CONDUCTOR_KEY": "a",
    "DBOS__CONDUCTOR_URL": "ws://127.0.0.1:9/",
    "DBOS__VMID": "a",
    "DBOS__APPVERSION": "a",
    "DBOS_SYSTEM_DATABASE_URL": "postgresql://127.0.0.1:9/a",
    WATCH: "1",
}


def test_a_worker_prints_nothing_and_connects_to_nobody(
    sqlite_place: SqliteFile, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with other_worker(
        sqlite_place, "a", "bad", "r1", folder=folder, environment=_ASKS_FOR_THE_CLOUD
    ) as other:
        other.until("drive r1", "drive bad")
        other.say("go")
        other.until("conclude r1")
        output, errors = other.process.communicate(b"close\n", timeout=30)
    assert other.process.returncode == 0
    assert (output, errors) == (b"", b"")
    assert [one.name for one in folder.iterdir()] == ["journal-a"]


def test_what_goes_wrong_is_told_to_our_log_only(
    sqlite_place: SqliteFile,
    sqlite_write: Write,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(_: str) -> None:
        raise ValueError("as a bug would")

    floor = Floor(lambda: DbosDurable(sqlite_place), sqlite_write)
    floor.worker(Desk(drive=fail))
    floor.begin("r1")
    floor.until(Standing.OVER, "r1")
    floor.close()
    assert capfd.readouterr() == ("", "")
    told = [one for one in caplog.records if one.name == "dbos"]
    assert any(one.exc_info and isinstance(one.exc_info[1], ValueError) for one in told)
