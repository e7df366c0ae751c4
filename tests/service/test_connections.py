"""Connections: named, sealed, shown without their secret, and never sent astray."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from strongroom.errors import AccessDenied, IntegrityError, OperatorError, ServerUnreachable
from strongroom.service.application import Application
from strongroom.service.connections import ConnectionEdit
from tests.fakes.mail_server import PASSWORD, SERVER, World, details
from tests.fakes.marked import caged
from tests.service.support import add_job


def test_a_connection_is_shown_without_its_password(ready: Application) -> None:
    view = ready.connections.show("office")
    assert (view.server, view.user, view.access) == (SERVER, "backup@example", "impersonation")
    assert PASSWORD not in repr(asdict(view))
    assert [one.name for one in ready.connections.all()] == ["office"]


def test_neither_password_nor_address_lies_readable_in_the_home(
    ready: Application, tmp_path: Path
) -> None:
    add_job(ready, "ann@example")
    for file in (tmp_path / "home").iterdir():
        content = file.read_bytes()
        assert PASSWORD.encode() not in content, file
        assert SERVER.encode() not in content, file


def test_a_name_that_is_taken_is_refused(ready: Application) -> None:
    with pytest.raises(OperatorError, match="already"):
        ready.connections.add("office", details())


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "\x1b[31m", "-x", "a/b", "..", "x" * 81, "a ", "=1+1", "a\u202eb"]
)
def test_a_name_that_could_do_harm_is_refused(application: Application, name: str) -> None:
    with pytest.raises(OperatorError, match="cannot be the name"):
        application.connections.add(name, details())


@pytest.mark.parametrize("name", ["office", "Büro 2", "a.b_c@d+e-f", "x" * 80])
def test_ordinary_names_are_taken(application: Application, name: str) -> None:
    assert application.connections.add(name, details()).name == name


def test_a_test_signs_in_and_counts_what_the_directory_lists(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    world.estate.add("gone@example", excluded="disabled")
    facts = ready.connections.test("office").facts
    assert facts["product"] == "Fake"
    assert (facts["resources"], facts["resources_excluded"]) == (1, 1)
    assert [one.address for one in ready.connections.resources("office")] == [
        "ann@example",
        "gone@example",
    ]


def test_a_test_tells_a_wrong_password_from_an_unknown_server(application: Application) -> None:
    application.connections.add("wrong", details(password="other"))
    application.connections.add("nowhere", details(server="nowhere.example"))
    with pytest.raises(AccessDenied):
        application.connections.test("wrong")
    with pytest.raises(ServerUnreachable):
        application.connections.test("nowhere")


def test_an_edit_changes_what_it_names_and_nothing_else(ready: Application) -> None:
    before = ready.connections.show("office")
    after = ready.connections.edit("office", ConnectionEdit(user="other@example"))
    assert after.user == "other@example"
    assert (after.server, after.access, after.id) == (before.server, before.access, before.id)
    assert ready.connections.show("office") == after
    ready.connections.test("office")  # the password is still the same


def test_another_server_needs_the_password_again(ready: Application, world: World) -> None:
    with pytest.raises(OperatorError, match="needs the password again"):
        ready.connections.edit("office", ConnectionEdit(server="evil.example"))
    assert ready.connections.show("office").server == SERVER
    changed = ready.connections.edit(
        "office", ConnectionEdit(server="other.example", password=caged("p"))
    )
    assert changed.server == "other.example"


def test_a_connection_in_use_is_not_removed(ready: Application) -> None:
    add_job(ready, "ann@example")
    with pytest.raises(OperatorError, match="in use") as caught:
        ready.connections.remove("office")
    assert "nightly" in caught.value.why
    ready.jobs.remove("nightly")
    ready.connections.remove("office")
    with pytest.raises(OperatorError, match="no connection"):
        ready.connections.show("office")


def test_a_service_key_that_is_lost_is_told_as_such(
    ready: Application, tmp_path: Path, world: World
) -> None:
    (tmp_path / "home" / "service.key").unlink()
    with (
        Application(tmp_path / "home", world.ports()) as again,
        pytest.raises(OperatorError, match="is gone") as caught,
    ):
        again.connections.test("office")
    assert "no backup is lost" in caught.value.hint
    assert not (tmp_path / "home" / "service.key").exists(), "a new one would hide the loss"


def test_a_service_key_of_another_home_is_told_as_such(
    ready: Application, tmp_path: Path, world: World
) -> None:
    (tmp_path / "home" / "service.key").write_bytes(bytes(32))
    with (
        Application(tmp_path / "home", world.ports()) as again,
        pytest.raises(IntegrityError, match="do not open") as caught,
    ):
        again.connections.test("office")
    assert "stored backups are not affected" in caught.value.hint


def test_a_user_name_that_basic_sign_in_cannot_carry_is_refused() -> None:
    with pytest.raises(OperatorError, match="cannot be used to sign in"):
        type(details())(
            kind="exchange-onprem",
            server=SERVER,
            user="a:b",
            password=caged("p"),
            auth="basic",
            access="delegate",
        )


@pytest.mark.parametrize(
    ("server", "key"),
    [
        ("Mail.Example", "mail.example"),
        ("https://Mail.Example:8443/EWS/Exchange.asmx", "mail.example:8443"),
        ("mail.example/path", "mail.example"),
        ("mail.example:443", "mail.example"),
        ("https://mail.example.:443/EWS", "mail.example"),
    ],
)
def test_servers_are_told_apart_by_host_and_port(server: str, key: str) -> None:
    assert details(server=server).server_key == key


@pytest.mark.parametrize(
    "server", ["https://svc:hunter2@mail.example/EWS", "svc@mail.example", "http://a:hunter2@b/"]
)
def test_an_address_with_a_secret_in_it_is_refused_and_not_repeated(server: str) -> None:
    with pytest.raises(OperatorError) as caught:
        details(server=server)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
