"""Service records, asked of a name server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from strongroom.errors import TransientError
from strongroom.wire.autodiscover import DnsServiceRecords, ServiceRecord

NAME = "_autodiscover._tcp.contoso.example"


class NameServer:
    """Answers from a dictionary; keeps the names that it was asked."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.code = dns.rcode.NOERROR
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, sender = self._socket.recvfrom(4096)
            if not data:
                return
            question = dns.message.from_wire(data)
            name = question.question[0].name.to_text(omit_final_dot=True)
            self.asked.append(name)
            answer = dns.message.make_response(question)
            answer.set_rcode(self.code)
            if name in self.records:
                answer.answer.append(
                    dns.rrset.from_text(f"{name}.", 60, "IN", "SRV", *self.records[name])
                )
            elif self.code == dns.rcode.NOERROR and name != "empty.example":
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), sender)


@pytest.fixture
def server() -> Iterator[NameServer]:
    served = NameServer()
    yield served
    served.stop()


def records(server: NameServer) -> DnsServiceRecords:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.port
    resolver.search = [dns.name.from_text("evil.example.")]
    return DnsServiceRecords(resolver)


def test_all_records_are_found(server: NameServer) -> None:
    server.records[NAME] = ["10 5 443 Mail.contoso.example.", "20 0 8443 old.contoso.example."]

    assert sorted(records(server).find(NAME), key=lambda record: record.priority) == [
        ServiceRecord(priority=10, weight=5, port=443, target="mail.contoso.example"),
        ServiceRecord(priority=20, weight=0, port=8443, target="old.contoso.example"),
    ]


def test_a_name_that_is_not_there_is_asked_under_no_other_domain(server: NameServer) -> None:
    assert records(server).find(NAME) == ()
    assert server.asked == [NAME]


def test_a_name_without_such_records_has_none(server: NameServer) -> None:
    assert records(server).find("empty.example") == ()


def test_a_name_server_that_fails_is_told(server: NameServer) -> None:
    server.code = dns.rcode.REFUSED

    with pytest.raises(TransientError, match="gave no answer"):
        records(server).find(NAME)
