"""A restore that a person starts does not wait for the end of a long first backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.lab.quirks import Quirks
from strongroom.lab.weather.model import BackEnd, Cost, Profile
from tests.journeys.restore_meanwhile import Size, meanwhile

SMALL = Size(mailboxes=6, items=12, item_bytes=2048, ready=2, quirks=Quirks(latency_s=0.05))
LARGE = Size(
    mailboxes=200,
    items=40,
    item_bytes=8_000,
    ready=10,
    weather=Profile(back_ends=(BackEnd(workers=4),), cost=Cost(base_s=0.1, item_s=0.05)),
)
PROMISED_S = 6 * 60.0


def test_a_backup_stands_aside_once_for_a_restore_and_goes_on(tmp_path: Path) -> None:
    with meanwhile(tmp_path, SMALL) as story:
        story.slow_later_ones()
        story.begin()
        story.restore_one(asked=story.let_go)
        story.finish()
        assert story.yields() == 1
        assert story.blocks() == ["backup", "restore", "backup"]


@pytest.mark.soak
def test_one_message_is_restored_within_six_minutes_of_a_backup_of_two_hundred_mailboxes(
    tmp_path: Path,
) -> None:
    with meanwhile(tmp_path, LARGE) as story:
        story.begin()
        while story.backup_now()["status"] in {"waiting", "running"}:
            story.restore_one()
        story.finish()
        waits_s = [round(one, 1) for one in story.waits_s]
        print(f"restored after {waits_s} s; stood aside {story.yields()} times")  # noqa: T201
        assert max(story.waits_s) < PROMISED_S
        assert 2 <= story.yields() <= len(story.waits_s), (
            "again and again, and it ended all the same"
        )
