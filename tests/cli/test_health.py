"""``health`` answers with or without a service, in seconds, and changes nothing."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from strongroom.cli import health, routing
from strongroom.errors import OperatorError
from strongroom.service.remote import address
from tests.cli.conftest import Cli
from tests.fakes.seeded_home import seed


def statuses(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in document["checks"]}


@pytest.fixture
def seeded(cli: Cli, home: Path, sqlite_template: Path) -> Cli:
    """Give a home in which a mailbox is not protected, and a job was partial."""
    seed(home, sqlite_template)
    return cli


def change(home: Path, *statements: str) -> None:
    with sqlite3.connect(home / "control.db") as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()


def test_a_warning_ends_with_3_and_says_what_to_do(seeded: Cli) -> None:
    document = seeded("health", "--json", expect=3).document
    assert document.keys() == {"status", "at", "version", "reasons", "checks"}
    assert document["status"] == "warning"
    assert statuses(document)["resources"] == "warning"
    assert "1 of 3 resources are not protected." in document["reasons"]
    ended = seeded("health", expect=3)
    assert ended.stdout.endswith("All in all: warning.\n")
    assert "report unprotected" in ended.stderr


def test_a_failure_ends_with_2_and_nothing_with_0(seeded: Cli, home: Path) -> None:
    change(home, "UPDATE runs SET status = 'failed'")
    document = seeded("health", "--json", expect=2).document
    assert statuses(document)["jobs"] == "failing"
    change(
        home,
        "UPDATE runs SET status = 'complete'",
        "DELETE FROM protected WHERE status = 'failed'",
    )
    document = seeded("health", "--json", expect=0).document
    assert (document["status"], document["reasons"]) == ("ok", [])
    assert set(statuses(document).values()) == {"ok"}
    assert seeded("health", expect=0).stdout.endswith("All in all: ok.\n")


def test_a_home_that_is_not_there_is_not_made(cli: Cli, home: Path) -> None:
    document = cli("health", "--json", expect=2).document
    assert statuses(document) == {"home": "failing"}
    assert not home.exists()
    home.mkdir(mode=0o700)
    assert statuses(cli("health", "--json", expect=2).document) == {"database": "failing"}
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "status", "code"), [("0006", "warning", 3), ("9999", "failing", 2)]
)
def test_a_database_of_another_version_is_told_and_left_alone(
    seeded: Cli, home: Path, version: str, status: str, code: int
) -> None:
    change(home, f"UPDATE alembic_version SET version_num = '{version}'")  # noqa: S608 - ours
    document = seeded("health", "--json", expect=code).document
    assert statuses(document) == {"database": status}
    assert document["checks"][0]["figures"] == {"version": version}
    with sqlite3.connect(home / "control.db") as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(version,)]
    raw.close()


def test_a_damaged_database_is_failing(seeded: Cli, home: Path) -> None:
    for file in home.glob("control.db-*"):
        file.unlink()
    (home / "control.db").write_bytes(b"not a database, for all that anybody knows" * 99)
    document = seeded("health", "--json", expect=2).document
    assert statuses(document) == {"database": "failing"}
    assert "damaged" in document["reasons"][0]


@pytest.mark.skipif(os.name == "nt", reason="the service is not built on Windows")
def test_a_service_that_has_fallen_silent_is_failing(
    seeded: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_ANSWER_S", 0.2)
    silent = address.listen(home / address.NAME, address.FOR_EVERYBODY)
    try:
        document = seeded("health", "--json", expect=2).document
    finally:
        silent.close()
    assert statuses(document) == {"service": "failing"}
    assert "Neither service nor database answers" in document["reasons"][0]


def test_whoever_may_not_ask_is_told_so_in_the_same_form(
    seeded: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_home: Path) -> None:
        raise OperatorError("The home belongs to somebody else.", hint="Start the service.")

    monkeypatch.setattr(routing, "require_own", refuse)
    document = seeded("health", "--json", expect=2).document
    assert statuses(document) == {"service": "failing"}
    assert document["checks"][0]["hint"] == "Start the service."
