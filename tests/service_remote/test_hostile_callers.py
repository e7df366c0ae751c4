"""Callers that mean harm, or are broken: they get nothing, and others do not notice them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.remote import client
from strongroom.service.remote.proxy import RemoteApplication
from strongroom.service.rights import Role
from strongroom.service.verbs import not_a_verb, rules
from tests.service_remote.support import HELLO, Service, call, framed, heard

DEEP = 50_000


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 4096,
        b"\xff\xff\xff\xff" + b"x" * 4096,
        framed([]),
        framed("text"),
        framed({}),
        framed({"type": "nothing"}),
        framed({"type": "Hello"}),
        framed({"type": "Hello", "protocol": "1"}),
        framed({"type": "Hello", "protocol": 1, "more": 1}),
        framed({"type": "Call", "verb": "connections.all", "arguments": {}}),
        b"\x00\x00\x00\x04\xff\xfe\xfd\xfc",
        b"\x00\x00\x00\x05" + b"[1,2,",
        (2 * DEEP).to_bytes(4, "big") + b'{"a":' * 8 + b"[" * (2 * DEEP - 40),
        framed({"type": "Hello", "protocol": 1, "why": "x" * 70_000}),
    ],
)
def test_what_is_no_beginning_is_hung_up_on(
    raw: socket.socket, sent: bytes, bugs: list[BaseException], service: Service
) -> None:
    raw.sendall(sent)
    raw.shutdown(socket.SHUT_WR)
    assert heard(raw) is None
    assert bugs == []
    still_answers(service)


@pytest.mark.parametrize(
    "sent",
    [
        framed({"type": "Hello", "protocol": 1}),
        framed({"type": "Share", "more": 1}),
        framed({"type": "Call", "verb": 7, "arguments": {}}),
        framed({"type": "Call", "verb": "connections.all", "arguments": []}),
        framed({"type": "Call", "verb": "connections.all", "arguments": {}, "callbacks": [{}]}),
        framed({"type": "Result", "value": 1}),
        framed({"type": "Call", "verb": "a.b", "arguments": {"x": [[]] * 30_000}}),
    ],
)
def test_what_may_not_be_said_in_a_session_ends_it(
    raw: socket.socket, sent: bytes, bugs: list[BaseException], service: Service
) -> None:
    raw.sendall(HELLO)
    assert heard(raw)
    raw.sendall(sent)
    assert heard(raw) is None
    assert bugs == []
    still_answers(service)


def test_a_message_that_is_nested_too_deep_is_not_read(raw: socket.socket) -> None:
    raw.sendall(HELLO)
    assert heard(raw)
    body = b'{"type":"Call","verb":"a.b","arguments":{"x":' + b"[" * 70 + b"]" * 70 + b"}}"
    raw.sendall(len(body).to_bytes(4, "big") + body)
    assert heard(raw) is None


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("connections.nothing", {}),
        ("connections", {}),
        ("", {}),
        ("connections.details", {"record": "office"}),
        ("connections.record", {"name": "office"}),
        ("connections.open", {"record": "office"}),
        ("connections._shared", {}),
        ("connections.__init__", {"shared": 1}),
        ("connections.__class__", {}),
        ("connections.noun.upper", {}),
        ("runs._find", {"run_id": "x"}),
        ("session.lock", {}),
        ("_shared.admit", {}),
    ],
)
def test_what_is_no_verb_for_others_is_refused_as_not_being_there(
    raw: socket.socket, verb: str, arguments: dict[str, Any]
) -> None:
    raw.sendall(HELLO + call(verb, **arguments))
    heard(raw)
    told = heard(raw)
    assert told is not None
    assert (told["type"], told["exit_code"]) == ("Fault", 2)
    assert told["what"].startswith("There is no verb")


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("connections.show", {}),
        ("connections.show", {"name": 7}),
        ("connections.show", {"name": "office", "self": 1}),
        ("connections.add", {"name": "x", "details": {"kind": "k", "password": ["hunter2"]}}),
        ("connections.find", {"details": {"kind": "k"}, "confirm": "hunter2"}),
        ("kept.verify", {"storage": "disk", "resource": None, "sample": None, "tell": "hunter2"}),
        ("kept.verify", {"storage": "disk", "resource": None, "sample": None, "stop": True}),
        ("kept.export", {"storage": "disk", "resource": "x", "wish": {}, "write": "/tmp/x"}),
        ("runs.wait", {"run_id": "x"}),
    ],
)
def test_wrong_arguments_are_refused_and_not_repeated(
    raw: socket.socket, verb: str, arguments: dict[str, Any], bugs: list[BaseException]
) -> None:
    raw.sendall(HELLO + call(verb, **arguments))
    heard(raw)
    told = heard(raw)
    assert told is not None
    assert (told["type"], told["exit_code"]) == ("Fault", 2)
    assert "hunter2" not in str(told)
    assert bugs == []


def test_only_declared_verbs_are_found_by_honest_callers_too(remote: RemoteApplication) -> None:
    for noun in ("connections", "storages", "kept", "runs"):
        verbs = getattr(remote, noun)
        for name, rule in rules(verbs._kind).items():
            if rule is None or not rule.is_remote:
                with pytest.raises(AttributeError):
                    getattr(verbs, name)


@pytest.mark.parametrize("sent", [b"", HELLO[:2], HELLO[:-1], HELLO + call("a.b")[:-1]])
def test_half_a_message_keeps_nobody_waiting(
    raw: socket.socket, sent: bytes, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw.sendall(sent)
    still_answers(service)
    if not sent:
        return  # whoever says nothing at all has a little longer
    while heard(raw) is not None:
        pass


def test_who_says_nothing_at_all_is_sent_away(
    serve: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.service.remote.conversation._HELLO_S", 0.1)
    service = serve()
    connection = client.connect(service.door.path, service.home)
    assert connection is not None
    with connection:
        assert heard(connection) is None


def test_a_caller_that_reads_nothing_is_left(
    raw: socket.socket, service: Service, application: Application
) -> None:
    for number in range(100):
        application.delegation.give_role(f"uid:{number}", Role.OPERATOR)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    raw.sendall(HELLO + call("audit.records") * 50)
    still_answers(service)
    service.server.close()  # waits for its threads, and none of them hangs


def test_two_hundred_connections_of_one_account_leave_room_for_others(
    serve: Callable[..., Service],
) -> None:
    accounts = {"now": 7001}
    service = serve(id_of=lambda _: f"uid:{accounts['now']}", per_account_max=8)
    held = [connection(service) for _ in range(200)]
    refused = 0
    for one in held[8:]:
        told = heard(one)
        refused += told is not None and "no more connections" in told["what"]
    assert refused == 192
    accounts["now"] = 7002
    other = connection(service)
    other.sendall(HELLO)
    assert (heard(other) or {})["type"] == "Welcome"
    held[0].sendall(HELLO)
    assert (heard(held[0]) or {})["type"] == "Welcome"
    for one in [*held, other]:
        one.close()


def test_all_others_together_leave_room_for_the_homes_own_account(
    serve: Callable[..., Service],
) -> None:
    accounts = iter([7001, 7002, 7003, 7004])
    service = serve(
        id_of=lambda _: f"uid:{next(accounts)}", in_all_max=2, own=frozenset({"uid:7004"})
    )
    with connection(service), connection(service), connection(service) as third:
        assert "no more connections" in (heard(third) or {})["what"]
        with connection(service) as own:
            own.sendall(HELLO)
            assert (heard(own) or {})["type"] == "Welcome"


def test_connections_that_end_make_room_again(serve: Callable[..., Service]) -> None:
    service = serve(per_account_max=1)
    for _ in range(5):
        until_let_in(service)


def test_who_is_refused_a_connection_is_told_so(serve: Callable[..., Service]) -> None:
    service = serve(per_account_max=1)
    with (
        service.caller(),
        pytest.raises(OperatorError, match="no more connections of this account"),
    ):
        service.caller()


def test_an_account_that_is_not_wanted_is_hung_up_on(serve: Callable[..., Service]) -> None:
    service = serve(only=frozenset({"uid:4242"}))
    with pytest.raises(OperatorError, match="ended before it answered"):
        service.caller()


def test_a_stranger_is_a_stranger_through_the_socket(serve: Callable[..., Service]) -> None:
    service = serve(id_of=lambda _: "uid:7001")
    with service.caller() as verbs, pytest.raises(OperatorError, match="You may not do this"):
        verbs.as_verbs().connections.all()


def test_a_bug_says_nothing_to_the_caller_and_ends_only_its_call(
    remote: RemoteApplication, bugs: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    @not_a_verb
    def fail(_self: object) -> None:
        raise KeyError("hunter2")

    monkeypatch.setattr("strongroom.service.connections.Connections.everything", fail)
    with pytest.raises(Exception, match="an error in Strongroom itself") as caught:
        remote.as_verbs().connections.all()
    assert caught.value.exit_code == 1  # type: ignore[attr-defined]
    assert "hunter2" not in repr(vars(caught.value))
    assert [type(one) for one in bugs] == [KeyError]
    assert remote.as_verbs().storages.all()


def connection(service: Service) -> socket.socket:
    opened = client.connect(service.door.path, service.home)
    assert opened is not None
    return opened


def still_answers(service: Service) -> None:
    """See that others are served meanwhile."""
    with service.caller() as verbs:
        assert [one.name for one in verbs.as_verbs().connections.all()] == ["office"]


def until_let_in(service: Service) -> None:
    """Come back until those who were there before have been seen to have left."""
    end_s = SystemClock().monotonic_s() + 10
    while True:
        try:
            return still_answers(service)
        except OperatorError:
            assert SystemClock().monotonic_s() < end_s
