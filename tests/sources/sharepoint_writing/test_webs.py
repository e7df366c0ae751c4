"""Webs below the root come back on every version of the server, made from what that one has."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.lab.server import LabServer
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, make


@pytest.mark.parametrize("profile", ["2016", "se"])
def test_a_web_and_what_lies_in_it_come_back(
    server: LabServer, tmp_path: Path, profile: str
) -> None:
    world = make(server, profile=profile)
    try:
        full = world.collection(FULL)
        with full.lock:
            web = full.root.add_web("hr", "People", by=1)
            web.template, web.configuration = "BLOG", 0
            people = web.add_list("Staff", by=1)
            people.add_item({"Title": "Ann"}, by=1)
        world.back_up()
        ledger = world.restore(tmp_path / "journal")
        assert missing(ledger) == []
        assert any(note.startswith("webs that are no team sites (1)") for note in ledger.notes)
        made = world.collection(world.empty).root.webs["hr"]
        assert made.title == "People"
        (staff,) = [one for one in made.lists.values() if one.title == "Staff"]
        assert [one.title for one in staff.items.values()] == ["Ann"]
    finally:
        world.close()
