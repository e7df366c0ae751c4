"""``strongroom database``: shown, moved, joined; and every refusal says what to do."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from strongroom.control.postgres import PostgresPlace
from tests.cli.conftest import Cli
from tests.fakes.marked import canary, secret_file
from tests.fakes.postgres import PostgresServer

PASSWORD = canary("password of the shared database")


def test_a_file_is_shown(cli: Cli, home: Path) -> None:
    assert "nothing in it yet" in cli("database", "show", expect=0).stdout
    cli("storage", "list", expect=0)
    shown = cli("database", "show", "--json", expect=0).document
    assert shown["kind"] == "sqlite"
    assert shown["where"] == str(home / "control.db")
    assert shown["version"] == shown["newest"]
    assert shown["size_bytes"] > 0
    assert shown["is_usable"] is True


def test_a_home_is_moved_and_goes_on(cli: Cli, home: Path, postgres_url: str) -> None:
    cli("role", "give", "uid:7001", "operator", expect=0)
    told = cli("database", "move", postgres_url, expect=0).stdout
    assert "service.key" in told
    assert "uid:7001" in cli("role", "list", expect=0).stdout
    shown = cli("database", "show", expect=0).stdout
    assert "Database:  postgresql://postgres@" in shown
    assert "database.move" in cli("audit", "list", expect=0).stdout
    again = cli("database", "move", postgres_url, expect=2)
    assert "already" in again.stderr


def test_a_second_home_joins(
    cli: Cli, home: Path, postgres_place: PostgresPlace, tmp_path: Path
) -> None:
    url = postgres_place.url
    cli("role", "give", "uid:7001", "operator", expect=0)
    moved = cli("database", "move", url, "--json", expect=0).document
    assert moved["rows"] > 0
    second = tmp_path / "second"
    refused = cli("--home", second, "database", "join", url, expect=2)
    assert f"hint: Bring it from the home of another machine to {second}" in refused.stderr
    shutil.copy(home / "service.key", second)
    joined = cli("--home", second, "database", "join", url, "--json", expect=0)
    assert joined.document["joined"] == moved["moved_to"]
    assert "uid:7001" in cli("--home", second, "role", "list", expect=0).stdout


def test_an_account_with_a_password(
    cli: Cli, home: Path, postgres: PostgresServer, tmp_path: Path
) -> None:
    name = postgres.new_database()
    postgres.sql("CREATE ROLE keeper LOGIN PASSWORD '{}'".format(PASSWORD.replace("'", "''")))
    postgres.sql(f"ALTER DATABASE {name} OWNER TO keeper")
    url = f"postgresql://keeper@127.0.0.1:{postgres.port}/{name}"
    file = secret_file(tmp_path / "password", PASSWORD)
    try:
        without = cli("database", "move", url, expect=2)
        assert "--password-file" in without.stderr
        cli("database", "move", url, "--password-file", os.path.relpath(file), expect=0)
        shown = cli("database", "show", "--json", expect=0)
        assert file.samefile(shown.document["password_file"])
        assert Path(shown.document["password_file"]).is_absolute()
        file.write_text("wrong")
        refused = cli("database", "show", "--json", expect=2)
        assert refused.document["is_usable"] is False
        assert "password" in refused.stderr
    finally:
        postgres.drop_database(name)
        postgres.sql("DROP ROLE keeper")


def test_a_server_that_does_not_answer(cli: Cli, home: Path, postgres_place: PostgresPlace) -> None:
    cli("database", "move", postgres_place.url, expect=0)
    said = json.loads((home / "database.json").read_text())
    said["url"] = said["url"].replace("port=", "port=1")
    (home / "database.json").write_text(json.dumps(said))
    for words in (("database", "show"), ("storage", "list")):
        ended = cli(*words, expect=5)
        assert "does not answer" in ended.stderr
        assert "hint: See whether its server runs" in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("move", f"postgresql://ann:{PASSWORD}@db.example/x"), "--password-file"),
        (("join", "postgresql://ann@db.example/x?sslmode=disable"), "Leave sslmode away"),
        (("move", "sqlite:///x"), "postgresql://USER@HOST"),
        (("move", "postgresql://ann@db.example/x", "--password-file", "-"), "Name a file"),
    ],
)
def test_what_is_not_taken_is_told_with_what_would_be(
    cli: Cli, words: tuple[str, ...], said: str
) -> None:
    ended = cli("database", *words, expect=2)
    assert "hint: " in ended.stderr
    assert said in ended.stderr
