"""Real messages of the public corpora: saved, checked by restic, restored and compared."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from strongroom.content import tags
from strongroom.content.message import PropertyKey
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Wishes
from tests.journeys.conftest import OpenLab
from tests.journeys.support import CORPUS, Strongroom, restic

pytestmark = [
    pytest.mark.in_process,
    pytest.mark.skipif(
        not CORPUS.is_dir(), reason="NOT SHOWN: the corpora are not beside the checkout"
    ),
]
COUNTS = {"mail-real": 3000, "mail-odd": 183, "outlook-msg": 41}
CONTENT = {"export": ".fts", "mime": ".json"}
SEEN = (
    tags.PidTagSubject,
    tags.PidTagMessageDeliveryTime,
    tags.PidTagClientSubmitTime,
    tags.PidTagInternetMessageId,
    tags.PidTagImportance,
    tags.PidTagMessageFlags,
)
# What Outlook kept is more than EWS tells: parts of a second, flags of its own, NULs in subjects.
SEEN_OF_MSG = (tags.PidTagMessageClass,)
BODIES = (tags.PidTagBody, tags.PidTagHtml, tags.PidTagRtfCompressed)
WITHOUT: dict[str, tuple[str, ...]] = {"export": (), "mime": ("export",)}


@pytest.mark.restic
@pytest.mark.parametrize(
    ("archive", "way"),
    [
        # By far the longest; what is odd about real mail is in the others.
        pytest.param(archive, way, marks=pytest.mark.soak if archive == "mail-real" else ())
        for archive in COUNTS
        for way in WITHOUT
    ],
)
def test_real_mail_comes_back_and_restic_gives_the_bytes_that_export_gives(
    archive: str, way: str, strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(mail=(CORPUS / f"{archive}.zip",), without=WITHOUT[way]))
    address = f"{archive}@lab.example"
    loaded = lab.estate.mailbox(address)
    empty = lab.estate.mailbox("empty@lab.example")
    assert loaded is not None
    assert empty is not None
    assert len(loaded.items) == COUNTS[archive]

    saved = strongroom.back_up("mail", address)
    assert saved["status"] == "complete", saved
    assert saved["totals"]["saved"] == saved["totals"]["on_server"] == COUNTS[archive]
    back = strongroom(
        "restore", "disk", address, "--connection", "lab", "--to", empty.address,
        "--folder", "Back", "--wait",
    )  # fmt: skip
    assert back["status"] == "complete", back
    assert back["totals"]["saved"] == COUNTS[archive]
    seen = SEEN_OF_MSG if (archive, way) == ("outlook-msg", "mime") else SEEN
    assert prints(empty, way, seen) == prints(loaded, way, seen)

    (repository,) = (tmp_path / "storage-disk" / "repositories" / "mailbox").iterdir()
    password = strongroom.storage_password
    assert "no errors were found" in restic(repository, password, "check", "--read-data")
    restic(repository, password, "restore", "latest", "--target", tmp_path / "by-restic")
    strongroom("export", "disk", address, "--format", "files", "--output", tmp_path / "by-export")
    exported = files(tmp_path / "by-export")
    assert sum(name.endswith(CONTENT[way]) for name in exported) >= COUNTS[archive]
    assert exported == files(tmp_path / "by-restic")


def prints(mailbox: Mailbox, way: str, tags_seen: Sequence[PropertyKey]) -> Counter[str]:
    """Tell items apart by what a person sees of them, as the server itself has them.

    Another judge than the comparison that the restore makes of itself. What was uploaded is the
    same to the byte; of what was created from MIME, a server writes the bodies anew.
    """
    found: Counter[str] = Counter()
    for item in mailbox.items:
        message = item.message()
        seen = [item.folder.name, item.item_class, *(item.get(tag) for tag in tags_seen)]
        if way == "export":
            seen += [message.properties.get(tag) for tag in BODIES]
            seen += [one.properties.get(tags.PidTagAttachDataBinary) for one in message.attachments]
            seen += [one.get(tags.PidTagDisplayName) for one in message.recipients]
        found[hashlib.sha256(repr(seen).encode("utf-8", "backslashreplace")).hexdigest()] += 1
    return found


def files(top: Path) -> dict[str, bytes]:
    """Read every file below a folder, by its path in it."""
    return {
        str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()
    }
