"""The control database on a PostgreSQL: lost, found again, full, shut, and never without TLS."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
import trustme

from strongroom.control import postgres as program
from strongroom.control import runs
from strongroom.control.database import Database, open_database
from strongroom.control.outages import DatabaseBusy, DatabaseFull, DatabaseUnreachable
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun
from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    OperatorError,
    ResourceLocked,
    ServerUnreachable,
    StrongroomError,
)
from tests.fakes.marked import canary, secret_file
from tests.fakes.postgres import PostgresServer
from tests.fakes.postgres_tls import authority_file, tls_front

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RUN = NewRun(kind="backup", request={"a": 1})
PASSWORD = canary("database password")


@pytest.fixture
def opened(postgres_place: PostgresPlace) -> Iterator[Database]:
    opened = open_database(postgres_place)
    yield opened
    opened.close()


@pytest.fixture
def other(postgres_place: PostgresPlace) -> Iterator[Database]:
    """Have the same database open as another process has it."""
    opened = open_database(postgres_place)
    yield opened
    opened.close()


def add(opened: Database, run_id: str) -> None:
    with opened.write() as db:
        runs.add(db, RUN, run_id=run_id, now=NOW)


def ids(opened: Database) -> list[str]:
    with opened.read() as db:
        return [run.id for run in runs.queue(db)]


def say(db: sa.Connection, statement: str) -> Any:
    return db.execute(sa.text(statement)).scalar_one_or_none()


def end_connection(opened: Database, db: sa.Connection) -> None:
    """Break a connection off on the server's side."""
    number = say(db, "SELECT pg_backend_pid()")
    with opened.read() as other:
        say(other, f"SELECT pg_terminate_backend({number}, 10000)")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "in a crash"])
def test_a_restart_between_two_calls_is_not_noticed_and_nothing_is_lost(
    opened: Database, postgres: PostgresServer, how: signal.Signals
) -> None:
    add(opened, "r1")
    postgres.restart(how)
    add(opened, "r2")
    assert ids(opened) == ["r1", "r2"]


def test_a_restart_in_the_middle_of_a_call_fails_that_call_alone(
    opened: Database, postgres: PostgresServer
) -> None:
    def change() -> None:
        with opened.write() as db:
            runs.add(db, RUN, run_id="r1", now=NOW)
            postgres.restart()
            runs.add(db, RUN, run_id="r2", now=NOW)

    with pytest.raises(DatabaseUnreachable, match="does not answer") as caught:
        change()
    assert not caught.value.may_have_happened
    assert ids(opened) == []
    add(opened, "r3")
    assert ids(opened) == ["r3"]


def test_a_server_that_is_not_there_is_told_and_found_again_later(
    opened: Database, postgres: PostgresServer
) -> None:
    postgres.stop()
    try:
        with pytest.raises(DatabaseUnreachable) as caught:
            add(opened, "r1")
        assert "run again" in caught.value.hint
        assert caught.value.exit_code == 5
        assert not caught.value.may_have_happened
    finally:
        postgres.start()
    add(opened, "r1")
    assert ids(opened) == ["r1"]


def test_nobody_knows_what_became_of_a_change_that_broke_off_when_it_was_to_be_kept(
    opened: Database,
) -> None:
    def change() -> None:
        with opened.write() as db:
            runs.add(db, RUN, run_id="r1", now=NOW)
            end_connection(opened, db)

    with pytest.raises(DatabaseUnreachable) as caught:
        change()
    assert caught.value.may_have_happened


def test_a_writer_that_hangs_is_ended_and_the_next_one_goes_on(
    opened: Database, other: Database
) -> None:
    limit = "idle_in_transaction_session_timeout"

    def hang() -> None:
        with opened.write() as db:
            assert say(db, f"SELECT current_setting('{limit}')") == "20s"
            runs.add(db, RUN, run_id="r1", now=NOW)
            db.execute(sa.text(f"SET LOCAL {limit} = '20ms'"))
            add(other, "r2")
            runs.add(db, RUN, run_id="r3", now=NOW)

    with pytest.raises(DatabaseUnreachable, match="does not answer"):
        hang()
    assert ids(opened) == ["r2"]


def test_who_brings_a_database_to_a_newer_version_may_think_for_long(
    postgres_place: PostgresPlace,
) -> None:
    engine = postgres_place.engine(for_migrations=True)
    with engine.begin() as db:
        assert say(db, "SELECT current_setting('idle_in_transaction_session_timeout')") == "10min"
    engine.dispose()


def test_a_writer_waits_for_the_one_before_it_and_not_for_ever(
    opened: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = str(program._TAKE_LOCK).replace("30s", "10ms")
    with opened.write() as db:
        assert say(db, "SELECT current_setting('lock_timeout')") == "30s"
        monkeypatch.setattr(program, "_TAKE_LOCK", sa.text(short))
        with pytest.raises(ResourceLocked, match="in use") as caught:
            add(other, "r1")
    assert "pg_stat_activity" in caught.value.hint
    assert ids(opened) == []


def test_a_reader_can_change_nothing(opened: Database) -> None:
    with pytest.raises(OperatorError, match="can only be read"), opened.read() as db:
        runs.add(db, RUN, run_id="r1", now=NOW)


@pytest.mark.parametrize(
    ("code", "branch", "said"),
    [
        ("53100", DatabaseFull, "disk"),
        ("53200", DatabaseBusy, "now"),
        ("40P01", DatabaseBusy, "now"),
        ("57014", DatabaseBusy, "now"),
        ("25006", OperatorError, "only be read"),
        ("42501", AccessDenied, "let us"),
        ("XX001", IntegrityError, "damaged"),
        ("57P01", DatabaseUnreachable, "answer"),
    ],
)
def test_what_the_server_says_has_a_meaning(
    opened: Database, code: str, branch: type[StrongroomError], said: str
) -> None:
    def be_told() -> None:
        with opened.write() as db:
            runs.add(db, RUN, run_id="r1", now=NOW)
            raised = f"DO $$ BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '{code}'; END $$"
            db.execute(sa.text(raised))

    with pytest.raises(branch, match=said) as caught:
        be_told()
    assert type(caught.value) is branch
    assert "so it is" in caught.value.why
    assert caught.value.hint
    assert ids(opened) == []


def test_what_was_told_as_done_survives_whatever_the_servers_administrator_prefers(
    postgres: PostgresServer, postgres_place: PostgresPlace
) -> None:
    name = postgres_place.shown.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    opened = open_database(postgres_place)
    with opened.write() as db:
        assert say(db, "SELECT current_setting('synchronous_commit')") == "on"
        assert say(db, "SELECT current_setting('transaction_isolation')") == "read committed"
    opened.close()


def test_all_is_in_a_schema_of_its_own_and_text_is_ordered_by_code_points(
    opened: Database,
) -> None:
    with opened.read() as db:
        found = db.execute(
            sa.text(
                "SELECT DISTINCT table_schema, collation_name FROM information_schema.columns "
                "WHERE data_type = 'text' AND table_schema NOT LIKE 'pg%' "
                "AND table_schema <> 'information_schema'"
            )
        ).all()
    assert found == [("strongroom", "C")]


def test_a_database_that_cannot_keep_every_letter_is_refused(postgres: PostgresServer) -> None:
    postgres.sql("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(OperatorError, match="every letter") as caught:
        open_database(PostgresPlace(url=postgres.url("narrow")))
    assert "LATIN1" in caught.value.why
    postgres.drop_database("narrow")


class TestSigningIn:
    """An account that has to give a password, over TCP."""

    @pytest.fixture
    def place(
        self, postgres: PostgresServer, postgres_url: str, tmp_path: Path
    ) -> Iterator[PostgresPlace]:
        name = re.search(r"@/(\w+)", postgres_url)[1]  # type: ignore[index]
        postgres.sql(f"CREATE ROLE account LOGIN PASSWORD {_literal(PASSWORD)}")
        postgres.sql(f"ALTER DATABASE {name} OWNER TO account")
        yield PostgresPlace(
            url=f"postgresql://account@127.0.0.1:{postgres.port}/{name}",
            password_file=secret_file(tmp_path / "password", PASSWORD, line_end="\n"),
        )
        postgres.sql("DROP SCHEMA IF EXISTS strongroom CASCADE", name)
        postgres.sql(f"ALTER DATABASE {name} OWNER TO postgres")
        postgres.sql(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
        postgres.sql("DROP ROLE account")

    def test_the_owner_of_an_empty_database_needs_no_other_right(
        self, place: PostgresPlace
    ) -> None:
        opened = open_database(place)
        add(opened, "r1")
        assert ids(opened) == ["r1"]
        opened.close()

    def test_a_password_that_was_changed_is_read_anew(
        self, place: PostgresPlace, postgres: PostgresServer, tmp_path: Path
    ) -> None:
        opened = open_database(place)
        other = canary("another password of the database")
        postgres.sql(f"ALTER ROLE account PASSWORD {_literal(other)}")
        postgres.restart()
        with pytest.raises(AccessDenied, match="does not take the password") as caught:
            ids(opened)
        secret_file(tmp_path / "password", other)
        assert ids(opened) == []
        assert "password file" in caught.value.hint
        opened.close()

    def test_no_password_is_told_as_such(self, place: PostgresPlace) -> None:
        with pytest.raises(AccessDenied, match="wants a password") as caught:
            open_database(replace(place, password_file=None))
        assert "--password-file" in caught.value.hint

    def test_a_password_file_that_others_may_read_is_not_used(
        self, place: PostgresPlace, tmp_path: Path
    ) -> None:
        (tmp_path / "password").chmod(0o640)
        with pytest.raises(OperatorError, match="read by other accounts") as caught:
            open_database(place)
        assert "chmod 600" in caught.value.hint

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", None])
    def test_a_password_file_that_holds_none_is_told_as_such(
        self, place: PostgresPlace, tmp_path: Path, content: bytes | None
    ) -> None:
        path = tmp_path / "password"
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(OperatorError, match="password"):
            open_database(place)

    def test_an_account_that_may_make_no_schema_is_told_so(
        self, place: PostgresPlace, postgres: PostgresServer
    ) -> None:
        name = place.shown.rpartition("/")[2]
        postgres.sql(f"ALTER DATABASE {name} OWNER TO postgres")
        with pytest.raises(AccessDenied, match="let us") as caught:
            open_database(place)
        assert "schema" in caught.value.hint

    def test_a_database_that_is_not_there_is_told_as_such(self, place: PostgresPlace) -> None:
        with pytest.raises(OperatorError, match="There is no database"):
            open_database(replace(place, url=place.url + "x"))

    def test_no_room_for_one_more_connection_passes(
        self, place: PostgresPlace, postgres: PostgresServer
    ) -> None:
        name = place.shown.rpartition("/")[2]
        postgres.sql(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        with pytest.raises(DatabaseUnreachable, match="does not answer"):
            open_database(place)

    def test_whoever_listens_there_is_told_no_password_in_the_clear(
        self, place: PostgresPlace, postgres: PostgresServer
    ) -> None:
        rules = postgres.folder / "data" / "pg_hba.conf"
        before = rules.read_text(encoding="ascii")
        rules.write_text("local all all trust\nhost all all all password\n", encoding="ascii")
        postgres.sql("SELECT pg_reload_conf()")
        try:
            with pytest.raises(AccessDenied, match="let us") as caught:
                open_database(place)
        finally:
            rules.write_text(before, encoding="ascii")
            postgres.sql("SELECT pg_reload_conf()")
        assert "cleartext" in caught.value.why

    def test_another_machine_has_to_prove_its_name(
        self,
        place: PostgresPlace,
        postgres: PostgresServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")  # in place of a name service
        ours, other = trustme.CA(), trustme.CA()
        known = authority_file(ours, tmp_path)

        def there(name: str, port: int) -> PostgresPlace:
            database = place.shown.rpartition("/")[2]
            url = f"postgresql://account@{name}:{port}/{database}?sslrootcert={known}"
            return replace(place, url=url)

        with ExitStack() as stack:
            good, wrong_name, unknown = (
                stack.enter_context(tls_front(authority, name, postgres.port))
                for authority, name in (
                    (ours, "db.example"),
                    (ours, "x.example"),
                    (other, "db.example"),
                )
            )
            opened = open_database(there("db.example", good.port))
            add(opened, "r1")
            opened.close()
            for front in (wrong_name, unknown):
                with pytest.raises(ServerUnreachable, match="could not prove its name"):
                    open_database(there("db.example", front.port))
                assert not front.heard
            assert good.heard
        with pytest.raises(ServerUnreachable, match="could not prove its name"):
            open_database(there("db.example", postgres.port))


@pytest.mark.parametrize(
    "form",
    [
        "postgresql://jill:{}@db.example/strongroom",
        "postgres://:{}@db.example/strongroom",
        "postgresql://jill@db.example/strongroom?password={}",
        "postgresql://jill@db.example/strongroom?sslpassword={}",
    ],
)
@pytest.mark.parametrize("is_quoted", [True, False])
def test_an_address_with_a_password_is_not_taken_and_not_repeated(
    form: str, *, is_quoted: bool
) -> None:
    secret = quote(PASSWORD, safe="") if is_quoted else PASSWORD
    with pytest.raises(OperatorError) as caught:
        PostgresPlace(url=form.format(secret))
    told = f"{caught.value.what} {caught.value.why} {caught.value.hint} {caught.value.__cause__}"
    assert ("--password-file" in told) == ("{}@" in form or (is_quoted and "?password" in form))
    assert "CagedBird" not in told
    assert "jill" not in told


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://ann@db.example/strongroom", "begin"),
        ("host=db.example dbname=strongroom", "begin"),
        ("postgresql://ann@db.example", "no database"),
        ("postgresql:///strongroom", "no host"),
        ("postgresql://ann@db.example:x/strongroom", "port"),
        ("postgresql://ann@db.example/strongroom?options=-cfsync%3Doff", "options"),
        ("postgresql://ann@db.example/strongroom?passfile=/x", "passfile"),
        ("postgresql://ann@db.example/strongroom?nonsense=1", "cannot read"),
        ("postgresql://ann@db.example/strongroom?sslmode=require", "sslmode=require"),
        ("postgresql://ann@10.0.0.1,127.0.0.1/strongroom?sslmode=disable", "sslmode=disable"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, why: str) -> None:
    with pytest.raises(OperatorError) as caught:
        PostgresPlace(url=url)
    assert why in caught.value.why
    assert caught.value.hint


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
