"""Strange mail and real Outlook items, through every shape that the lab can answer.

What breaks XML breaks here: control characters, lone surrogates, unknown charsets, empty names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from strongroom.content import fts
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.lab import Lab, Wishes
from tests.judges.bare import (
    EVERYTHING,
    MIME,
    Bare,
    M,
    T,
    export_items,
    get_items,
    posting,
    texts,
    upload_items,
)
from tests.judges.comparing import differences

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
BATCH = 40

pytestmark = [
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"THE CORPUS IS NOT HERE ({CORPUS}): no strange mail was judged in this run",
    ),
    pytest.mark.parametrize(("name", "count"), [("mail-odd", 183), ("outlook-msg", 41)]),
]


@pytest.fixture
def bare(name: str) -> Iterator[Bare]:
    wishes = Wishes(validates_answers=True, mail=(CORPUS / f"{name}.zip",))
    with Lab(wishes) as lab, posting(lab, f"{name}@lab.example") as posted:
        yield posted


def batches(items: Sequence[StoredItem]) -> Iterator[Sequence[StoredItem]]:
    for begin in range(0, len(items), BATCH):
        yield items[begin : begin + BATCH]


def test_every_item_is_given_with_all_its_properties(bare: Bare, name: str, count: int) -> None:
    shape = EVERYTHING.replace(MIME, "")
    given = [
        node
        for batch in batches(bare.mailbox.items)
        for node in texts(bare.post(get_items(batch, shape)), f"{T}ItemClass")
    ]

    assert len(given) == count


def test_every_item_comes_back_equal_from_an_export_and_an_upload(
    bare: Bare, name: str, count: int
) -> None:
    empty = bare.lab.estate.mailbox("empty@lab.example")
    assert empty is not None
    with posting(bare.lab, empty.address) as other:
        folder = other.folder("inbox")
        for batch in batches(bare.mailbox.items):
            streams = texts(bare.post(export_items(batch)), f"{M}Data")
            other.post(upload_items(folder, streams))
    saved, returned = bare.mailbox.items, empty.items

    assert len(returned) == count
    for before, after in zip(saved, returned, strict=True):
        stream = b"".join(before.export_pieces((15, 2, 2562, 17)))
        assert differences(fts.parse(stream), after.message()) == [], before
