"""Exporting over a real connection: small and large answers, cut ones, sick items."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import pybase64
import pytest
import trustme

from strongroom.errors import StrongroomError, TransientError
from strongroom.pace.pace import Pace
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.get_attachment import fetch_files
from strongroom.wire.ews.get_mime import get_mime
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.xml import MESSAGES, SOAP
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CLOSE, CannedServer, Reply, Seen, chunked, http
from tests.fakes.ews import fault, golden, soap
from tests.fakes.patient_clock import PatientClock

MIB = 1 << 20
HEAD = (
    f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body>'
    f'<m:ExportItemsResponse xmlns:m="{MESSAGES}"><m:ResponseMessages>'
).encode()
TAIL = b"</m:ResponseMessages></m:ExportItemsResponse></s:Body></s:Envelope>"


class Kept:
    """What ``keep`` was given; each item at most once unless its pieces broke.

    Attributes:
        contents: By id.
        errors: By id.
        broken: Ids whose pieces raised.
        in_pieces: Ids whose content came in pieces.
    """

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.errors: dict[str, EwsItemError] = {}
        self.broken: list[str] = []
        self.in_pieces: list[str] = []

    def keep(self, result: Fetched | EwsItemError, item_id: str) -> None:
        assert item_id not in self.contents
        assert item_id not in self.errors
        if isinstance(result, EwsItemError):
            self.errors[item_id] = result
        elif isinstance(result.content, bytes):
            self.contents[item_id] = result.content
        else:
            self.in_pieces.append(item_id)
            try:
                self.contents[item_id] = b"".join(result.content)
            except TransientError:
                self.broken.append(item_id)
                raise


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


Run = Callable[..., tuple[Kept, CannedServer, PatientClock]]
Export = Callable[[EwsConnection, Sequence[str], Callable[..., None]], None]


@pytest.fixture
def run(tmp_path: Path, authority: trustme.CA) -> Run:
    def export(
        ids: Sequence[str],
        *replies: Reply,
        call: Export = export_items,
        keep: Callable[..., None] | None = None,
    ) -> tuple[Kept, CannedServer, PatientClock]:
        clock = PatientClock()
        kept = Kept()
        with CannedServer(replies, authority=authority) as server:
            transport = Transport(
                server.url,
                BasicSignIn("a", "b"),
                clock=clock,
                trust=server.trust,
            )
            connection = EwsConnection(transport, clock=clock, pace=Pace(clock), random=Random(5))
            try:
                call(connection, ids, keep or kept.keep)
            finally:
                transport.close()
        return kept, server, clock

    return export


def message(item_id: str, data: bytes) -> bytes:
    return b"".join(_message(item_id, data))


def _message(item_id: str, data: bytes) -> Iterator[bytes]:
    yield (
        '<m:ExportItemsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError'
        f'</m:ResponseCode><m:ItemId Id="{item_id}" ChangeKey="CQ=="/><m:Data>'
    ).encode()
    for start in range(0, len(data), 3 * MIB):
        yield pybase64.b64encode(data[start : start + 3 * MIB])
    yield b"</m:Data></m:ExportItemsResponseMessage>"


def refused(code: str, response_class: str = "Error") -> bytes:
    return (
        f'<m:ExportItemsResponseMessage ResponseClass="{response_class}"><m:MessageText>no'
        f"</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
        "<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey></m:ExportItemsResponseMessage>"
    ).encode()


def answer(*messages: bytes) -> bytes:
    return http(HEAD + b"".join(messages) + TAIL)


A, B, C = b"a" * 100, b"b" * 5000, b""


def test_a_small_answer_gives_each_item_whole(run: Run) -> None:
    kept, server, _ = run(
        ["A=", "B=", "C="], answer(message("A=", A), message("B=", B), message("C=", C))
    )
    assert kept.contents == {"A=": A, "B=": B, "C=": C}
    assert kept.in_pieces == []
    assert len(server.seen) == 1


def test_the_version_that_was_read_is_told(run: Run) -> None:
    seen: list[object] = []
    run(["A="], answer(message("A=", A)), keep=lambda result, _: seen.append(result))
    assert seen == [Fetched(A, "CQ==")]


def test_an_item_that_is_gone_is_an_error_and_the_others_come(run: Run) -> None:
    kept, _, _ = run(["A=", "B="], answer(refused("ErrorItemNotFound"), message("B=", B)))
    assert kept.errors["A="].is_gone
    assert kept.contents == {"B=": B}


def test_items_of_a_stopped_batch_are_asked_for_again(run: Run) -> None:
    stopped = refused("ErrorBatchProcessingStopped", "Warning")
    kept, server, _ = run(
        ["A=", "B=", "C="],
        answer(message("A=", A), refused("ErrorAccessDenied"), stopped),
        answer(message("C=", C)),
    )
    assert kept.contents == {"A=": A, "C=": C}
    assert kept.errors["B="].code == "ErrorAccessDenied"
    assert b'Id="A="' not in server.seen[1].body


def test_items_told_in_another_order_go_to_their_own_ids(run: Run) -> None:
    kept, _, _ = run(["A=", "B="], answer(message("B=", B), message("A=", A)))
    assert kept.contents == {"A=": A, "B=": B}


def test_an_item_told_twice_is_not_believed(run: Run) -> None:
    doubled = answer(message("A=", A), message("A=", B))
    kept, _, _ = run(["A=", "B="], doubled, answer(message("B=", B)))
    assert kept.contents == {"A=": A, "B=": B}


def test_a_cut_item_is_asked_for_again_and_the_others_are_kept(run: Run) -> None:
    cut = message("A=", A).replace(b"</m:Data>", b"=== Truncated Data ===</m:Data>")
    kept, server, _ = run(["A=", "B="], answer(cut, message("B=", B)), answer(message("A=", A)))
    assert kept.contents == {"A=": A, "B=": B}
    assert b'Id="B="' not in server.seen[1].body


def test_an_item_that_is_always_cut_is_an_error_in_the_end(run: Run) -> None:
    cut = message("A=", A).replace(b"</m:Data>", b"=== Truncated Data ===</m:Data>")

    def reply(seen: Seen) -> bytes:
        asked = [m for i, m in (("A=", cut), ("B=", message("B=", B))) if i.encode() in seen.body]
        return answer(*asked)

    kept, server, _ = run(["A=", "B="], reply)
    assert kept.contents == {"B=": B}
    assert kept.errors["A="].code == "truncated"
    assert not kept.errors["A="].is_permanent
    assert len(server.seen) == 4


def test_a_batch_that_is_too_much_is_halved(run: Run) -> None:
    late = http(fault("ErrorTimeoutExpired"), status="500 Internal Server Error")
    kept, server, _ = run(["A=", "B="], late, answer(message("A=", A)), answer(message("B=", B)))
    assert kept.contents == {"A=": A, "B=": B}
    assert len(server.seen) == 3


def test_a_busy_server_is_waited_for(run: Run) -> None:
    busy = http(fault("ErrorServerBusy", back_off_ms=60_000))
    kept, _, clock = run(["A="], busy, answer(message("A=", A)))
    assert kept.contents == {"A=": A}
    assert 60 <= clock.monotonic_s() < 63


LARGE = b"0123456789abcdef" * (5 * MIB // 16)


def whole_and_large() -> bytes:
    return HEAD + message("A=", A) + message("L=", LARGE) + message("M=", LARGE[:-1]) + TAIL


def test_a_large_answer_gives_large_items_in_pieces(run: Run) -> None:
    body = whole_and_large()
    pieces = [body[i : i + 100_000] for i in range(0, len(body), 100_000)]
    kept, _, _ = run(["A=", "L=", "M="], list(chunked(pieces)))
    assert kept.contents == {"A=": A, "L=": LARGE, "M=": LARGE[:-1]}
    assert kept.in_pieces == ["L=", "M="]


def test_a_large_answer_of_another_kind_is_parsed(run: Run) -> None:
    odd = whole_and_large().replace(b"<m:Data>", b"<!-- odd --><m:Data>")
    kept, _, _ = run(["A=", "L=", "M="], http(odd))
    assert kept.contents == {"A=": A, "L=": LARGE, "M=": LARGE[:-1]}


def test_a_large_answer_that_breaks_off_loses_only_what_was_in_hand(run: Run) -> None:
    body = whole_and_large()
    cut: Iterable[object] = [http(body[:-3_000_000], length=len(body)), CLOSE]
    kept, server, _ = run(["A=", "L=", "M="], cut, answer(message("M=", LARGE[:-1])))
    assert kept.contents == {"A=": A, "L=": LARGE, "M=": LARGE[:-1]}
    assert kept.broken == ["M="]
    assert b'Id="L="' not in server.seen[1].body


def test_a_large_item_that_comes_garbled_is_asked_for_again(run: Run) -> None:
    garbled = whole_and_large().replace(
        b"</m:Data></m:ExportItemsResponseMessage>" + TAIL,
        b"=== Truncated Data ===</m:Data></m:ExportItemsResponseMessage>" + TAIL,
    )
    kept, server, _ = run(["A=", "L=", "M="], http(garbled), answer(message("M=", LARGE[:-1])))
    assert kept.contents == {"A=": A, "L=": LARGE, "M=": LARGE[:-1]}
    assert kept.broken == ["M="]
    assert len(server.seen) == 2


def test_pieces_that_nobody_reads_do_not_hold_up_the_rest(run: Run) -> None:
    seen: list[str] = []
    run(["A=", "L=", "M="], http(whole_and_large()), keep=lambda _, item_id: seen.append(item_id))
    assert seen == ["A=", "L=", "M="]


def test_an_error_of_keep_goes_up_and_nothing_is_asked_again(run: Run) -> None:
    def keep(_result: object, _item_id: str) -> None:
        raise StrongroomError("the disk is full")

    with pytest.raises(StrongroomError, match="disk is full"):
        run(["A="], answer(message("A=", A)), keep=keep)


def _pieces(fetched: Fetched) -> Iterator[bytes]:
    assert not isinstance(fetched.content, bytes)
    return fetched.content


def test_a_very_large_item_is_never_in_memory_whole(run: Run) -> None:
    block = b"z" * (3 * MIB)
    count = 16

    def reply(_: Seen) -> Iterator[bytes]:
        encoded = pybase64.b64encode(block)
        head, tail = message("A=", b"").split(b"</m:Data>")
        pieces = [HEAD + head, *[encoded] * count, b"</m:Data>" + tail + TAIL]
        yield from chunked(pieces)  # type: ignore[misc]

    sizes: list[int] = []

    def keep(result: Fetched | EwsItemError, _: str) -> None:
        assert isinstance(result, Fetched)
        sizes.append(sum(len(piece) for piece in _pieces(result)))

    tracemalloc.start()
    try:
        run(["A="], reply, keep=keep)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [count * len(block)]
    assert peak < 40 * MIB


def test_mime_and_files_come_the_same_way(run: Run) -> None:
    kept, _, _ = run(["AAMkAGIwITEM1="], http(soap(golden("GetItem.reply"))), call=get_mime)
    assert kept.contents == {"AAMkAGIwITEM1=": b"Subject: Hello\r\n\r\nHi"}
    kept, _, _ = run(["AAMkATT1="], http(soap(golden("GetAttachment.reply"))), call=fetch_files)
    assert kept.contents == {"AAMkATT1=": b"Hello world!"}


def test_large_mime_comes_in_pieces(run: Run) -> None:
    mime = pybase64.b64encode(LARGE * 2)
    body = soap(golden("GetItem.reply")).replace(b"U3ViamVjdDogSGVsbG8NCg0KSGk=", mime)
    kept, _, _ = run(["AAMkAGIwITEM1="], http(body), call=get_mime)
    assert kept.contents == {"AAMkAGIwITEM1=": LARGE * 2}
    assert kept.in_pieces == ["AAMkAGIwITEM1="]


def test_items_may_be_named_with_their_change_keys(run: Run) -> None:
    ref = ItemRef("A=", "CQ==")
    kept, server, _ = run([ref], answer(message("A=", A)))
    assert kept.contents == {"A=": A}
    assert b'ChangeKey="CQ=="' in server.seen[0].body


def test_nothing_is_asked_for_nothing(run: Run) -> None:
    _, server, _ = run([], answer())
    assert server.seen == []


def test_a_single_item_that_is_always_too_much_is_an_error_in_the_end(run: Run) -> None:
    late = http(fault("ErrorTimeoutExpired"), status="500 Internal Server Error")

    def reply(seen: Seen) -> bytes:
        return late if b'Id="A="' in seen.body else answer(message("B=", B))

    kept, _, _ = run(["A=", "B="], reply)
    assert kept.contents == {"B=": B}
    assert kept.errors["A="].code == "too-much"
