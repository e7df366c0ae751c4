"""Exchange Online by Graph, both ways, and across to a server of one's own and back."""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from strongroom.content import tags
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.graph_support import (
    AMOUNTS,
    add,
    back_up,
    connect,
    empty,
    open_with,
    plain_names,
    prints,
    with_mail,
    without_waiting,
)
from tests.journeys.support import Strongroom

LARGE = "large@lab.example"
THERE, BACK = "there@lab.example", "back@lab.example"


@pytest.fixture
def lab(open_lab: OpenLab, archive: Path) -> Lab:
    return open_with(open_lab, archive)


@AMOUNTS
@pytest.mark.in_process
def test_what_graph_saved_comes_back_by_graph_equal(
    strongroom: Strongroom, lab: Lab, archive: Path
) -> None:
    connect(strongroom, lab)
    mailbox = with_mail(lab, archive)
    before = prints(mailbox)
    assert before.total() > 50
    back_up(strongroom, "nightly", "tenant", mailbox.address)
    empty(lab, mailbox)
    restored = strongroom.run("restore", "disk", mailbox.address, "--connection", "tenant",
                              "--folder", "/", "--wait", "--json")  # fmt: skip
    assert restored.document["status"] == "complete", restored.document
    assert "RetentionHoldEnabled" in restored.stderr
    assert restored.document["totals"]["saved"] == before.total()
    assert without_waiting(prints(mailbox)) == without_waiting(before)
    assert lab.cloud.graph.crashes == []
    assert lab.outgoing == []


@AMOUNTS
@pytest.mark.in_process
def test_a_mailbox_goes_from_a_server_to_online_and_back_and_is_the_same(
    strongroom: Strongroom, lab: Lab, archive: Path
) -> None:
    """The tenant is another organisation's, with an estate of its own."""
    with Lab(Wishes(seed=8)) as other:
        connect(strongroom, other)
        mailbox, there, back = with_mail(lab, archive), add(other, THERE), add(lab, BACK)
        plain_names(lab, mailbox)
        before = prints(mailbox)
        hidden = sum(item.is_associated for item in mailbox.items)
        assert hidden > 0

        back_up(strongroom, "own", "lab", mailbox.address)
        moved = strongroom.run("restore", "disk", mailbox.address, "--connection", "tenant",
                               "--to", THERE, "--folder", "/", "--wait", "--json")  # fmt: skip
        assert f"hidden items ({hidden}): " in moved.stderr, "said before anything was written"
        totals = moved.document["totals"]
        assert (totals["saved"], totals["skipped"], totals["failed"]) == (
            before.total(), hidden, 0
        )  # fmt: skip
        assert without_waiting(prints(there)) == without_waiting(before)

        back_up(strongroom, "online", "tenant", THERE)
        home = strongroom("restore", "disk", THERE, "--connection", "lab", "--to", BACK,
                          "--folder", "/", "--wait")  # fmt: skip
        assert home["status"] == "complete", home
        assert prints(back) == prints(there)
        assert other.cloud.graph.crashes == []
        assert (lab.outgoing, other.outgoing) == ([], [])


@AMOUNTS
@pytest.mark.soak
@pytest.mark.in_process
def test_a_mailbox_goes_from_one_tenant_to_another_and_is_the_same(
    strongroom: Strongroom, lab: Lab, archive: Path
) -> None:
    mailbox = with_mail(lab, archive)
    connect(strongroom, lab)
    back_up(strongroom, "nightly", "tenant", mailbox.address)
    with Lab(Wishes(seed=8)) as other:
        there = add(other, THERE)
        connect(strongroom, other, "other")
        done = strongroom("restore", "disk", mailbox.address, "--connection", "other", "--to",
                          THERE, "--folder", "/", "--wait")  # fmt: skip
        assert done["status"] == "complete", done
        assert without_waiting(prints(there)) == without_waiting(prints(mailbox))
        assert other.cloud.graph.crashes == []
        assert (lab.outgoing, other.outgoing) == ([], [])


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


@pytest.mark.soak
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
