"""The demo tells a true story and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.cli.demo_story import fingerprints
from strongroom.content import tags
from strongroom.lab.lab import Lab
from tests.cli.test_output import is_harmless


def test_the_demo_brings_everything_back_sends_nothing_and_leaves_no_file(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "strongroom", "demo", "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={"TMPDIR": str(temporary), "STRONGROOM_HOME": str(tmp_path / "home")},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["is_equal"]
    assert told["outgoing_mail"] == 0
    assert told["items"] > 100
    assert 0 < told["incremental_saved"] < told["items"] / 10
    assert told["incremental_requests"] < told["requests"]
    assert told["restored"] > 0
    assert "Disaster" in done.stderr
    assert is_harmless(done.stderr)
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_told_to_stop_leaves_no_file(order: signal.Signals, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "strongroom", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(temporary)},
    ) as process:
        assert process.stdout is not None
        assert "made-up organisation" in process.stdout.readline()
        assert list(temporary.iterdir()) != []
        process.send_signal(order)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(temporary.iterdir()) == []


def test_its_judge_notices_what_a_person_would_miss() -> None:
    with Lab() as lab:
        mailbox = max(lab.estate.mailboxes, key=lambda one: len(one.items))
        before = fingerprints(mailbox)
        inbox = mailbox.folder_by_role("inbox")
        item = next(one for one in inbox.items if not one.is_associated)
        subject = item.subject
        inbox.change_item(item, changes={tags.PidTagBody: "other words"})
        assert fingerprints(mailbox) != before
        assert (before - fingerprints(mailbox)).total() == 1
        inbox.remove_item(item)
        gone = before - fingerprints(mailbox)
        assert [print_[2] for print_ in gone] == [subject]
        assert fingerprints(mailbox)
