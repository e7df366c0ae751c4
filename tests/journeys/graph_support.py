"""Exchange Online by Graph in journeys: how it is connected, and how mailboxes are told apart."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from strongroom.content import compare, tags
from strongroom.lab import https
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from strongroom.sources.exchange_onprem.comparing import IGNORED_BY_EXPORT
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.support import CORPUS, Strongroom

ODD, REAL = CORPUS / "mail-odd.zip", CORPUS / "mail-real.zip"
AMOUNTS = pytest.mark.parametrize(
    "archive",
    [
        pytest.param(ODD, id="odd"),
        # 3,000 letters; what is odd about real mail is in the other.
        pytest.param(REAL, id="real", marks=pytest.mark.soak),
    ],
)
"""Of real letters that lie beside the seeded calendars, contacts, tasks and notes."""

Prints = Counter[tuple[tuple[str, ...], str, str]]


def open_with(open_lab: OpenLab, archive: Path) -> Lab:
    """Open a lab with an archive of letters; without the small one there are others enough."""
    if archive == REAL and not REAL.is_file():
        pytest.skip("NOT SHOWN: the corpora are not beside the checkout")
    return open_lab(Wishes(seed=3, mail=(archive,) if archive.is_file() else ()))


def connect(
    strongroom: Strongroom, lab: Lab, name: str = "tenant", *more: str, has_ews: bool = False
) -> None:
    """Add the lab's tenant, read by Graph alone: nobody may use EWS there."""
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = has_ews
    backup, restore = lab.cloud.applications[:2]
    (strongroom.folder / f"{name}.json").write_text(json.dumps(lab.cloud.endpoints))
    (strongroom.folder / f"{name}-ca.pem").write_bytes(lab.ca_pem)
    strongroom(
        "connection", "add", "exchange-online", name, "--tenant", lab.cloud.tenant.id,
        "--client-id", backup.client_id,
        "--certificate", strongroom.secret(f"{name}-backup.pem", backup.certificate),
        "--restore-client-id", restore.client_id,
        "--restore-certificate", strongroom.secret(f"{name}-restore.pem", restore.certificate),
        "--endpoints", strongroom.folder / f"{name}.json",
        "--ca-file", strongroom.folder / f"{name}-ca.pem", *more,
    )  # fmt: skip


def add(lab: Lab, address: str) -> Mailbox:
    """Give the organisation another mailbox, on its own server and in its tenant."""
    mailbox = lab.estate.add_mailbox(address, address, password=canary("owner"))
    lab.cloud.tenant.add_user(
        address, address, password=canary("user"), mailbox_guid=str(mailbox.guid)
    )
    return mailbox


def prints(mailbox: Mailbox, *below: str) -> Prints:
    """Tell visible items apart by everything that they hold, as the estate itself has it.

    Another judge than the comparison that a restore makes of itself.
    """
    top = mailbox.folder_by_role("msgfolderroot")
    for name in below:
        child = top.child(name)
        assert child is not None, name
        top = child
    return Counter(
        (folder.path[len(top.path) :], item.item_class, _print(item))
        for folder in top.descendants()
        for item in folder.items
        if not item.is_associated
    )


def without_waiting(told: Prints) -> Prints:
    """Leave out what lay in the Outbox: it is a draft now."""
    return Counter({key: count for key, count in told.items() if key[0][:1] != ("Outbox",)})


def _print(item: StoredItem) -> str:
    message = item.message()
    computed = tags.FLAG_HAS_ATTACHMENT | tags.FLAG_UNMODIFIED
    flags = int(str(message.properties.get(tags.PidTagMessageFlags) or 0)) & ~computed
    held = [
        sorted(
            (str(tag), repr(value))
            for tag, value in message.properties.items()
            if tag not in IGNORED_BY_EXPORT and tag != tags.PidTagMessageFlags
        ),
        flags,
        [sorted((str(tag), repr(value)) for tag, value in one.items()
                if tag not in compare.REWRITTEN) for one in message.recipients],
        [one.properties.get(tags.PidTagAttachDataBinary) for one in message.attachments],
    ]  # fmt: skip
    return hashlib.sha256(repr(held).encode("utf-8", "backslashreplace")).hexdigest()


def back_up(
    strongroom: Strongroom, job: str, connection: str, address: str, *, expect: int = 0
) -> Any:
    """Add a job for one mailbox, and run it."""
    strongroom("job", "add", "backup", job, "--connection", connection, "--storage", "disk",
               "--resource", address)  # fmt: skip
    done = strongroom("job", "run", job, "--wait", expect=expect)
    assert expect or done["status"] == "complete", done
    return done


def fullest(lab: Lab) -> Mailbox:
    """Give the mailbox of a person who has the most kinds of items."""
    people = [one for one in lab.estate.mailboxes if one.role == "user"]
    return max(people, key=lambda one: len({item.item_class for item in one.items}))


def with_mail(lab: Lab, archive: Path) -> Mailbox:
    """Put an archive's real letters beside calendars, contacts, tasks and notes."""
    mailbox = fullest(lab)
    loaded = lab.estate.mailbox(f"{archive.stem}@lab.example")
    if loaded is not None:
        with lab.estate.lock:
            letters = mailbox.add_folder(mailbox.folder_by_role("inbox"), "Letters")
            for item in loaded.items:
                letters.add_item(item.message())
    return mailbox


def plain_names(lab: Lab, mailbox: Mailbox) -> None:
    """Rename what XML cannot carry: EWS gives names with control characters in another spelling."""
    with lab.estate.lock:
        odd = [one for one in mailbox.folder_by_role("msgfolderroot").descendants()
               if not one.name.isprintable()]  # fmt: skip
        for folder in reversed(odd):
            mailbox.change_folder(folder, name=repr(folder.name))


def empty(lab: Lab, mailbox: Mailbox) -> None:
    """Delete everything for good."""
    with lab.estate.lock:
        for item in list(mailbox.items):
            mailbox.hard_delete_item(item)
    assert prints(mailbox) == {}


def exports(lab: Lab) -> int:
    """Say how often Graph was asked to export items."""
    return lab.cloud.graph.mail.requests["exportItems"]


class Sent:
    """What all servers of labs sent, as they themselves count it: whatever went over the line."""

    def __init__(self) -> None:
        self.byte_count = 0

    def counted(self, line: BinaryIO) -> BinaryIO:
        """Give the same stream, which counts."""
        return cast("BinaryIO", _Counted(line, self))


class _Counted:
    def __init__(self, line: BinaryIO, sent: Sent) -> None:
        self._line, self._sent = line, sent

    def write(self, data: bytes) -> int:
        self._sent.byte_count += len(data)
        return self._line.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)


def count_sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Have every server of a lab that is connected from now on count what it sends."""
    sent, real = Sent(), https._Handler.setup

    def setup(self: https._Handler) -> None:
        real(self)
        self.wfile = sent.counted(cast("BinaryIO", self.wfile))  # type: ignore[assignment]

    monkeypatch.setattr(https._Handler, "setup", setup)
    return sent
