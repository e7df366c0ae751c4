"""A domain controller that the DNS names is asked only if its name or a person vouches for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from strongroom.errors import OperatorError, ServerUnreachable
from strongroom.wire.autodiscover.directory import DirectoryServicePoints
from strongroom.wire.autodiscover.directory_found import DirectoryByDns
from strongroom.wire.autodiscover.seams import ServicePoint, ServiceRecord
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock

POINT = ServicePoint(url="https://mail.corp.example/autodiscover/autodiscover.xml", rank=1)


class Dns:
    def __init__(self, *targets: str) -> None:
        self.targets = targets
        self.asked: list[str] = []

    def find(self, name: str) -> Sequence[ServiceRecord]:
        self.asked.append(name)
        return [
            ServiceRecord(priority=number, weight=0, port=389, target=target)
            for number, target in enumerate(self.targets)
        ]


class Controllers:
    """Remembers who was asked; those in ``dead`` do not answer."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.asked: list[str] = []

    def __call__(self, server: str) -> Controllers:
        self.asked.append(server)
        return self

    def find(self, domain: str) -> Sequence[ServicePoint]:
        assert domain == "corp.example"
        if self.asked[-1] in self.dead:
            raise ServerUnreachable("Nobody answers.")
        return [POINT]


def nobody_says_yes(question: str, cautions: Sequence[str]) -> bool:
    raise AssertionError((question, cautions))


def test_one_of_the_domain_is_asked_and_the_next_if_it_is_silent() -> None:
    controllers, dns = Controllers("dc1.corp.example"), Dns("dc1.corp.example", "dc2.corp.example")
    found = DirectoryByDns(dns, ask=controllers, confirm=nobody_says_yes).find("corp.example")
    assert list(found) == [POINT]
    assert controllers.asked == ["dc1.corp.example", "dc2.corp.example"]
    assert dns.asked == ["_ldap._tcp.dc._msdcs.corp.example"]


@pytest.mark.parametrize(
    "target", ["dc.evil.example", "corp.example.evil.example", "xcorp.example"]
)
def test_one_outside_it_is_asked_only_after_a_person_said_yes(target: str) -> None:
    questions: list[str] = []

    def say(*, answer: bool) -> list[str]:
        controllers = Controllers()

        def confirm(question: str, cautions: Sequence[str]) -> bool:
            questions.append(f"{question} {cautions[0]}")
            return answer

        found = DirectoryByDns(Dns(target), ask=controllers, confirm=confirm)
        if answer:
            found.find("corp.example")
        else:
            with pytest.raises(OperatorError, match="no domain controller"):
                found.find("corp.example")
        return controllers.asked

    assert say(answer=False) == []
    assert say(answer=True) == [target]
    assert all("outside corp.example" in one for one in questions)


@pytest.mark.parametrize("target", ["10.0.0.1", "dc", "a b.corp.example", ""])
def test_what_is_no_full_host_name_is_never_asked(target: str) -> None:
    controllers = Controllers()
    with pytest.raises(OperatorError, match="no domain controller"):
        DirectoryByDns(Dns(target), ask=controllers, confirm=nobody_says_yes).find("corp.example")
    assert controllers.asked == []


def test_an_address_of_a_clouds_own_is_not_called() -> None:
    asked = DirectoryServicePoints("169.254.169.254", bind=None, trust=Trust(), clock=HandClock())
    with pytest.raises(OperatorError, match="not called"):
        asked.find("corp.example")


def test_where_all_are_silent_the_last_ones_reason_is_told() -> None:
    found = DirectoryByDns(
        Dns("dc.corp.example"), ask=Controllers("dc.corp.example"), confirm=nobody_says_yes
    )
    with pytest.raises(ServerUnreachable, match="Nobody answers"):
        found.find("corp.example")
