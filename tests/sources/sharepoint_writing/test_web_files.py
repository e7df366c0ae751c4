"""Files of a web that are in no list: put back whole, killed or not, as the policy wants it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.errors import OutcomeUnknown
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.classic_pages import (
    add_web_part,
    content_editor,
    layout_page,
)
from strongroom.operations.restore import RestoreRequest
from strongroom.words.restoring import ConflictPolicy
from tests.operations.support import WorldEnded
from tests.sources.sharepoint_writing.test_killed import Cut
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, make

WANTED = RestoreRequest(folder=(), paths=(("_files",),))
PAGE = "default.aspx"

Files = dict[str, tuple[bytes, list[tuple[str, int, str]]]]


@pytest.fixture(scope="module")
def filled(server: LabServer) -> Iterator[SiteWorld]:
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        by = full.root.author_id
        page = full.root.put_file(PAGE, layout_page("Left", "Right"), by=by)
        for index, title in enumerate(("One", "Two")):
            xml = content_editor(title, f"<p>{title}</p>")
            add_web_part(page, xml, by=by, zone_id="Left", zone_index=index)
        full.root.put_file("assets/css/a & b.css", b"h1 {}", by=by)
    assert made.back_up().is_complete
    yield made
    made.close()


@pytest.fixture
def world(filled: SiteWorld) -> SiteWorld:
    filled.make_empty()
    return filled


def held(world: SiteWorld, path: str) -> Files:
    """Give the files of a site's top web, with their web parts."""
    site = world.collection(path)
    with site.lock:
        return {
            one.name: (
                bytes(one.file.content),
                [(part.zone_id, part.zone_index, part.title) for part in one.file.web_parts],
            )
            for one in site.root.files.values()
        }


@pytest.mark.parametrize("is_behind", [pytest.param(False, marks=pytest.mark.soak), True])
@pytest.mark.parametrize("error", [WorldEnded, OutcomeUnknown])
def test_cut_off_at_any_write_they_are_there_once(
    world: SiteWorld,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_behind: bool,
    error: type,
) -> None:
    monkeypatch.setattr("strongroom.operations.filling.WAIT_S", 0.0)
    at, has_fired = 0, True
    while has_fired:
        at += 1
        world.make_empty()
        journal = tmp_path / f"journal-{at}"
        with (
            Cut(world, at, is_behind=is_behind, error=error) as cut,
            contextlib.suppress(WorldEnded),
        ):
            coverage = world.restore(journal, WANTED)
        has_fired = cut.has_fired
        if error is WorldEnded:
            coverage = world.restore(journal, WANTED)
        assert missing(coverage) == [], at
        assert held(world, world.empty) == held(world, FULL), at
    assert at > 4


@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_what_is_there_already_stays_gives_way_or_gets_a_copy_beside_it(
    world: SiteWorld, tmp_path: Path, policy: ConflictPolicy
) -> None:
    target = world.collection(world.empty)
    with target.lock:
        by = target.root.author_id
        page = target.root.put_file(PAGE, layout_page("Other"), by=by)
        add_web_part(page, content_editor("Mine", "!"), by=by, zone_id="Other", zone_index=0)
    before = held(world, world.empty)[PAGE]
    request = RestoreRequest(folder=(), paths=WANTED.paths, conflict=policy)
    assert missing(world.restore(tmp_path / "journal", request)) == []
    after, saved = held(world, world.empty), held(world, FULL)
    assert after["assets/css/a & b.css"] == saved["assets/css/a & b.css"]
    assert after[PAGE] == (saved[PAGE] if policy is ConflictPolicy.REPLACE else before)
    copies = {one for one in after if "restored" in one}
    assert copies == ({"default (restored).aspx"} if policy is ConflictPolicy.COPY else set())
    for one in copies:
        assert after[one] == saved[PAGE]
