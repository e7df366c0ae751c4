from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strongroom.content import fts, tags
from strongroom.content.fts_envelope import SLICE_BYTES_MAX
from strongroom.content.fts_values import (
    STOPS,
    FtsError,
    read_properties,
    read_property,
    read_tag,
    write_properties,
)
from strongroom.content.message import Attachment, FileTime, Message, NamedTag, Properties
from tests.content.message_strategies import messages

# The documented beginning of every export stream seen.
CONFIG = bytes.fromhex("01000000 08000000 00000000 01000000")
INTERFACE = bytes.fromhex("03000000 18000000 01000000 07030200 00000000 C0000000 00000046 00240080")


def envelope(stream: bytes, *, version: str = "040000000600000014 0FD6918617") -> bytes:
    """Wrap a FastTransfer stream written by hand."""
    head = CONFIG + INTERFACE + bytes.fromhex(version)
    return head + struct.pack("<II", 2, len(stream)) + stream


def a_letter() -> Message:
    return Message(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: "Offer for the new roof",
            tags.PidTagMessageDeliveryTime: FileTime(133_541_109_000_000_001),
            tags.PidLidReminderSet: False,
            tags.PidNameKeywords: ["Red", "House"],
        },
        [{tags.PidTagRowid: 0, tags.PidTagDisplayName: "Ada Example"}],
        [
            Attachment({tags.PidTagAttachNumber: 0, tags.PidTagAttachDataBinary: b"tiles"}),
            Attachment(
                {tags.PidTagAttachNumber: 1, tags.PidTagAttachMethod: 5},
                Message({tags.PidTagSubject: "Enclosed"}),
            ),
        ],
    )


@given(messages)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert fts.parse(fts.build(message)) == message


@given(messages, st.data())
@example(Message({tags.PidTagSubject: "cut"}), None)
@example(Message({tags.PidTagSubject: "half a pair: \ud800"}), None)
@example(Message({0x00370003: -1, 0x00380003: 2**31 - 1, 0x00390003: -(2**31)}), None)
def test_the_short_way_reads_what_the_long_way_reads(
    message: Message, data: st.DataObject | None
) -> None:
    out: list[bytes] = []
    write_properties(message.properties, out)
    stream = bytearray(b"".join(out))
    if data is not None and stream:
        stream[data.draw(st.integers(0, len(stream) - 1))] ^= data.draw(st.integers(0, 255))
    view = memoryview(bytes(stream))
    for size in {len(view), data.draw(st.integers(0, len(view))) if data else len(view) - 3}:
        assert read(view[: max(size, 0)], read_properties) == read(view[: max(size, 0)], slowly)


def slowly(view: memoryview, offset: int) -> tuple[Properties, int]:
    properties: Properties = {}
    while offset < len(view) and read_tag(view, offset) not in STOPS:
        key, value, offset = read_property(view, offset)
        properties[key] = value
    return properties, offset


def read(view: memoryview, reader: Callable[[memoryview, int], tuple[Properties, int]]) -> str:
    """Give what comes out, as text: "not a number" differs from itself."""
    try:
        return repr(reader(view, 0))
    except FtsError as error:
        return f"{error} {error.offset}"


@given(messages)
def test_pieces_are_the_same_stream(message: Message) -> None:
    assert b"".join(fts.build_pieces(message)) == fts.build(message)


@given(messages)
def test_a_summary_is_the_messages_own_properties(message: Message) -> None:
    assert fts.summary(fts.build(message)) == message.properties


def test_the_envelope_begins_as_documented() -> None:
    data = fts.build(a_letter(), version=(15, 20, 4566, 6022))
    assert data[:48] == CONFIG + INTERFACE
    assert data[48:62] == bytes.fromhex("04000000 06000000 140FD6918617")
    assert data[62:66] == bytes.fromhex("02000000")
    assert b64encode(data).startswith(
        b"AQAAAAgAAAAAAAAAAQAAAAMAAAAYAAAAAQAAAAcDAgAAAAAAwAAAAAAAAEYAJACABAAAAAYAAAA"
    )


def test_versions_are_written_as_seen_from_exchange_2010() -> None:
    data = fts.build(Message(), version=(14, 1, 139, 0))
    assert data[56:62] == bytes.fromhex("010E8B800000")


def test_properties_are_written_as_seen_in_documented_samples() -> None:
    data = fts.build(Message({tags.PidTagMessageClass: "IPM.Note"}))
    assert bytes.fromhex("B0841A00 12000000") + "IPM.Note\0".encode("utf-16-le") in data
    data = fts.build(Message({tags.PidTagOriginatorDeliveryReportRequested: False}))
    assert bytes.fromhex("0B0023000000") in data


def test_lists_and_markers_are_written_as_documented() -> None:
    attachment = Attachment({tags.PidTagAttachNumber: 0})
    data = fts.build(Message({}, [{}], [attachment]))
    assert data[70:] == bytes.fromhex(
        "03001640 0D00120E"  # what follows replaces all recipients
        "03000340 03000440"
        "03001640 0D00130E"  # and all attachments
        "03000040 0300210E 00000000 03000E40"
    )


def test_named_properties_carry_their_names() -> None:
    data = fts.build(Message({tags.PidLidReminderSet: True, tags.PidNameKeywords: ["x"]}))
    lid = bytes.fromhex("0B000080 0820060000000000C000000000000046 00 03850000 0100")
    name = bytes.fromhex("1F100180 2903020000000000C000000000000046 01")
    assert lid + name + "Keywords\0".encode("utf-16-le") in data


def test_long_values_are_cut_into_documented_slices() -> None:
    message = Message({tags.PidTagHtml: bytes(range(256)) * 500})
    data = fts.build(message)
    lengths, offset = [], 62
    while offset < len(data):
        operation, length = struct.unpack_from("<II", data, offset)
        assert operation == 2
        lengths.append(length)
        offset += 8 + length
    assert lengths[:-1] == [SLICE_BYTES_MAX] * 4
    assert 0 < lengths[-1] <= SLICE_BYTES_MAX
    assert fts.parse(data) == message
    assert max(map(len, fts.build_pieces(message))) == SLICE_BYTES_MAX + 8


def test_a_large_attachment_is_written_without_gathering_it() -> None:
    content = bytes(8_000_000)
    message = Message(attachments=[Attachment({tags.PidTagAttachDataBinary: content})])
    largest = max(map(len, fts.build_pieces(message)))
    assert largest <= SLICE_BYTES_MAX + 8


def test_a_summary_reads_only_as_far_as_the_properties_go() -> None:
    message = Message(
        {tags.PidTagSubject: "Short", tags.PidTagHtml: b"h" * 400_000},
        attachments=[Attachment({tags.PidTagAttachDataBinary: bytes(1_000_000)})],
    )
    data = bytearray(fts.build(message))
    assert fts.summary(data) == message.properties
    data[-4:] = b"\xff\xff\xff\xff"
    assert fts.summary(data) == message.properties
    with pytest.raises(fts.FtsError):
        fts.parse(data)


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        ("B0841A00 04000000 6100 0000", "a"),
        ("1F001A00 04000000 6100 0000", "a"),
        ("E4841A00 02000000 E4 00", "ä"),  # code page 1252
        ("E9FD1A00 03000000 C3A4 00", "ä"),  # code page 65001 does not fit 15 bits, still clear
        ("1E001A00 02000000 E4 00", "ä"),
        ("E4841A00 02000000 81 00", "\udc81"),  # a byte that the page does not know is kept
        ("B0841A00 00000000", ""),
        ("B0841A00 04000000 00D8 0000", "\ud800"),
    ],
)
def test_strings_of_every_kind_become_one(stream: str, text: str) -> None:
    message = fts.parse(envelope(bytes.fromhex(stream)))
    assert message.properties == {tags.PidTagMessageClass: text}


def test_the_older_servers_name_prefix_is_stepped_over() -> None:
    stream = bytes.fromhex("E4840840 05000000") + b"/O=X\0" + bytes.fromhex("03001700 01000000")
    assert fts.parse(envelope(stream)).properties == {tags.PidTagImportance: 1}


def test_a_stream_without_the_interface_operation_is_read() -> None:
    data = fts.build(a_letter())
    shorter = CONFIG + data[48:]
    assert fts.parse(shorter) == a_letter()
    assert fts.looks_like_stream(shorter)


def test_slices_may_end_anywhere() -> None:
    whole = fts.build(a_letter())
    stream = whole[70:]
    pieces = [stream[i : i + 3] for i in range(0, len(stream), 3)]
    cut = whole[:62] + b"".join(struct.pack("<II", 2, len(p)) + p for p in pieces)
    assert fts.parse(cut) == a_letter()


def outcome(data: bytes | bytearray) -> str:
    """Read a stream; say how it ended. Anything but a message or `FtsError` is a failure."""
    try:
        fts.parse(data)
        fts.summary(data)
    except fts.FtsError as error:
        return error.code if 0 <= error.offset <= len(data) else "offset outside the data"
    return "read"


@given(st.binary(max_size=300))
@example(b"")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert outcome(data) == "stream-damaged"
    assert outcome(envelope(data)) in {"read", "stream-damaged"}


@given(messages, st.data())
def test_a_flipped_byte_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    stream = bytearray(fts.build(message))
    position = data.draw(st.integers(0, len(stream) - 1))
    stream[position] ^= data.draw(st.integers(1, 255))
    assert outcome(stream) in {"read", "stream-damaged"}


def test_a_stream_cut_inside_a_slice_is_refused() -> None:
    whole = fts.build(a_letter())
    assert {outcome(whole[:size]) for size in range(len(whole))} == {"stream-damaged"}


def test_a_stream_cut_between_slices_is_refused_or_shorter() -> None:
    # Where a cut falls behind a whole property or attachment the format cannot tell.
    letter, stream = a_letter(), fts.build(a_letter())[70:]
    for size in range(len(stream)):
        if outcome(envelope(stream[:size])) == "read":
            shorter = fts.parse(envelope(stream[:size]))
            assert shorter.properties.items() <= letter.properties.items()
            assert shorter.attachments == letter.attachments[: len(shorter.attachments)]


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        ("FF001A00 00000000", "type 0x00FF is not known"),
        ("0310", "ends too early"),
        ("03001700 0100", "ends inside a property"),
        ("02010910 FFFFFFFF 00", "longer than the stream"),
        ("03101710 FFFFFFFF 00", "longer than the stream"),
        ("1F101710 FFFFFFFF 00", "ends|longer"),
        ("B0841A00 03000000 610000", "without its end"),
        ("B0841A00 02000000 6100", "without its end"),
        ("1E001A00 01000000 61", "without its end"),
        ("01801A00 01000000 00", "names no code page"),
        ("0300008000000000000000000000000000000000 02", "unknown kind"),
        ("03000080000000000000000000000000000000000161", "name of a property has no end"),
        ("03000340 03001700 01000000", "ends too early"),
        ("03000340 03000040", "is missing"),
        ("03000040 03000E40", "without its number"),
        ("03000040 0300210E 00000000 03000140 03000E40", "is missing"),
        ("03000240", "follows the end"),
        ("03000C40", "follows the end"),
        ("03001840", "follows the end"),
        ("03001640", "ends too early"),
    ],
)
def test_damage_is_named(stream: str, why: str) -> None:
    with pytest.raises(fts.FtsError, match=why):
        fts.parse(envelope(bytes.fromhex(stream)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no content"),
        (CONFIG, "no content"),
        (CONFIG[:6], "ends inside the head"),
        (CONFIG[:12], "is cut short"),
        (INTERFACE, "has no place here"),
        (CONFIG + CONFIG, "has no place here"),
        (CONFIG + struct.pack("<II", 2, 0), "has no place here"),
        (CONFIG + INTERFACE + struct.pack("<II", 0x0B, 0), "has no place here"),
        (b"\1\0\0\0\x08\0\0\0" + bytes(8), "does not announce"),
    ],
)
def test_damage_to_the_envelope_is_named(data: bytes, why: str) -> None:
    with pytest.raises(fts.FtsError, match=why):
        fts.parse(data)


def nested(depth: int) -> Message:
    message = Message({tags.PidTagSubject: "innermost"})
    for _ in range(depth):
        message = Message(attachments=[Attachment({tags.PidTagAttachNumber: 0}, message)])
    return message


def test_messages_nest_fifty_deep_and_no_deeper() -> None:
    deepest = nested(fts.EMBEDDED_DEPTH_MAX)
    assert fts.parse(fts.build(deepest)) == deepest
    with pytest.raises(ValueError, match="nested"):
        fts.build(nested(fts.EMBEDDED_DEPTH_MAX + 1))
    down = bytes.fromhex("03000040 0300210E 00000000 03000140")
    with pytest.raises(fts.FtsError, match="nested"):
        fts.parse(envelope(down * 100_000))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (tags.PidTagSubject, b"bytes"),
        (tags.PidTagHtml, "text"),
        (tags.PidTagImportance, 2**31),
        (tags.PidTagMessageDeliveryTime, "noon"),
        (tags.PidTagMessageDeliveryTime, FileTime(-1)),
        (tags.PidNameKeywords, "not a list"),
        (0x4000_0003, 1),
        (0x4008_001F, "marker"),
        (0x8503_000B, True),
        (0x0037_001E, "eight-bit strings have type 0x001F here"),
        (NamedTag(tags.PSETID_COMMON, "a\0b", tags.INTEGER32), 1),
        (NamedTag(tags.PSETID_COMMON, "n" * 600, tags.INTEGER32), 1),
    ],
)
def test_what_no_stream_can_hold_is_refused_by_name(key: int, value: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        fts.build(Message({key: value}))


def test_a_stream_is_known_by_its_first_bytes() -> None:
    data = fts.build(a_letter())
    assert fts.looks_like_stream(data[:48])
    assert not fts.looks_like_stream(data[:40])
    assert not fts.looks_like_stream(b"From: ada@example.test\r\n" + bytes(40))
    assert not fts.looks_like_stream(data[1:49])
    assert not fts.looks_like_stream(b"")


def test_a_name_too_long_to_be_one_is_refused() -> None:
    head = bytes.fromhex("03000080") + b"\xff" * 16 + b"\1"
    name = "n".encode("utf-16-le") * 600
    with pytest.raises(fts.FtsError, match="no end"):
        fts.parse(envelope(head + name + b"\0\0" + bytes(4)))
