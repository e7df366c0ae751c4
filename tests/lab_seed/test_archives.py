"""Mailboxes filled from ZIP archives: everything becomes an item or is told by name."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.seed import packages
from strongroom.lab.seed.archives import Loaded, load_archive
from strongroom.lab.seed.story_clock import StoryClock

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
VERSION = (15, 2, 2562, 17)
LETTER = b"From: ann@lab.example\r\nTo: bo@lab.example\r\nSubject: Hello\r\n\r\nHi\r\n"
DATED = b"Date: Tue, 3 Feb 2004 10:00:00 +0100\r\n" + LETTER


def loaded(archive: Path) -> Loaded:
    return load_archive(
        Estate(seed=1), archive, now=NOW, password=lambda _: "secret", set_time=lambda _: None
    )


def packed(folder: Path, members: dict[str, bytes], name: str = "some-mail.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for member, data in members.items():
            package.writestr(member, data)
    return path


def test_an_archive_fills_the_mailbox_of_its_name(tmp_path: Path) -> None:
    done = loaded(packed(tmp_path, {"in/a.eml": LETTER, "in/deep/b.eml": LETTER}))

    assert done.mailbox.address == "some-mail@lab.example"
    assert done.items == 2
    assert {item.folder.path[1:] for item in done.mailbox.items} == {("in",), ("in", "deep")}


def test_the_same_archive_makes_the_same_items_to_the_byte(tmp_path: Path) -> None:
    archive = packed(tmp_path, {"in/a.eml": DATED, "in/deep/b.eml": LETTER})

    def told() -> list[tuple[bytes, bytes]]:
        clock = StoryClock(NOW)
        estate = Estate(clock=clock, seed=1)
        done = load_archive(
            estate, archive, now=NOW, password=lambda _: "secret", set_time=clock.set
        )
        items = done.mailbox.items
        return [(item.entry_id, b"".join(item.export_pieces(VERSION))) for item in items]

    assert told() == told()


def test_the_bytes_that_a_message_came_as_are_kept(tmp_path: Path) -> None:
    (item,) = loaded(packed(tmp_path, {"in/a.eml": LETTER})).mailbox.items

    assert item.mime == LETTER
    assert item.subject == "Hello"
    assert item.is_read


def test_a_message_lies_there_since_it_was_sent_and_an_undated_one_since_now(
    tmp_path: Path,
) -> None:
    done = loaded(packed(tmp_path, {"dated.eml": DATED, "undated.eml": LETTER}))
    received = {item.received for item in done.mailbox.items}

    assert received == {datetime(2004, 2, 3, 9, tzinfo=UTC), NOW}


def test_what_cannot_be_read_is_told_by_name_and_the_rest_is_loaded(tmp_path: Path) -> None:
    members = {"a.eml": LETTER, "b.txt": b"x", "c.msg": b"not an Outlook file", "d.eml": LETTER}
    done = loaded(packed(tmp_path, members))

    assert done.items == 2
    assert [unread.name for unread in done.unread] == ["b.txt", "c.msg"]
    assert all(unread.why for unread in done.unread)


def test_a_damaged_member_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.eml": os.urandom(2000), "b.eml": LETTER})
    data = bytearray(path.read_bytes())
    data[500] ^= 0xFF
    path.write_bytes(data)
    done = loaded(path)

    assert done.items == 1
    assert [unread.name for unread in done.unread] == ["a.eml"]


def test_names_that_climb_out_become_names_of_folders_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    archive = packed(inside, {"../../out/a.eml": LETTER, "/etc/b.eml": LETTER, "CON/c.eml": LETTER})
    before = sorted(tmp_path.rglob("*"))
    done = loaded(archive)

    assert done.items == 3
    assert {item.folder.path[1:] for item in done.mailbox.items} == {
        ("..", "..", "out"),
        ("", "etc"),
        ("CON",),
    }
    assert sorted(tmp_path.rglob("*")) == before


def test_a_member_that_unpacks_to_too_much_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MEMBER_BYTES_MAX", 1000)
    done = loaded(packed(tmp_path, {"bomb.eml": bytes(100_000), "a.eml": LETTER}))

    assert done.items == 1
    assert [unread.name for unread in done.unread] == ["bomb.eml"]


@pytest.mark.parametrize("limit", ["MEMBERS_MAX", "ARCHIVE_BYTES_MAX"])
def test_an_archive_over_a_limit_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(packages, limit, 1)
    with pytest.raises(OperatorError, match="too large"):
        loaded(packed(tmp_path, {"a.eml": LETTER, "b.eml": LETTER}))


def test_a_file_that_is_no_archive_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mail.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(OperatorError, match=r"mail\.zip"):
        loaded(path)


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"missing\.zip"):
        loaded(tmp_path / "missing.zip")


@pytest.mark.skipif(
    not CORPUS.is_dir(),
    reason=f"THE CORPUS IS NOT HERE ({CORPUS}): no real mail was loaded in this run",
)
@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("mail-real.zip", {"easy-ham-1": 2500, "spam-1": 500}),
        ("mail-odd.zip", {"rubymail": 103, "mime4j": 80}),
        ("outlook-msg.zip", {"hsmf": 41}),
    ],
)
def test_every_message_of_the_corpus_becomes_an_item(name: str, folders: dict[str, int]) -> None:
    done = loaded(CORPUS / name)
    counted = Counter(item.folder.name for item in done.mailbox.items)

    assert done.unread == ()
    assert counted == folders
    assert done.items == sum(folders.values())
