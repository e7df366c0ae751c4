from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given

from strongroom.content import tags
from strongroom.content.compare import REWRITTEN, differences
from strongroom.content.message import (
    Attachment,
    FileTime,
    Message,
    Properties,
    PropertyKey,
    Value,
)
from tests.content.message_strategies import messages


def letter() -> Message:
    return Message(
        {
            tags.PidTagSubject: "Offer",
            tags.PidTagMessageFlags: tags.FLAG_READ,
            tags.PidTagClientSubmitTime: FileTime(133_541_109_000_000_001),
            tags.PidLidLocation: "Hall",
        },
        [{tags.PidTagDisplayName: "Ada"}, {tags.PidTagDisplayName: "Bob"}],
        [
            Attachment({tags.PidTagAttachDataBinary: b"tiles"}),
            Attachment({}, Message({tags.PidTagSubject: "Inside"})),
        ],
    )


@given(messages)
def test_a_message_is_equal_to_itself(message: Message) -> None:
    assert differences(message, deepcopy(message)) == ()


def test_every_difference_is_told_in_words() -> None:
    returned = letter()
    returned.properties[tags.PidTagSubject] = "Offer\x1b[2J"
    del returned.properties[tags.PidLidLocation]
    returned.properties[tags.PidTagClientSubmitTime] = FileTime(133_541_109_000_000_000)
    returned.recipients[1][tags.PidTagDisplayName] = "Rob"
    returned.attachments[0].properties[tags.PidTagAttachDataBinary] = b"tiles!"
    inner = returned.attachments[1].embedded
    assert inner is not None
    inner.properties[tags.PidTagSubject] = "Outside"
    when = "2024-03-05T11:15:00.000000Z"
    told = differences(letter(), returned)
    assert told == tuple(
        f"{what}, returned {after}"
        for what, after in (
            ("PidTagSubject: saved 'Offer'", "'Offer\\x1b[2J'"),
            (
                f"PidTagClientSubmitTime: saved {when} (133541109000000001)",
                f"{when} (133541109000000000)",
            ),
            ("PidLidLocation: saved 'Hall'", "nothing"),
            ("recipient 2: PidTagDisplayName: saved 'Bob'", "'Rob'"),
            (
                "attachment 1: PidTagAttachDataBinary: saved 5 bytes (SHA-256 ad9243fa6fb2)",
                "6 bytes (SHA-256 d29836f5bc95)",
            ),
            ("attachment 2: message: PidTagSubject: saved 'Inside'", "'Outside'"),
        )
    )


def test_what_is_missing_altogether_is_told() -> None:
    returned = letter()
    returned.recipients.pop()
    returned.attachments[1].embedded = None
    returned.attachments.pop(0)
    found = differences(letter(), returned)
    assert "recipients: saved 2, returned 1" in found
    assert "attachments: saved 2, returned 1" in found
    assert (
        differences(
            Message(attachments=[letter().attachments[1]]), Message(attachments=[Attachment()])
        )
        == ("message inside: saved one, returned none",)
        or found
    )


@pytest.mark.parametrize("key", sorted(REWRITTEN, key=str))
def test_what_servers_rewrite_is_not_told(key: PropertyKey) -> None:
    returned = letter()
    returned.properties[key] = 1
    returned.recipients[0][key] = 1
    returned.attachments[0].properties[key] = 1
    assert differences(letter(), returned) == ()


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (tags.FLAG_READ, tags.FLAG_READ | tags.FLAG_HAS_ATTACHMENT, False),
        (tags.FLAG_READ, 0, True),
        (tags.FLAG_READ, tags.FLAG_READ | tags.FLAG_UNSENT, True),
    ],
)
def test_flags_count_except_those_that_servers_compute(
    before: int, after: int, *, is_told: bool
) -> None:
    saved = Message({tags.PidTagMessageFlags: before})
    returned = Message({tags.PidTagMessageFlags: after})
    assert bool(differences(saved, returned)) == is_told


def test_the_caller_may_ignore_more() -> None:
    returned = letter()
    returned.properties[tags.PidTagSubject] = "Other"
    assert differences(letter(), returned, ignoring={tags.PidTagSubject}) == ()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 100, "'" + "x" * 60 + "…'"),
        (["a", "b"], "['a', 'b']"),
        ([1, 2, 3, 4, 5, 6], "[1, 2, 3, 4, 5, …]"),
        (True, "True"),
        (b"", "0 bytes (SHA-256 e3b0c44298fc)"),
        (float("nan"), "nan"),
    ],
)
def test_values_are_shown_shortly(value: Value, shown: str) -> None:
    bag: Properties = {tags.PidNameKeywords: value}
    assert differences(Message(bag), Message()) == (
        f"PidNameKeywords: saved {shown}, returned nothing",
    )
    assert differences(Message(bag), deepcopy(Message(bag))) == ()
