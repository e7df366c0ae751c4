"""A job goes over to Graph, a mailbox moves into the cloud, and all that is done with what is kept.

How much was downloaded is counted by the servers, not by us. ``test_exchange_by_graph`` shows
the same of few items in every run of the tests.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.graph_support import (
    AMOUNTS,
    back_up,
    connect,
    count_sent,
    empty,
    exports,
    open_with,
    plain_names,
    prints,
    with_mail,
)
from tests.journeys.support import Strongroom, restic
from tests.journeys.test_many_restored import AGES_D, NEWEST, PEOPLE, fill

pytestmark = [pytest.mark.in_process, pytest.mark.restic, pytest.mark.soak]

AGAIN = {"mail-odd": 0.05, "mail-real": 0.02}
"""The share of all bytes that may be sent again: of few letters everything else is more."""


def visible(mailbox: Mailbox) -> int:
    return prints(mailbox).total()


@AMOUNTS
def test_a_job_goes_over_and_downloads_nothing_again(
    strongroom: Strongroom, open_lab: OpenLab, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = count_sent(monkeypatch)
    lab = open_with(open_lab, archive)
    connect(strongroom, lab, "tenant", "--with-ews", has_ews=True)
    mailbox = with_mail(lab, archive)
    before = sent.byte_count
    first = back_up(strongroom, "nightly", "tenant", mailbox.address)
    of_ews = sent.byte_count - before
    assert "2027-04-01" in json.dumps(first)

    strongroom("connection", "edit", "tenant", "--without-ews")
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    before = sent.byte_count
    over = strongroom("job", "run", "nightly", "--wait")
    of_graph = sent.byte_count - before
    assert (over["status"], over["totals"]["saved"]) == ("complete", 0), over
    assert over["totals"]["unchanged"] == visible(mailbox)
    assert exports(lab) == 0
    assert of_graph < AGAIN[archive.stem] * of_ews
    assert strongroom("verify", "disk")[0]["problems"] == []


def move(mailbox: Mailbox, estate: Estate, lab: Lab) -> Mailbox:
    """Move a mailbox to another organisation: its own id and its items stay, all ids are others."""
    there = estate.add_mailbox(
        mailbox.address, mailbox.name, password=canary("owner"), archive=False
    )
    there.guid = mailbox.guid
    estate._by_guid[there.guid] = there
    lab.cloud.tenant.add_user(
        mailbox.address, mailbox.name, password=canary("user"), mailbox_guid=str(mailbox.guid)
    )
    for folder in mailbox.folders:
        place = _place(there, folder)
        for item in folder.items if place is not None else ():
            assert place is not None
            place.place(item.source, item.kept, mime=None, is_associated=item.is_associated)
    return there


def _place(there: Mailbox, folder: Folder) -> Folder | None:
    if folder.role and (known := there.find_folder_by_role(folder.role)) is not None:
        return known
    above = folder.parent and _place(there, folder.parent)
    if not above:
        return None
    return above.child(folder.name) or there.add_folder(above, folder.name, kind=folder.kind)


@AMOUNTS
def test_a_mailbox_that_moves_online_keeps_its_repository(
    strongroom: Strongroom, open_lab: OpenLab, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = count_sent(monkeypatch)
    lab = open_with(open_lab, archive)
    mailbox = with_mail(lab, archive)
    plain_names(lab, mailbox)
    before = sent.byte_count
    back_up(strongroom, "own", "lab", mailbox.address)
    of_own = sent.byte_count - before
    with Lab(Wishes(seed=9)) as other:
        with other.estate.lock:
            there = move(mailbox, other.estate, other)
        assert prints(there) == prints(mailbox)
        connect(strongroom, other, "tenant")
        before = sent.byte_count
        online = back_up(strongroom, "online", "tenant", mailbox.address)
        of_graph = sent.byte_count - before
        assert (online["totals"]["saved"], online["totals"]["unchanged"]) == (0, visible(mailbox))
        assert exports(other) == 0
        assert of_graph < AGAIN[archive.stem] * of_own
        with other.estate.lock:
            there.hard_delete_item(there.folder_by_role("inbox").items[0])
        later = strongroom("job", "run", "online", "--wait")
        assert later["totals"]["unchanged"] == visible(mailbox) - 1
    points = strongroom("points", "disk", "--resource", mailbox.address)
    assert {uuid.UUID(one["resource_id"]) for one in points} == {mailbox.guid}
    assert len(points) == 3
    (repository,) = Path(strongroom.folder / "storage-disk" / "repositories" / "mailbox").iterdir()
    told = restic(repository, strongroom.storage_password, "check", "--read-data")
    assert "no errors were found" in told


@AMOUNTS
def test_what_graph_saved_is_browsed_exported_and_verified(
    strongroom: Strongroom, open_lab: OpenLab, archive: Path, tmp_path: Path
) -> None:
    lab = open_with(open_lab, archive)
    connect(strongroom, lab)
    mailbox = with_mail(lab, archive)
    done = back_up(strongroom, "nightly", "tenant", mailbox.address)
    ledger = json.dumps(done)
    assert "Hidden items (folder-associated" in ledger
    assert "Microsoft Graph tells no delegates" in ledger
    listed = {one["resource"]: one["excluded"] for one in strongroom("resources", "tenant")}
    assert "Graph has no public folders" in listed["public-folders"]
    assert "--with-ews" in listed["public-folders"]
    assert "groups" in listed["group-mailboxes"]

    inbox = strongroom("browse", "disk", mailbox.address, "Inbox")
    assert Counter(one["name"] for one in inbox if one["type"] == "item") == Counter(
        item.subject for item in mailbox.folder_by_role("inbox").items if not item.is_associated
    )
    strongroom("export", "disk", mailbox.address, "--format", "eml", "--output", tmp_path / "eml")
    strongroom("export", "disk", mailbox.address, "--format", "files", "--output", tmp_path / "fts")
    streams = list((tmp_path / "fts").rglob("*.fts"))
    assert len(streams) == visible(mailbox)
    assert len(list((tmp_path / "eml").rglob("*.eml"))) > visible(mailbox) / 2
    assert strongroom("verify", "disk")[0]["problems"] == []
    (repository,) = Path(strongroom.folder / "storage-disk" / "repositories" / "mailbox").iterdir()
    password = strongroom.storage_password
    assert "no errors were found" in restic(repository, password, "check", "--read-data")
    restic(repository, password, "restore", "latest", "--target", tmp_path / "by-restic")
    by_restic = Counter(one.read_bytes() for one in (tmp_path / "by-restic").rglob("*.fts"))
    assert by_restic == Counter(one.read_bytes() for one in streams)
    assert lab.cloud.graph.crashes == []


def test_a_ledger_of_everything_names_what_graph_cannot_reach(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=2))
    connect(strongroom, lab)
    strongroom("job", "add", "backup", "nightly", "--connection", "tenant", "--storage", "disk",
               "--all")  # fmt: skip
    done = strongroom("job", "run", "nightly", "--wait")
    assert done["status"] == "complete", done
    told = {one["resource"]: json.dumps(one) for one in done["tasks"]}
    assert "Graph has no public folders" in told["public-folders"]
    assert "While EWS lasts" in told["public-folders"] or "--with-ews" in told["public-folders"]
    assert "groups" in told["group-mailboxes"]
    assert "No mailbox" in told[lab.cloud.admin.upn]
    assert "beta" in next(one for name, one in told.items() if name.startswith("archive:"))
    assert {"info@lab.example", "room.aurora@lab.example"} <= told.keys()


def test_after_a_disaster_everyones_newest_days_come_first_by_graph(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=3))
    connect(strongroom, lab)
    boxes = []
    for address in PEOPLE:
        boxes.append(fill(lab, address))
        lab.cloud.tenant.add_user(
            address, address, password=canary("user"), mailbox_guid=str(boxes[-1].guid)
        )
    strongroom("job", "add", "backup", "all", "--connection", "tenant", "--storage", "disk",
               *(word for one in PEOPLE for word in ("--resource", one)))  # fmt: skip
    assert strongroom("job", "run", "all", "--wait")["status"] == "complete"
    before = [prints(box) for box in boxes]
    for box in boxes:
        empty(lab, box)
    back = strongroom("restore", "disk", "--all", "--connection", "tenant", "--folder", "/",
                      "--conflict", "skip", "--wait")  # fmt: skip
    assert back["status"] == "complete", back
    assert [prints(box) for box in boxes] == before
    newest = {f"{age_d} days old" for age_d in AGES_D[:NEWEST]}
    for box in boxes:
        inbox = sorted(box.folder_by_role("inbox").items, key=lambda item: item.arrived)
        assert {item.subject for item in inbox[:NEWEST]} == newest
    first, rest = back["tasks"][: len(PEOPLE)], back["tasks"][len(PEOPLE) :]
    assert max(one["started"] for one in first) <= min(one["started"] for one in rest)
