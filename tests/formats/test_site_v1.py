"""The site that the first version kept opens with every later one (see make_site_v1.py)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Quiet
from strongroom.operations.points import points
from strongroom.operations.saved import SavedTree, contents, read_lines
from strongroom.operations.verify import verify
from strongroom.pace.crew import Crew
from strongroom.store import trees
from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.site import FakeSiteSource
from tests.formats.make_site_v1 import PASSWORD, TEAM, site

ROW = (
    b'{"id":"list-5/2","file":"000002 budget.xlsx [cqxseel5]","kind":"file","name":"budget.xlsx",'
    b'"when":"2025-06-01T12:00:00Z","parts":[["file","",3],["version-1",".v1.0.bin",3]],'
    b'"way":"rest","size":3,"facts":{"search_key":"142f2211"},"at":["Reports","budget.xlsx"]}'
)
STATE = (
    b'{"id":"list-5/2","change_key":"142f2211,8","state":{"path":["Reports","budget.xlsx"],'
    b'"fields":{"Modified":"2025-06-01T12:08:00+00:00"},"content":"142f2211.8"}}'
)
HOME = Path(__file__).parent / "site-v1"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = Path(shutil.copytree(HOME, tmp_path / "storage"))
    storage = Storage.open_with_password(FileBackend(folder), PASSWORD, clock=HandClock())
    return storage.repository(TEAM.kind, TEAM.id)


def test_its_items_are_read_with_their_parts_wherever_they_lie(repository: Repository) -> None:
    (point,) = points(repository)
    tree = SavedTree(repository.reader(), point.tree)
    held = {
        (*folder.folder.path, saved.item.name): (
            saved.at,
            {part.name: part.content for part in content.parts},
        )
        for folder in tree.folders()
        for saved, content in contents(tree.reader, list(tree.items(folder)))
    }
    docs = ("Shared Documents",)
    assert held == {
        ("_web", "Colour"): ((), {"definition": b'"red or blue"'}),
        ("Lists", "Tasks", "First"): ((), {}),
        ("Lists", "Tasks", "_list", "All"): ((), {"definition": b'{"order":"ID"}'}),
        (*docs, "Reports"): ((), {}),
        (*docs, "budget.xlsx"): (
            ("Reports", "budget.xlsx"),
            {"file": b"two", "version-1": b"one"},
        ),
        (*docs, "a:b?.txt"): (("a_b_ [jfpfbdyl].txt",), {"file": b"odd name"}),
    }
    assert verify(repository, progress=Quiet()).problems == ()


def test_its_lines_are_what_the_format_says(repository: Repository) -> None:
    (point,) = points(repository)
    reader = repository.reader()
    place = ("folders", "Shared Documents")
    shard = (*place, ".items", "00000000-00019999", "00000000-00000199")
    for name, expected in {"items.jsonl": ROW, "state.jsonl": STATE}.items():
        file = trees.find(reader, point.tree, (*shard, name))
        assert file is not None
        assert expected in read_lines(reader, file)
    real = trees.find(reader, point.tree, (*place, "Reports", "budget.xlsx"))
    assert isinstance(real, trees.FileNode)
    assert real.size == 3


def test_a_later_backup_goes_on_from_it(repository: Repository) -> None:
    source = FakeSiteSource(site())
    with Crew(source.pacing.may_begin) as crew:
        coverage = back_up(
            source,
            TEAM,
            repository,
            crew=crew,
            clock=HandClock(),
            progress=Quiet(),
            host="team",
        )
    assert (coverage.is_complete, coverage.totals.saved, coverage.totals.unchanged) == (True, 0, 6)
    assert not source.given
