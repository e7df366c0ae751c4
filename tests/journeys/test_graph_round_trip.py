"""Exchange Online by Graph, both ways, and across to a server of one's own and back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import subprocess
from collections import Counter

import pytest

from strongroom.content import compare, tags
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.sources.exchange_onprem.comparing import IGNORED_BY_EXPORT
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.support import CORPUS, Strongroom

LARGE = "large@lab.example"
THERE, BACK = "there@lab.example", "back@lab.example"
REAL = CORPUS / "mail-odd.zip"

Prints = Counter[tuple[tuple[str, ...], str, str]]


def connect(strongroom: Strongroom, lab: Lab) -> None:
    """Add the tenant, read by Graph alone: nobody may use EWS there."""
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    backup, restore = lab.cloud.applications[:2]
    (strongroom.folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
    strongroom(
        "connection", "add", "exchange-online", "tenant", "--tenant", lab.cloud.tenant.id,
        "--client-id", backup.client_id,
        "--certificate", strongroom.secret("backup.pem", backup.certificate),
        "--restore-client-id", restore.client_id,
        "--restore-certificate", strongroom.secret("restore.pem", restore.certificate),
        "--endpoints", strongroom.folder / "endpoints.json",
        "--ca-file", strongroom.folder / "ca.pem",
    )  # fmt: skip


def add(lab: Lab, address: str) -> Mailbox:
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


def back_up(strongroom: Strongroom, job: str, connection: str, address: str) -> None:
    strongroom("job", "add", "backup", job, "--connection", connection, "--storage", "disk",
               "--resource", address)  # fmt: skip
    done = strongroom("job", "run", job, "--wait")
    assert done["status"] == "complete", done


def fullest(lab: Lab) -> Mailbox:
    """Give the mailbox of a person who has the most kinds of items."""
    people = [one for one in lab.estate.mailboxes if one.role == "user"]
    return max(people, key=lambda one: len({item.item_class for item in one.items}))


def with_real_mail(lab: Lab) -> Mailbox:
    """Put real letters beside calendars, contacts, tasks and notes."""
    mailbox = fullest(lab)
    loaded = lab.estate.mailbox("mail-odd@lab.example")
    if loaded is not None:
        with lab.estate.lock:
            letters = mailbox.add_folder(mailbox.folder_by_role("inbox"), "Letters")
            for item in loaded.items:
                letters.add_item(item.message())
    return mailbox


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    return open_lab(Wishes(seed=3, mail=(REAL,) if REAL.is_file() else ()))


@pytest.mark.in_process
def test_what_graph_saved_comes_back_by_graph_equal(strongroom: Strongroom, lab: Lab) -> None:
    connect(strongroom, lab)
    mailbox = with_real_mail(lab)
    before = prints(mailbox)
    assert before.total() > 50
    back_up(strongroom, "nightly", "tenant", mailbox.address)
    with lab.estate.lock:
        for item in list(mailbox.items):
            mailbox.hard_delete_item(item)
    assert prints(mailbox) == {}

    restored = strongroom.run("restore", "disk", mailbox.address, "--connection", "tenant",
                              "--folder", "/", "--wait", "--json")  # fmt: skip
    assert restored.document["status"] == "complete", restored.document
    assert "RetentionHoldEnabled" in restored.stderr
    assert restored.document["totals"]["saved"] == before.total()
    assert _without_waiting(prints(mailbox)) == _without_waiting(before)
    assert lab.cloud.graph.crashes == []
    assert lab.outgoing == []


def _without_waiting(told: Prints) -> Prints:
    """Leave out what lay in the Outbox: it is a draft now."""
    return Counter({key: count for key, count in told.items() if key[0][:1] != ("Outbox",)})


@pytest.mark.in_process
def test_a_mailbox_goes_from_a_server_to_online_and_back_and_is_the_same(
    strongroom: Strongroom, lab: Lab
) -> None:
    connect(strongroom, lab)
    mailbox, there, back = with_real_mail(lab), add(lab, THERE), add(lab, BACK)
    with lab.estate.lock:
        # XML carries no control characters, so EWS gives these names in another spelling.
        odd = [one for one in mailbox.folder_by_role("msgfolderroot").descendants()
               if not one.name.isprintable()]  # fmt: skip
        for folder in reversed(odd):
            mailbox.change_folder(folder, name=repr(folder.name))
    before = prints(mailbox)
    hidden = sum(item.is_associated for item in mailbox.items)
    assert hidden > 0

    back_up(strongroom, "own", "lab", mailbox.address)
    moved = strongroom.run("restore", "disk", mailbox.address, "--connection", "tenant", "--to",
                           THERE, "--folder", "/", "--wait", "--json")  # fmt: skip
    assert f"{hidden} hidden items" in moved.stderr, "said before anything was written"
    totals = moved.document["totals"]
    assert (totals["saved"], totals["skipped"], totals["failed"]) == (before.total(), hidden, 0)
    assert _without_waiting(prints(there)) == _without_waiting(before)

    back_up(strongroom, "online", "tenant", THERE)
    home = strongroom("restore", "disk", THERE, "--connection", "lab", "--to", BACK, "--folder",
                      "/", "--wait")  # fmt: skip
    assert home["status"] == "complete", home
    assert prints(back) == prints(there)
    assert lab.cloud.graph.crashes == []
    assert lab.outgoing == []


@pytest.mark.in_process
@pytest.mark.parametrize("policy", ["copy", "skip", "replace"])
def test_what_is_there_already_is_copied_skipped_or_replaced(
    strongroom: Strongroom, open_lab: OpenLab, policy: str
) -> None:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=12, item_bytes=512),)))
    connect(strongroom, lab)
    mailbox = lab.estate.mailbox(LARGE)
    assert mailbox is not None
    before = prints(mailbox)
    back_up(strongroom, "nightly", "tenant", LARGE)
    with lab.estate.lock:
        changed, gone = mailbox.items[:2]
        changed.folder.change_item(changed, changes={tags.PidTagBody: "Scribbled over."})
        missing = prints(mailbox)
        mailbox.hard_delete_item(gone)
        missing -= prints(mailbox)
    scribbled = prints(mailbox)
    done = strongroom("restore", "disk", LARGE, "--connection", "tenant", "--folder", "/",
                      "--conflict", policy, "--wait")  # fmt: skip
    assert done["status"] == "complete", done
    now = prints(mailbox)
    if policy == "copy":
        assert now == before + scribbled
    elif policy == "skip":
        assert now == scribbled + missing
    else:
        assert now == before


def test_a_restore_killed_at_random_never_brings_an_item_twice(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    items = 150
    lab = open_lab(Wishes(loads=(Load(address=LARGE, items=items, item_bytes=2048, folders=3),)))
    connect(strongroom, lab)
    back_up(strongroom, "nightly", "tenant", LARGE)
    words = ("restore", "disk", LARGE, "--connection", "tenant", "--to", "empty@lab.example",
             "--folder", "Back", "--wait")  # fmt: skip
    requests, chance = lab.cloud.graph.mail.requests, random.Random(7)
    for _ in range(2):
        wanted = requests["importItem"] + chance.randrange(5, 60)
        process = strongroom.start(*words)
        try:
            while requests["importItem"] < wanted and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.002)
        finally:
            process.kill()
            process.communicate()
    done = strongroom(*words)
    assert done["status"] == "complete", done
    empty, large = lab.estate.mailbox("empty@lab.example"), lab.estate.mailbox(LARGE)
    assert empty is not None
    assert large is not None
    assert Counter(one.subject for one in empty.items) == Counter(
        one.subject for one in large.items
    )
