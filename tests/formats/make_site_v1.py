"""How tests/formats/site-v1 was made, once, by the first version that kept sites. Never again.

    python -m tests.formats.make_site_v1 EMPTY-FOLDER

A later format gets a folder and a script of its own; this folder must open for ever.
"""

from __future__ import annotations

import sys
from pathlib import Path

from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Quiet
from strongroom.pace.crew import Crew
from strongroom.store.files import FileBackend
from strongroom.store.storage import Storage
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.hand_clock import HandClock
from tests.fakes.site import LIST, FakeSite, FakeSiteSource
from tests.fakes.storages import CHEAP, NOW

PASSWORD = "correct horse"
"""Of the storage as it was released."""

TEAM = Resource(kind=ResourceKind.SITE, id="5a1e", address="https://lab.example/sites/team")


def site() -> FakeSite:
    """Make a small site with one of everything."""
    made = FakeSite()
    made.define("column", "Colour", "red or blue")
    tasks = made.add_list("Lists", "Tasks", kind=LIST)
    made.define("view", "All", {"order": "ID"}, tasks)
    made.add_item(tasks, "First", Colour="red")
    docs = made.add_list("Shared Documents")
    made.add_folder(docs, "Reports")
    made.upload(docs, "Reports", "budget.xlsx", body=b"one")
    made.upload(docs, "Reports", "budget.xlsx", body=b"two")
    made.upload(docs, "a:b?.txt", body=b"odd name")
    return made


def main(folder: Path) -> None:
    """Make the storage."""
    clock = HandClock(NOW)
    storage, _ = Storage.create(FileBackend(folder), PASSWORD, clock=clock, cost=CHEAP)
    source = FakeSiteSource(site())
    with Crew(source.pacing.may_begin) as crew:
        back_up(
            source,
            TEAM,
            storage.repository(TEAM.kind, TEAM.id, create=True),
            crew=crew,
            clock=clock,
            progress=Quiet(),
            host="team",
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
