"""Benchmark loads: as many and as large as asked for, made when asked for, always the same."""

from __future__ import annotations

import hashlib
import tracemalloc
from datetime import UTC, datetime
from itertools import islice

import pytest
from backports import zstd

from strongroom.content import fts, tags
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.seed.bulk import Load, bulk

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
VERSION = (15, 2, 2562, 17)
MEBIBYTE = 1 << 20


def made(load: Load, seed: int = 1) -> list[StoredItem]:
    estate = Estate(seed=seed)
    return bulk(estate, load, seed=seed, now=NOW, password=lambda _: "secret").items


def load(items: int, item_bytes: int, folders: int = 1) -> Load:
    return Load(address="bulk@lab.example", items=items, item_bytes=item_bytes, folders=folders)


def stream(item: StoredItem) -> bytes:
    return b"".join(item.export_pieces(VERSION))


@pytest.mark.parametrize("item_bytes", [8192, 51200, MEBIBYTE])
def test_items_have_the_size_that_was_asked_for(item_bytes: int) -> None:
    sizes = [len(stream(item)) for item in made(load(20, item_bytes))]

    assert abs(sum(sizes) / len(sizes) - item_bytes) < 0.1 * item_bytes


@pytest.mark.parametrize("item_bytes", [8192, 51200, 8 * MEBIBYTE])
def test_about_four_tenths_are_left_of_an_item_when_it_is_compressed(item_bytes: int) -> None:
    data = stream(made(load(1, item_bytes))[0])

    assert 0.35 < len(zstd.compress(data, 3)) / len(data) < 0.45


def test_items_are_the_same_for_a_seed_and_differ_from_each_other() -> None:
    def digests(seed: int) -> list[bytes]:
        items = made(load(5, 8192), seed)
        return [
            hashlib.sha256(repr(fts.parse(stream(i)).attachments).encode()).digest() for i in items
        ]

    assert digests(1) == digests(1)
    assert len(set(digests(1)) | set(digests(2))) == 10


def test_a_huge_item_goes_out_in_pieces_without_being_held() -> None:
    (item,) = made(load(1, 150_000_000))
    tracemalloc.start()
    try:
        length = sum(len(piece) for piece in islice(item.export_pieces(VERSION), 600))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert length > 15 * MEBIBYTE
    assert peak < 4 * MEBIBYTE


def test_a_streamed_item_says_the_same_as_the_message_that_it_is() -> None:
    (item,) = made(load(1, 5 * MEBIBYTE))
    streamed = fts.parse(stream(item))

    assert streamed == item.message()
    (file,) = streamed.attachments
    data = file.properties[tags.PidTagAttachDataBinary]
    assert isinstance(data, bytes)
    assert len(data) == file.properties[tags.PidTagAttachSize]


def test_a_thousand_items_cost_little_memory() -> None:
    tracemalloc.start()
    try:
        items = made(load(1000, 51200))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(items) == 1000
    assert held < 16 * MEBIBYTE  # of which most is the table of recent headlines


def test_items_are_spread_over_folders_and_time() -> None:
    items = made(load(40, 8192, folders=8))
    folders = {item.folder.path for item in items}

    assert len(folders) == 8
    assert all(len(item.folder.items) == 5 for item in items)
    assert len({item.received for item in items}) == 40


def test_every_fifth_item_is_unread_in_the_list_as_in_the_stream() -> None:
    items = made(load(10, 8192))
    flags = [fts.parse(stream(item)).properties[tags.PidTagMessageFlags] for item in items]

    assert [item.is_read for item in items] == [number % 5 > 0 for number in range(10)]
    assert [bool(flag & tags.FLAG_READ) for flag in flags if isinstance(flag, int)] == [
        item.is_read for item in items
    ]


def test_an_existing_mailbox_is_filled_further() -> None:
    estate = Estate(seed=1)
    estate.add_mailbox("bulk@lab.example", "Bulk", password="secret")
    mailbox = bulk(estate, load(3, 8192), seed=1, now=NOW, password=lambda _: "other")

    assert len(estate.mailboxes) == 1
    assert len(mailbox.items) == 3


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a@lab.example:3:100", Load(address="a@lab.example", items=3, item_bytes=100)),
        (
            "a@lab.example:3:100:2",
            Load(address="a@lab.example", items=3, item_bytes=100, folders=2),
        ),
    ],
)
def test_a_load_is_read_from_its_words(text: str, wanted: Load) -> None:
    assert Load.parse(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "a@lab.example", "a@lab.example:1", "a:1:1", "a@b:0:1", "a@b:x:1", "a@b:1:1:1:1"]
)
def test_what_is_no_load_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"load|ADDRESS|literal"):
        Load.parse(text)
