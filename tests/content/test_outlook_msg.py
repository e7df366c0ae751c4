from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import cache
from pathlib import PurePath
from typing import Any

import extract_msg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.content import fts, tags
from strongroom.content.message import FileTime, Message, text
from strongroom.content.mime import from_mime, to_mime
from strongroom.content.outlook_msg import MsgError, read_msg
from tests.content.corpus import files_in

# Damaged on purpose, so that the judge refuses them; we read what is whole in them.
DAMAGED = {
    "clusterfuzz-testcase-minimized-POIHSMFFuzzer-4735011465854976.msg",
    "clusterfuzz-testcase-minimized-POIHSMFFuzzer-5336473854148608.msg",
    "unknown_properties.msg",
}
# Eight-bit text in another code page than Western, which the judge does not decode.
JUDGED_BLINDLY = {"ASCII_CP1251_LCID1049.msg", "chinese-traditional.msg"}
# The judge takes signed content apart, we keep it closed.
SIGNED = {"logsat.com_signatures_valid.msg"}


def corpus() -> Iterator[tuple[str, bytes]]:
    for name, data in files_in("outlook-msg.zip"):
        yield PurePath(name).name, data


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(corpus())


@contextlib.contextmanager
def judge(data: bytes) -> Iterator[Any]:
    """Open a file with a reader that others wrote."""
    logging.disable(logging.CRITICAL)  # it reports each oddity, and we know them
    try:
        with extract_msg.openMsg(data, strict=False) as opened:
            yield opened
    finally:
        logging.disable(logging.NOTSET)


def bare(value: str | None) -> str:
    return (value or "").rstrip("\0")


def test_every_file_is_read(files: dict[str, bytes]) -> None:
    assert len(files) == 41
    for name, data in files.items():
        message = read_msg(data)
        kind = text(message.properties, tags.PidTagMessageClass)
        assert kind.startswith("IPM.") or name in DAMAGED, name


def test_what_was_read_fits_streams_and_mail(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        message = read_msg(data)
        assert fts.parse(fts.build(message)) == message, name
        again = from_mime(to_mime(message))
        subject = text(message.properties, tags.PidTagSubject).split()
        assert text(again.properties, tags.PidTagSubject).split() == subject or name in DAMAGED


def test_another_reader_sees_the_same_letter(files: dict[str, bytes]) -> None:
    for name in files.keys() - DAMAGED - JUDGED_BLINDLY:
        message = read_msg(files[name])
        with judge(files[name]) as other:
            assert text(message.properties, tags.PidTagSubject) == bare(other.subject), name
            assert text(message.properties, tags.PidTagBody) == bare(other.body), name
            name_and_address = bare(getattr(other, "sender", None))
            sender = text(message.properties, tags.PidTagSenderName)
            assert not sender or sender in name_and_address, name


def test_another_reader_sees_the_same_recipients(files: dict[str, bytes]) -> None:
    for name in files.keys() - DAMAGED - JUDGED_BLINDLY:
        message = read_msg(files[name])
        with judge(files[name]) as other:
            ours = [text(bag, tags.PidTagDisplayName) for bag in message.recipients]
            assert ours == [bare(person.name) for person in other.recipients], name


def test_another_reader_sees_the_same_attachments(files: dict[str, bytes]) -> None:
    compared = 0
    for name in files.keys() - DAMAGED - SIGNED:
        message = read_msg(files[name])
        with judge(files[name]) as other:
            assert len(message.attachments) == len(other.attachments), name
            for ours, theirs in zip(message.attachments, other.attachments, strict=True):
                bag = ours.properties
                assert text(bag, tags.PidTagAttachLongFilename) == bare(theirs.longFilename), name
                if ours.embedded is None:
                    assert bag[tags.PidTagAttachDataBinary] == theirs.data, name
                else:
                    subject = text(ours.embedded.properties, tags.PidTagSubject)
                    assert subject == bare(theirs.data.subject), name
                compared += 1
    assert compared > 20


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("ASCII_CP1251_LCID1049.msg", "Subject автоматически Subject"),
        ("chinese-traditional.msg", "Alfresco MSG format testing ( MSG 格式測試 )"),
    ],
)
def test_eight_bit_text_is_read_in_its_code_page(
    name: str, subject: str, files: dict[str, bytes]
) -> None:
    assert read_msg(files[name]).properties[tags.PidTagSubject] == subject


def test_named_properties_have_their_names(files: dict[str, bytes]) -> None:
    appointment = read_msg(files["msgClassAppointment.msg"]).properties
    assert isinstance(appointment[tags.PidLidAppointmentStartWhole], FileTime)
    contact = read_msg(files["msgClassContact.msg"]).properties
    assert isinstance(contact[tags.PidLidFileUnder], str)
    keywords = read_msg(files["keywords.msg"]).properties
    assert keywords[tags.PidNameKeywords] == [
        "TODO",
        "Currently Important",
        "Currently To Do",
        "Test",
    ]


def test_a_message_within_a_message_is_read(files: dict[str, bytes]) -> None:
    outer = read_msg(files["58214_with_attachment.msg"])
    inner = outer.attachments[0].embedded
    assert inner is not None
    assert inner.recipients == read_msg(files["58214_extracted_attachment.msg"]).recipients


def outcome(data: bytes) -> Message | str:
    """Read a file; anything but a message or `MsgError` is a failure."""
    try:
        return read_msg(data)
    except MsgError as error:
        return error.code


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert outcome(data) == "msg-damaged"


@cache
def small_file() -> bytes:
    # One of the corpus, since nothing permissive writes such files for us.
    return next(raw for name, raw in corpus() if name == "quick.msg")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(small_file())
    for _ in range(data.draw(st.integers(1, 4))):
        # Mostly in the first sectors, where the file system of the file lies.
        last = data.draw(st.sampled_from([600, 2000, len(whole)])) - 1
        whole[data.draw(st.integers(0, min(last, len(whole) - 1)))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(whole), len(whole) // 2, 513]))
    assert isinstance(outcome(bytes(whole[:cut])), Message | str)
