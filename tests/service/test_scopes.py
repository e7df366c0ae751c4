"""A mailbox that must stay shut: asked of servers that know what was chosen, and of no other."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.words.capability import Capability, CapabilityOutcome
from tests.fakes.mail_server import FakeServer, World, details


def _found(name: str, outcome: CapabilityOutcome) -> Capability:
    return Capability(name=name, outcome=outcome, detail="")


class ScopedServer(FakeServer):
    def capabilities(self, mailbox: str | None) -> list[Capability]:
        return [
            _found("sign-in", CapabilityOutcome.PROVED),
            _found("scope", CapabilityOutcome.UNKNOWN),
        ]

    def scope_kept(self, outside: str) -> Capability:
        assert outside == "boss@example"
        return _found("scope", CapabilityOutcome.MISSING)


def test_what_was_found_of_the_scope_takes_the_place_of_what_was_not_known(
    ready: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.mail_server.FakeServer", ScopedServer)
    told = ready.connections.test("office", outside="boss@example")
    assert [(one.name, str(one.outcome)) for one in told.capabilities] == [
        ("sign-in", "proved"),
        ("scope", "missing"),
    ]
    without = ready.connections.test("office")
    assert str(without.capabilities[1].outcome) == "unknown"


def test_a_server_where_nothing_can_be_chosen_says_so(ready: Application, world: World) -> None:
    with pytest.raises(OperatorError, match="cannot be kept to some"):
        ready.connections.test("office", outside="boss@example")
    with pytest.raises(OperatorError, match="cannot be kept to some"):
        ready.connections.probe(details(), outside="boss@example")
    assert world.opened[-1].is_closed
