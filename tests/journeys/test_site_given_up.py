"""A restore into a site is killed while settings are relaxed, then cancelled: they come back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.list_core import ListSettings
from strongroom.lab.sharepoint.content.list_files import FileWriting
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.seed import Amounts
from tests.journeys.site_support import collection, connect_online, seeded
from tests.journeys.support import Strongroom

WAIT_S = 60.0
Standing = dict[str, tuple[ListSettings, set[str]]]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []


class Hold:
    """Keeps the first file that comes into a relaxed library from being written, until it is over.

    Attributes:
        reached: Somebody writes, and waits.
        over: They may go on.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached, self.over = threading.Event(), threading.Event()
        for name in ("upload", "save_content"):
            patch.setattr(FileWriting, name, self._held(getattr(FileWriting, name)))

    def _held(self, write: Any) -> Any:
        def held(of: SpList, *args: Any, **named: Any) -> Any:
            if of.title == "Contracts" and not of.settings.has_moderation:
                self.reached.set()
                assert self.over.wait(WAIT_S)
            return write(of, *args, **named)

        return held


class Scene:
    """A site that was backed up, and goes back in place."""

    def __init__(self, strongroom: Strongroom, lab: Lab) -> None:
        self.strongroom, self.lab = strongroom, lab
        connect_online(strongroom, lab)
        strongroom.add_storage()
        made = seeded(lab.cloud.farm_face, Amounts(items=40, files=0, pages=0, people=4))
        self.site = f"{lab.cloud.sites.url}/sites/marketing"
        strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
                   "--resource", self.site)  # fmt: skip
        assert strongroom("job", "run", "site", "--wait")["status"] == "complete"
        site = collection(lab.cloud.farm_face)
        files = [one for one in made.contracts.items.values() if one.file]
        with site.lock:
            made.contracts.save_content(files[0], b"spoilt", by=site.owner_id)
        self.words = (
            "restore", "disk", self.site, "--connection", "online", "--folder", "/",
            "--path", "Contracts", "--conflict", "replace", "--wait",
        )  # fmt: skip

    def standing(self) -> Standing:
        """Say how the lists are set, and which of their columns must be filled in."""
        return {
            one.title: (
                replace(one.settings),
                {column.name for column in one.fields.values() if column.is_required},
            )
            for one in collection(self.lab.cloud.farm_face).root.lists.values()
        }

    def killed(self) -> str:
        """Kill the restore, without warning, while settings are relaxed; give the run's id."""
        with pytest.MonkeyPatch.context() as patch:
            hold = Hold(patch)
            process = self.strongroom.start(*self.words)
            is_reached = hold.reached.wait(WAIT_S)
            process.kill()
            told = process.communicate()
            assert is_reached, told
            hold.over.set()
        (run,) = [one for one in self.strongroom("run", "list") if one["kind"] == "restore"]
        return str(run["id"])

    def show(self, run_id: str) -> Any:
        return self.strongroom("run", "show", run_id)


@pytest.fixture
def scene(strongroom: Strongroom, lab: Lab) -> Scene:
    return Scene(strongroom, lab)


def test_cancelled_after_it_was_killed_it_puts_settings_back_first(scene: Scene) -> None:
    before = scene.standing()
    run_id = scene.killed()
    assert scene.standing() != before
    told = scene.strongroom.run("run", "cancel", run_id)
    assert told.code == 0
    assert "relaxed settings" in told.stdout
    assert f"run cancel {run_id} --wait" in told.stdout
    assert scene.show(run_id)["status"] == "waiting"
    assert scene.standing() != before
    ended = scene.strongroom("run", "cancel", run_id, "--wait")
    assert (ended["status"], ended["error"]) == ("cancelled", None)
    assert scene.standing() == before
    assert scene.strongroom.run("run", "cancel", run_id).code == 2, "nothing is left to be done"
    assert scene.strongroom(*scene.words)["status"] == "complete", "and given again it goes on"
    assert scene.standing() == before


@pytest.mark.soak
def test_while_nobody_is_let_in_it_has_failed_and_says_what_is_relaxed(scene: Scene) -> None:
    before = scene.standing()
    run_id = scene.killed()
    writes = scene.lab.cloud.applications[1]
    known = scene.lab.cloud.tenant.applications[writes.client_id].certificates
    kept = [known.pop() for _ in range(len(known))]
    ended = scene.strongroom("run", "cancel", run_id, "--wait", expect=2)
    assert ended["status"] == "failed"
    error = ended["error"]
    assert "was cancelled" in error["what"]
    assert "still relaxed for lists in /sites/marketing" in error["why"]
    assert "connection edit online --restore-certificate PEM" in error["hint"]
    assert f"run cancel {run_id} --wait" in error["hint"]
    assert "resume" not in error["hint"]
    assert scene.standing() != before
    known.extend(kept)
    ended = scene.strongroom("run", "cancel", run_id, "--wait")
    assert (ended["status"], ended["error"]) == ("cancelled", None)
    assert scene.standing() == before


@pytest.mark.soak
def test_on_a_database_of_several_machines_the_next_worker_does_so(
    scene: Scene, postgres_url: str
) -> None:
    """It takes over when the dead one has been silent for a minute."""
    scene.strongroom("database", "move", postgres_url)
    before = scene.standing()
    run_id = scene.killed()
    assert scene.strongroom.run("run", "cancel", run_id).code == 0
    assert scene.standing() != before
    ended = scene.strongroom("run", "cancel", run_id, "--wait")
    assert (ended["status"], ended["error"]) == ("cancelled", None)
    assert scene.standing() == before


@pytest.mark.soak
def test_whoever_works_next_puts_them_back_before_others_have_the_site(scene: Scene) -> None:
    before = scene.standing()
    run_id = scene.killed()
    scene.strongroom("run", "cancel", run_id)
    assert scene.strongroom("job", "run", "site", "--wait")["status"] == "complete"
    assert scene.show(run_id)["status"] == "cancelled"
    assert scene.standing() == before
