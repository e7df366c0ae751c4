"""A 150 MB item, a 2 GB mailbox: little memory, and the upload limit told in both outcomes."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile

import pytest

from strongroom.lab.lab import Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

ADDRESS = "large@lab.example"
HUGE = 150_000_000
RESTORE = ("restore", "disk", ADDRESS, "--connection", "lab", "--to", "empty@lab.example", "--wait")


@pytest.mark.soak
def test_a_150_mb_item_is_saved_flagged_and_refused_until_the_limit_is_raised(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(loads=(Load(address=ADDRESS, items=1, item_bytes=HUGE),)))
    saved = strongroom.back_up("one", ADDRESS)
    assert saved["status"] == "complete", saved
    assert saved["totals"]["bytes_read"] >= HUGE
    assert "maxAllowedContentLength" in json.dumps(saved)

    refused = strongroom(*RESTORE, expect=3)
    assert refused["status"] == "partial"
    assert "maxAllowedContentLength" in json.dumps(refused)

    lab.server.limit_requests(2 * HUGE)
    back = strongroom(*RESTORE)
    assert back["status"] == "complete", back


@pytest.mark.soak
def test_a_2_gb_mailbox_with_a_150_mb_item_peaks_under_400_mb(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    open_lab(
        Wishes(
            loads=(
                Load(address=ADDRESS, items=1, item_bytes=HUGE),
                Load(address=ADDRESS, items=18_500, item_bytes=100_000, folders=20),
            )
        )
    )
    strongroom("job", "add", "backup", "one", "--connection", "lab", "--storage", "disk",
               "--resource", ADDRESS)  # fmt: skip
    command = strongroom.command("job", "run", "one", "--wait", "--json")
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        document = json.load(out)
    assert document["status"] == "complete", document
    assert document["totals"]["bytes_read"] >= 2_000_000_000 * 0.99
    assert usage.ru_maxrss * 1024 < 400_000_000
