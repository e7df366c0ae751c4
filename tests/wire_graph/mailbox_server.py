"""A Graph that answers what a test tells it to, byte by byte, and the line to one mailbox of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from random import Random
from urllib.parse import unquote_plus

import orjson

from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.slots.api import Sample
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.sign_in import BearerSignIn
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CannedServer, Reply, http
from tests.fakes.heard_samples import hearing
from tests.fakes.marked import MARK
from tests.fakes.patient_clock import PatientClock

MAILBOX = "MBX:e0643f21@a7809c93"
PATH = f"/v1.0/admin/exchange/mailboxes/{MAILBOX}"
TOKEN = MARK


def told(document: object, status: str = "200 OK", **headers: str) -> bytes:
    """Write an answer; a header's name is written with underscores."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return http(
        orjson.dumps(document),
        status=status,
        headers=[("Content-Type", "application/json"), *named],
    )


def no(status: str, code: str, **headers: str) -> bytes:
    """Write a refusal in Graph's error envelope."""
    return told({"error": {"code": code, "message": "CANARY"}}, status, **headers)


class Spoken:
    """A line, and what was heard and waited on it."""

    def __init__(self, server: CannedServer) -> None:
        self.server = server
        self.clock = PatientClock()
        self.heard: list[Sample] = []
        self.transport = Transport(
            f"https://localhost:{server.port}",
            BearerSignIn("Keeper", lambda: TOKEN),
            clock=self.clock,
            trust=server.trust,
        )
        self.line = MailboxLine(
            transport=self.transport,
            mailbox=MAILBOX,
            clock=self.clock,
            pace=Pace(self.clock, deciders=hearing(self.heard)),
            random=Random(1),
            budget=Budget(wait_s=300.0, tries=8),
        )

    @property
    def asked(self) -> list[str]:
        """The lines of the requests, unquoted."""
        return [unquote_plus(one.line).removesuffix(" HTTP/1.1") for one in self.server.seen]

    def body(self, number: int) -> dict[str, object]:
        """What was posted with one of them."""
        found: dict[str, object] = orjson.loads(self.server.seen[number].body)
        return found


@contextmanager
def spoken(*replies: Reply) -> Iterator[Spoken]:
    """Give a line to a server that answers just that; the last answer for ever."""
    with CannedServer(_all(replies)) as server:
        made = Spoken(server)
        try:
            yield made
        finally:
            made.transport.close()


def _all(replies: Iterable[Reply]) -> list[Reply]:
    return list(replies)
