"""The line to a server, looked at layer by layer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.lab.estate.estate import Estate
from strongroom.lab.server import LabServer
from strongroom.wire.line import TIMES, look, timed
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.tls import Trust
from strongroom.words.diagnosis import Step
from strongroom.words.speed import Line, Spread
from tests.fakes.hand_clock import HandClock
from tests.fakes.tunnel import tunnel


@pytest.fixture(scope="module")
def lab() -> Iterator[LabServer]:
    with LabServer(Estate(seed=1)) as running:
        yield running


def steps(url: str, trust: Trust | None = None, proxy: str | None = None) -> list[Step]:
    return list(look(url, at="server", trust=trust or Trust(), proxy=proxy, clock=SystemClock()))


def told(found: list[Step]) -> list[tuple[str, bool]]:
    return [(one.name, one.is_well) for one in found]


def test_a_good_line_is_told_with_what_protects_it(lab: LabServer) -> None:
    found = steps(lab.url, Trust(ca_pem=lab.ca_pem.decode()))
    assert told(found) == [("name", True), ("connect", True), ("tls", True)]
    assert "TLSv1." in found[2].detail
    assert "the certificate proves the name" in found[2].detail
    assert "more days" in found[2].detail
    assert all(one.took_ms >= 0 and one.exit_code == 0 for one in found)
    shown = " ".join(one.detail for one in found)
    assert "localhost" not in shown
    assert "127.0.0.1" not in shown


def test_an_authority_that_is_not_trusted_ends_it_at_tls(lab: LabServer) -> None:
    found = steps(lab.url, Trust(ca_pem=trustme.CA().cert_pem.bytes().decode()))
    assert told(found) == [("name", True), ("connect", True), ("tls", False)]
    assert "authority that is not trusted" in found[2].detail
    assert "localhost" in found[2].private
    assert found[2].exit_code == 5


def test_nobody_at_the_port_ends_it_at_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = steps(f"https://127.0.0.1:{port}/EWS")
    assert told(found) == [("name", True), ("connect", False)]
    assert "refused" in found[1].detail


def test_a_name_that_is_nobodys_ends_it_at_the_name() -> None:
    found = steps("https://nobody.invalid/EWS")
    assert told(found) == [("name", False)]
    assert "no such name" in found[0].detail.lower()


def test_an_address_of_a_clouds_own_is_not_called() -> None:
    (found,) = steps("https://169.254.169.254/")
    assert (found.name, found.is_well, found.exit_code) == ("name", False, 2)


def test_a_proxy_is_gone_through_and_never_that_of_the_environment(
    lab: LabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    trust = Trust(ca_pem=lab.ca_pem.decode())
    assert all(one.is_well for one in steps(lab.url, trust))
    with tunnel() as proxy:
        found = steps(lab.url, trust, proxy.url)
        assert all(one.is_well for one in found)
        assert [one.split()[:2] for one in proxy.asked] == [["CONNECT", lab.url[8:]]]
    assert not steps(lab.url, trust, "http://127.0.0.1:9")[-1].is_well


def test_what_is_not_https_is_not_looked_at() -> None:
    with pytest.raises(ForbiddenOrigin):
        steps("http://mail.example/EWS")


def test_a_line_is_timed_several_times_by_the_clock_and_each_part_for_itself(
    lab: LabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()
    ways = iter([0.5, 0.008, 0.007, 0.009, 0.008, 0.012])
    connected = socket.create_connection

    def late(address: tuple[str, int], timeout: float) -> socket.socket:
        clock.sleep(next(ways))
        return connected(address, timeout)

    monkeypatch.setattr("strongroom.wire.line.socket.create_connection", late)
    trust = Trust(ca_pem=lab.ca_pem.decode())
    found = timed(lab.url, at="server", trust=trust, proxy=None, clock=clock)
    assert found.connect == Spread(median_ms=8, lowest_ms=7, highest_ms=12, count=TIMES)
    assert found.tls == Spread(median_ms=0, lowest_ms=0, highest_ms=0, count=TIMES)


def test_a_line_that_fails_is_not_tried_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refused(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("strongroom.wire.line.socket.create_connection", refused)
    url = "https://127.0.0.1:9/EWS"
    found = timed(url, at="server", trust=Trust(), proxy=None, clock=HandClock())
    assert found == Line(at="server")
    assert len(tried) == 1
