"""``strongroom restore`` of many mailboxes: everyone's newest days, then the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.errors import ServerUnreachable
from strongroom.words.time_left import UploadLimit
from tests.cli.conftest import Cli
from tests.fakes.mail_server import FakeServer, World

PEOPLE = ("ann@example", "bob@example")
EVERYONE = ("restore", "disk", "--all", "--connection", "office", "--folder", "/", "--wait")


@pytest.fixture
def lost(ready: Cli, world: World) -> Cli:
    """Give two mailboxes that were backed up and are empty now."""
    for address in PEOPLE:
        box = world.estate.add(address, items=0)
        for age_d in (0, 5, 50):
            when = world.clock.now() - timedelta(days=age_d)
            box.add_item("folder-2", f"{age_d} days", b"x" * 300_000, when=when)
    ready("job", "add", "backup", "all", "--connection", "office", "--storage", "disk", "--all")
    ready("job", "run", "all", "--wait", expect=0)
    for box in world.estate.mailboxes.values():
        for item_id in list(box.folders["folder-2"].items):
            box.delete_item(item_id)
    return ready


def back(world: World) -> list[str]:
    boxes = world.estate.mailboxes.values()
    return [item.subject for box in boxes for item in box.folders["folder-2"].items.values()]


def test_everyone_is_brought_back_and_what_is_still_to_come_is_foretold(
    lost: Cli, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = UploadLimit(bytes_max=1_000, over_s=1.0, encoded=4 / 3)
    monkeypatch.setattr(FakeServer, "upload_limit", limit, raising=False)

    def lose_the_server(call: str) -> None:
        if call == "written":
            raise ServerUnreachable("Nobody answers any more.", hint="Try again.")

    for box in world.estate.mailboxes.values():
        box.on_call = lose_the_server
    broken = lost(*EVERYONE, "--newest-first", "3", "--json", expect=5).document
    told = lost("run", "show", broken["id"]).stdout
    assert "of everyone's last 3 days" in told
    # Each has 300 kB of the last days and 600 kB more, and a server takes 750 bytes in a second.
    assert "By what the server takes in: everyone's last 3 days: about 7 min;" in told
    assert "all: about 20 min." in told
    for box in world.estate.mailboxes.values():
        box.on_call = lambda _call: None
    again = lost(*EVERYONE, "--newest-first", "3", "--json", expect=0)
    assert again.document["id"] == broken["id"]
    assert sorted(one["resource"] for one in again.document["tasks"]) == [
        "ann@example", "ann@example: last 3 days", "bob@example", "bob@example: last 3 days",
    ]  # fmt: skip
    assert sorted(back(world)) == sorted(f"{age} days" for age in (0, 5, 50) for _ in PEOPLE)
    assert "Still to come" not in lost("run", "show", broken["id"]).stdout


def test_some_are_named_and_seven_days_come_first_by_default(lost: Cli, world: World) -> None:
    words = ("restore", "disk", *PEOPLE, *EVERYONE[3:])
    document = lost(*words, "--json", expect=0).document
    assert [one["totals"]["saved"] for one in document["tasks"]] == [2, 2, 1, 1]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--all", "ann@example"),
        ("--all", "--to", "bob@example"),
        ("ann@example", "bob@example", "--item", "x"),
        ("ann@example", "nobody@example"),
    ],
)
def test_what_makes_no_sense_is_refused(lost: Cli, world: World, words: tuple[str, ...]) -> None:
    ended = lost("restore", "disk", *words, "--connection", "office", "--wait", expect=2)
    assert ended.stderr
    assert back(world) == []
