"""The story of ``strongroom demo``: an organisation, a backup, a disaster, a restore, a comparison.

It uses the same verbs as every other command, over a home and a storage that vanish with it; only
the disaster reaches around the server, into the lab's own estate, which is also the judge: what is
compared at the end is what the lab holds, not what our client says about it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.clock import Clock
from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.errors import StrongroomError
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import ADMINISTRATOR, Lab
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.restores import RestoreOrder
from strongroom.service.selections import BackupSelection
from strongroom.vault.secret import Secret

_NAME = "demo"
_SCRAMBLED = 12
_NEWCOMERS = 3
_MARK = "YOUR FILES ARE ENCRYPTED"

Print = tuple[tuple[str, ...], str, str, str]
"""What makes an item the same item: folder, class, subject, and a hash of its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What the disaster did.

    Attributes:
        deleted: Items that are gone, with the folder's.
        scrambled: Items whose subject and text were overwritten.
        folder: The folder that is gone.
    """

    deleted: int
    scrambled: int
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the demo shows at the end; the command's JSON document has the same names."""

    is_equal: bool
    items: int
    bytes_read: int
    bytes_stored: int
    requests: int
    incremental_saved: int
    incremental_requests: int
    restored: int
    compared: int
    outgoing_mail: int
    seconds: float


class Story:
    """Tells it, step by step.

    Args:
        lab: Running.
        application: Over an empty home.
        storage: An empty place.
        tell: Takes each line of the story.
        clock: Measures how long it took.
    """

    def __init__(
        self,
        lab: Lab,
        application: Application,
        storage: Path,
        *,
        tell: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._lab = lab
        self._app = application
        self._storage = storage
        self._tell = tell
        self._clock = clock

    def run(self) -> Outcome:
        """Go through the whole story."""
        started_s = self._clock.monotonic_s()
        self._set_up()
        victim = max(
            (one for one in self._lab.estate.mailboxes if one.role == "user"),
            key=lambda one: len(one.items),
        )
        before = fingerprints(victim)
        sent_before = len(self._lab.outgoing)
        first = self._back_up("First backup")
        point = self._newest_point(victim.address)
        sent_by_us = len(self._lab.outgoing) - sent_before
        damage = self._strike(victim)
        self._tell(
            f"Disaster for {victim.address}: {damage.deleted} items are deleted with the folder "
            f"'{damage.folder}', {damage.scrambled} are overwritten. Elsewhere {_NEWCOMERS} new "
            "messages arrive."
        )
        sent_before = len(self._lab.outgoing)  # what arrives may be forwarded by people's own rules
        second = self._back_up("Second backup, of what changed")
        restored = self._restore(victim.address, point)
        after = fingerprints(victim)
        is_equal = after == before and restored["status"] == "complete"
        outgoing = sent_by_us + len(self._lab.outgoing) - sent_before
        self._tell(
            f"Compared on the server: {(before & after).total():,} of {before.total():,} items "
            f"are as before the disaster. Mail that backup and restore sent: {outgoing}."
        )
        return Outcome(
            is_equal=is_equal,
            items=first["totals"]["saved"],
            bytes_read=first["totals"]["bytes_read"],
            bytes_stored=first["totals"]["bytes_stored"],
            requests=first["totals"]["requests"],
            incremental_saved=second["totals"]["saved"],
            incremental_requests=second["totals"]["requests"],
            restored=restored["totals"]["saved"],
            compared=(before & after).total(),
            outgoing_mail=outgoing,
            seconds=round(self._clock.monotonic_s() - started_s, 1),
        )

    def _set_up(self) -> None:
        self._app.connections.add(
            _NAME,
            ConnectionDetails(
                kind=EXCHANGE_ONPREM,
                server=self._lab.ews_url,
                user=ADMINISTRATOR,
                password=Secret(self._lab.admin_password),
                auth="basic",
                access="impersonation",
                ca_pem=self._lab.ca_pem.decode("ascii"),
            ),
        )
        self._app.storages.add(_NAME, str(self._storage), Secret(self._lab.admin_password))
        self._app.jobs.add_backup(
            _NAME, connection=_NAME, storage=_NAME, selection=BackupSelection(is_all=True)
        )
        count = len(self._lab.estate.mailboxes)
        self._tell(f"A made-up organisation with {count} mailboxes answers on {self._lab.url}.")

    def _back_up(self, what: str) -> dict[str, Any]:
        asked, _ = self._app.jobs.ask_run(_NAME)
        report, took_s = self._wait(asked.id)
        totals = report["totals"]
        self._tell(
            f"{what}: {report['status']}. {totals['saved']:,} of {totals['on_server']:,} items "
            f"saved, {megabytes(totals['bytes_read'])} read, "
            f"{megabytes(totals['bytes_stored'])} stored, {totals['requests']:,} requests, "
            f"{took_s:.1f} s."
        )
        return report

    def _newest_point(self, address: str) -> str:
        return self._app.kept.points(_NAME, address).points[0].id

    def _restore(self, address: str, point: str) -> dict[str, Any]:
        order = RestoreOrder(
            storage=_NAME,
            resource=address,
            connection=_NAME,
            at=f"point:{point}",
            folder="/",
            conflict="replace",
        )
        asked, _ = self._app.restores.ask(order)
        report, took_s = self._wait(asked.id)
        totals = report["totals"]
        self._tell(
            f"Restore of the first point, in place: {report['status']}. {totals['saved']:,} items "
            f"written, read back and compared, {totals['unchanged']:,} left alone, "
            f"{totals['requests']:,} requests, {took_s:.1f} s."
        )
        return report

    def _wait(self, run_id: str) -> tuple[dict[str, Any], float]:
        started_s = self._clock.monotonic_s()
        self._app.runs.wait(run_id, lambda _run: None)
        report: dict[str, Any] = self._app.runs.show(run_id)
        if report["error"] is not None:
            raise StrongroomError(
                "The demo cannot go on: one of its runs failed.",
                why=f"{report['error']['what']} {report['error']['why']}",
                hint="Please report it; nothing of yours was touched.",
            )
        return report, self._clock.monotonic_s() - started_s

    def _strike(self, victim: Mailbox) -> Damage:
        """Delete the inbox and a folder, overwrite sent mail, and let life go on elsewhere."""
        with self._lab.estate.lock:
            inbox = victim.folder_by_role("inbox")
            lost = [item for item in inbox.items if not item.is_associated]
            for item in lost:
                inbox.remove_item(item)
            folder = _own_folder(victim)
            deleted = len(lost) + len(folder.items)
            victim.delete_folder(folder)
            sent = victim.folder_by_role("sentitems")
            scrambled = [item for item in sent.items if not item.is_associated][:_SCRAMBLED]
            for item in scrambled:
                sent.change_item(item, changes=_ransom(item))
        self._receive_elsewhere(victim)
        return Damage(deleted=deleted, scrambled=len(scrambled), folder=folder.name)

    def _receive_elsewhere(self, victim: Mailbox) -> None:
        others = [
            one for one in self._lab.estate.mailboxes if one.role == "user" and one is not victim
        ]
        for number in range(_NEWCOMERS):
            message = Message(
                properties={
                    tags.PidTagMessageClass: "IPM.Note",
                    tags.PidTagSubject: f"Is your mail gone too? ({number + 1})",
                    tags.PidTagBody: "Mine is still here. Call the administrator.",
                },
                recipients=[],
                attachments=[],
            )
            self._lab.estate.deliver(others[number % len(others)].address, message)


def fingerprints(mailbox: Mailbox) -> Counter[Print]:
    """Take down what a person would miss: every visible item, by folder and content."""
    with mailbox.lock:
        return Counter(
            (folder.path, item.item_class, item.subject, _content_hash(item.message()))
            for folder in mailbox.folder_by_role("msgfolderroot").descendants()
            for item in folder.items
            if not item.is_associated
        )


def megabytes(byte_count: int) -> str:
    """Write a size in megabytes."""
    return f"{byte_count / 1e6:.2f} MB"


def _content_hash(message: Message) -> str:
    digest = hashlib.sha256()
    for tag in (tags.PidTagBody, tags.PidTagHtml, tags.PidTagRtfCompressed):
        digest.update(repr(message.properties.get(tag)).encode("utf-8", "backslashreplace"))
    for attachment in message.attachments:
        digest.update(repr(attachment.properties.get(tags.PidTagAttachDataBinary)).encode())
    return digest.hexdigest()


def _own_folder(mailbox: Mailbox) -> Folder:
    """Find the fullest folder that somebody made themselves and that has no folder below."""
    own = [
        folder
        for folder in mailbox.folder_by_role("msgfolderroot").descendants()
        if folder.role is None and not list(folder.descendants())
    ]
    return max(own, key=lambda folder: len(folder.items))


def _ransom(item: StoredItem) -> dict[Any, Any]:
    scrambled = hashlib.sha256(item.subject.encode("utf-8", "backslashreplace")).hexdigest()
    return {
        tags.PidTagSubject: _MARK,
        tags.PidTagBody: scrambled,
        tags.PidTagHtml: None,
        tags.PidTagRtfCompressed: None,
    }
