"""Sessions that other commands join: by a token, as the same account, and while they last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.callers import Caller, own_account, unix_account
from strongroom.service.locks import Locked
from strongroom.service.remote import address, client, private
from strongroom.service.remote.proxy import RemoteApplication
from strongroom.service.remote.sessions import SharedSessions
from strongroom.service.session import Session
from tests.fakes.mail_server import details
from tests.fakes.marked import caged
from tests.service_remote.support import Service

GUARD = caged("what guards it")


@pytest.fixture
def owner(application: Application, service: Service) -> RemoteApplication:
    """Give a caller that has unlocked a connection."""
    application.connections.add("guarded", details(), password=GUARD)
    opened = service.caller()
    opened.as_verbs().connections.unlock("guarded", GUARD)
    return opened


def test_who_joins_finds_open_what_is_open(service: Service, owner: RemoteApplication) -> None:
    token = owner.client.share()
    with service.caller(token=token) as joined, service.caller() as other, owner:
        assert (joined.client.is_joined, other.client.is_joined) == (True, False)
        assert joined.as_verbs().connections.show("guarded").server == "mail.example"
        with pytest.raises(Locked):
            other.as_verbs().connections.show("guarded")


def test_it_ends_with_who_began_it_and_not_with_who_joined(
    service: Service, owner: RemoteApplication
) -> None:
    token = owner.client.share()
    for _ in range(2):
        with service.caller(token=token) as joined:
            assert joined.as_verbs().connections.show("guarded")
    with service.caller(token=token) as joined:
        owner.__exit__(None, None, None)
        tries = range(1000)  # until the service has seen it leave
        assert any(is_locked(joined) for _ in tries)
    with service.caller(token=token) as late:
        assert not late.client.is_joined


@pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 5000])
def test_a_token_that_nobody_gave_joins_nothing(
    service: Service, owner: RemoteApplication, token: str
) -> None:
    with owner, service.caller(token=token) as verbs:
        assert not verbs.client.is_joined
        with pytest.raises(Locked):
            verbs.as_verbs().connections.show("guarded")


def test_nobody_else_joins_whatever_token_they_have() -> None:
    sessions = SharedSessions()
    session = Session(unix_account(7001))
    token = sessions.share(session)
    assert sessions.join(token, unix_account(7001), why="") is not None
    assert sessions.join(token, unix_account(7002), why="") is None
    assert sessions.join(token, Caller(ids=("uid:7002",), name=session.caller.name), why="") is None


def test_each_command_of_a_session_has_its_own_reason(
    application: Application, service: Service, owner: RemoteApplication
) -> None:
    with owner, service.caller(token=owner.client.share(), why="ticket 7") as joined:
        joined.as_verbs().connections.show("guarded")
        owner.as_verbs().connections.show("guarded")
    records = [one for one in application.audit.records() if one.verb == "connections.show"]
    assert [one.why for one in records] == ["ticket 7", ""]


def test_a_joined_session_is_not_given_on(service: Service, owner: RemoteApplication) -> None:
    with (
        owner,
        service.caller(token=owner.client.share()) as joined,
        pytest.raises(OperatorError),
    ):
        joined.client.share()


def test_without_a_service_the_session_is_joined_at_its_own_process(
    application: Application, service: Service
) -> None:
    application.connections.add("guarded", details(), password=GUARD)
    application.connections.unlock("guarded", GUARD)
    bugs: list[BaseException] = []
    home = application.home
    with private.joinable(application, bugs.append) as token:
        path = private.socket_of(home.sessions(), token)
        assert token not in str(path)
        assert path.stat().st_mode & 0o777 == address.FOR_US_ALONE
        assert home.sessions().stat().st_mode & 0o777 == 0o700
        with replace(service, door=replace(service.door, path=path)).caller(token=token) as joined:
            assert joined.client.is_joined
            assert not joined.is_service
            assert joined.as_verbs().connections.show("guarded")
    assert not path.exists()
    with pytest.raises(Locked):
        application.connections.show("guarded")


def test_what_killed_shells_left_is_cleared_away(application: Application) -> None:
    folder = application.home.sessions()
    address.listen(folder / "dead.sock", address.FOR_US_ALONE).close()
    with (
        address.listen(folder / "live.sock", address.FOR_US_ALONE),
        private.joinable(application, lambda _: None),
    ):
        names = {one.name for one in folder.iterdir()}
    assert "dead.sock" not in names
    assert "live.sock" in names


def test_at_a_shells_own_socket_only_its_account_is_heard(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "home_account", lambda _: frozenset({"uid:4242"}))
    assert own_account().ids != ("uid:4242",)
    with private.joinable(application, lambda _: None) as token:
        path = private.socket_of(application.home.sessions(), token)
        connection = client.connect(path, application.home.path)
        assert connection is not None
        with pytest.raises(OperatorError, match="ended before it answered"):
            client.Client(connection, application.clock, token=token)


def is_locked(verbs: RemoteApplication) -> bool:
    try:
        verbs.as_verbs().connections.show("guarded")
    except Locked:
        return True
    return False
