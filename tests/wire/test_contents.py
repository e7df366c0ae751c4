"""Contents out of answers: the scanner, the parser and the stream must always agree or refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

import pybase64
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strongroom.errors import TransientError
from strongroom.wire.ews import contents
from strongroom.wire.ews.answers import NotSoap, SoapFault, open_answer
from strongroom.wire.ews.export_items import ANSWER
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Begin, ContentAnswer, End, Truncated
from strongroom.wire.ews.scan import scan
from strongroom.wire.ews.stream_parse import parse_stream
from strongroom.wire.ews.stream_scan import scan_stream
from strongroom.wire.ews.xml import MESSAGES, SOAP

Reader = Callable[[Iterator[bytes], ContentAnswer], Iterator[object]]


def exported(
    items: Sequence[tuple[str, bytes]],
    *,
    prefix: str = "m:",
    space: str = "",
    id_end: str = "/>",
    encode: Callable[[bytes], bytes] = pybase64.b64encode,
) -> bytes:
    """Write an ExportItems answer the way Exchange does, with the freedoms it has."""
    p = prefix
    binding = f"xmlns:{p[:-1]}" if p else "xmlns"
    each = "".join(
        f'{space}<{p}ExportItemsResponseMessage ResponseClass="Success">'
        f"{space}<{p}ResponseCode>NoError</{p}ResponseCode>"
        f'{space}<{p}ItemId Id="{item_id}" ChangeKey="CQ=="{id_end}'
        f"{space}<{p}Data>{encode(data).decode()}</{p}Data>"
        f"{space}</{p}ExportItemsResponseMessage>"
        for item_id, data in items
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>'
        f'<{p}ExportItemsResponse {binding}="{MESSAGES}">{space}<{p}ResponseMessages>{each}{space}'
        f"</{p}ResponseMessages>{space}</{p}ExportItemsResponse></s:Body></s:Envelope>"
    ).encode()


def cut_up(body: bytes, random: Random) -> Iterator[bytes]:
    """Give a body in pieces of any size."""
    start = 0
    while start < len(body):
        size = random.choice([1, 2, 3, 50, 1000, 65536])
        yield body[start : start + size]
        start += size


def told(reader: Reader, pieces: Iterator[bytes]) -> list[tuple[str, bytes] | EwsItemError]:
    """Collect a stream's events into whole contents."""
    found: list[tuple[str, bytes] | EwsItemError] = []
    current: Begin | None = None
    data: list[bytes] = []
    for event in reader(pieces, ANSWER):
        if isinstance(event, EwsItemError):
            assert current is None
            found.append(event)
        elif isinstance(event, Begin):
            assert current is None
            current, data = event, []
        elif isinstance(event, End):
            assert current is not None
            found.append((current.told_id, b"".join(data)))
            current = None
        else:
            assert isinstance(event, bytes)
            assert current is not None
            data.append(event)
    assert current is None
    return found


def by_tree(body: bytes) -> list[tuple[str, bytes] | EwsItemError]:
    """Read an answer with lxml: the judge."""
    answer = open_answer(body, is_large=True)
    messages = list(answer.messages())
    results = answer.results(lambda message: contents._content(message, ANSWER), len(messages))
    found: list[tuple[str, bytes] | EwsItemError] = []
    for result in results:
        if isinstance(result, EwsItemError):
            found.append(result)
        else:
            begin, data = result
            if isinstance(data, Truncated):
                raise data
            found.append((begin.told_id, data))
    return found


def as_scanned(body: bytes, ids: Sequence[str]) -> list[tuple[str, bytes]] | None:
    scanned = scan(bytearray(body), ids)
    if scanned is None:
        return None
    pairs = zip(ids, scanned, strict=True)
    return [
        (each, fetched.content) for each, fetched in pairs if isinstance(fetched.content, bytes)
    ]


ids = st.text("ABCabc019+/", min_size=1, max_size=12).map(lambda stem: f"{stem}=")
items = st.lists(
    st.tuples(
        ids,
        st.one_of(
            st.binary(max_size=200), st.sampled_from([b"x" * 70_000, b"x" * 70_001, b"x" * 65_536])
        ),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda pair: pair[0],
)
PREFIXES = st.sampled_from(["m:", "", "msg:", "ns1:"])


@given(
    items=items,
    prefix=PREFIXES,
    space=st.sampled_from(["", "\n  ", "\r\n\t"]),
    id_end=st.sampled_from(["/>", " />"]),
    seed=st.integers(0, 2**32),
)
def test_all_ways_read_what_exchange_writes(
    items: list[tuple[str, bytes]], prefix: str, space: str, id_end: str, seed: int
) -> None:
    body = exported(items, prefix=prefix, space=space, id_end=id_end)
    assert by_tree(body) == items
    assert as_scanned(body, [item_id for item_id, _ in items]) == items
    assert told(scan_stream, cut_up(body, Random(seed))) == items
    assert told(parse_stream, cut_up(body, Random(seed))) == items


SMALL = [("AAMkA=", b"first item"), ("AAMkB=", b"\x00\xff" * 20), ("AAMkC=", b"")]


def test_cut_at_every_place_it_is_never_taken_for_whole() -> None:
    body = exported(SMALL)
    asked = [item_id for item_id, _ in SMALL]
    for place in range(len(body)):
        assert as_scanned(body[:place], asked) is None
        with pytest.raises(NotSoap):
            open_answer(body[:place])
        for reader in (scan_stream, parse_stream):
            with pytest.raises(TransientError):
                told(reader, iter([body[:place]]))


def test_cut_at_every_place_a_stream_gives_only_whole_contents_before_it_says_so() -> None:
    body = exported(SMALL)
    for reader in (scan_stream, parse_stream):
        for place in range(len(body)):
            whole: list[bytes] = []
            with pytest.raises(TransientError):
                collect(reader(iter([body[:place]]), ANSWER), whole)
            assert whole == [data for _, data in SMALL[: len(whole)]]


def collect(events: Iterator[object], whole: list[bytes]) -> None:
    """Add each content that ends to ``whole``."""
    data = b""
    for event in events:
        if isinstance(event, Begin):
            data = b""
        elif isinstance(event, bytes):
            data += event
        elif isinstance(event, End):
            whole.append(data)


@example(place=15, byte=65)  # the XML version
@example(place=30, byte=65)  # the encoding
@example(place=40, byte=0)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_flipped_byte_never_makes_the_scanner_say_other_than_the_parser(
    place: int, byte: int
) -> None:
    body = bytearray(exported(SMALL))
    body[place % len(body)] = byte
    asked = [item_id for item_id, _ in SMALL]
    scanned = as_scanned(bytes(body), asked)
    if scanned is not None:
        assert scanned == by_tree(bytes(body))
    streamed = outcome(lambda: told(scan_stream, cut_up(bytes(body), Random(place))))
    if streamed is not None:
        assert streamed == outcome(lambda: told(parse_stream, iter([bytes(body)])))


def outcome(read: Callable[[], list[tuple[str, bytes] | EwsItemError]]) -> object:
    try:
        return read()
    except (TransientError, SoapFault):
        return None


STRANGE = {
    "an error among them": exported(SMALL).replace(
        b'ResponseClass="Success"', b'ResponseClass="Error"', 1
    ),
    "a comment": exported(SMALL).replace(b"<m:Data>", b"<!-- x --><m:Data>", 1),
    "a comment inside the content": exported(SMALL).replace(b"Zmly", b"Zm<!-- x -->ly"),
    "CDATA": exported(SMALL)
    .replace(b"<m:Data>", b"<m:Data><![CDATA[", 1)
    .replace(b"</m:Data>", b"]]></m:Data>", 1),
    "line breaks": exported(SMALL, encode=pybase64.encodebytes),
    "an entity": exported(SMALL).replace(b"Zmly", b"Z&#109;ly"),
    "a text beside": exported(SMALL).replace(
        b"<m:ResponseCode>", b"<m:MessageText>ok</m:MessageText><m:ResponseCode>", 1
    ),
    "an attribute more": exported(SMALL).replace(b"<m:Data>", b'<m:Data n="1">', 1),
}


@pytest.mark.parametrize("name", STRANGE)
def test_the_scanner_leaves_what_is_strange_to_the_parser(name: str) -> None:
    body = STRANGE[name]
    assert as_scanned(body, [item_id for item_id, _ in SMALL]) is None
    expected = by_tree(body)
    assert len(expected) == 3
    for reader in (scan_stream, parse_stream):
        streamed = told(reader, cut_up(body, Random(3)))
        if name == "an error among them":
            expected = [streamed[0], *SMALL[1:]]
        assert streamed == expected


def test_the_scanner_takes_no_other_order_number_or_ids() -> None:
    body = exported(SMALL)
    for asked in (
        ["AAMkB=", "AAMkA=", "AAMkC="],
        ["AAMkA=", "AAMkB="],
        ["AAMkA=", "AAMkB=", "AAMkC=", "AAMkD="],
        ["aamka=", "AAMkB=", "AAMkC="],
        [],
    ):
        assert as_scanned(body, asked) is None


def test_elements_of_another_namespace_are_not_the_servers_word() -> None:
    body = exported(SMALL).replace(MESSAGES.encode(), b"urn:other")
    assert as_scanned(body, [item_id for item_id, _ in SMALL]) is None


GARBLED = {
    "the known sign of a server that gave up": b"=== Truncated Data ===",
    "a foreign character": b"$",
    "padding in the middle": b"QQ==QQ==",
    "a missing character": b"QUJ",
}


@pytest.mark.parametrize("name", GARBLED)
@pytest.mark.parametrize("size", [10, 200_000])
def test_a_garbled_content_is_never_taken_for_data(name: str, size: int) -> None:
    whole = pybase64.b64encode(b"y" * (size // 3 * 3))
    body = exported([("AAMkA=", b"")]).replace(b"<m:Data>", b"<m:Data>" + whole + GARBLED[name])
    assert as_scanned(body, ["AAMkA="]) is None
    with pytest.raises(Truncated):
        by_tree(body)
    for reader in (scan_stream, parse_stream):
        for pieces in (iter([body]), cut_up(body, Random(size)), iter([body[:400], body[400:]])):
            with pytest.raises(TransientError):
                told(reader, pieces)


def test_a_document_type_is_refused_by_the_stream_too() -> None:
    body = exported(SMALL).replace(b"?>", b'?><!DOCTYPE x [<!ENTITY e "boom">]>', 1)
    for reader in (scan_stream, parse_stream):
        with pytest.raises(TransientError):
            told(reader, iter([body]))


def test_a_success_without_content_is_an_error_with_a_name() -> None:
    body = exported(SMALL).replace(b"<m:Data></m:Data>", b"")
    for reader in (scan_stream, parse_stream):
        error = told(reader, iter([body]))[2]
        assert isinstance(error, EwsItemError)
        assert error.code == "no-content"
