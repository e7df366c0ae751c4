"""Finding out what a run covers: it can be stopped between any two questions to the server."""

from __future__ import annotations

import pytest

from strongroom.errors import Interrupted
from strongroom.service.application import Application
from strongroom.service.planning import Wanted, planned
from strongroom.service.selections import BackupSelection
from tests.fakes.mail_server import FakeServer, World


@pytest.mark.parametrize(
    "selection",
    [
        BackupSelection(resources=("ann@example", "bob@example", "eve@example")),
        BackupSelection(is_all=True),
        BackupSelection(match=("*@example",)),
    ],
    ids=["named", "all", "a pattern"],
)
def test_looking_up_what_a_run_covers_stops_when_it_is_told_to(
    ready: Application, world: World, selection: BackupSelection
) -> None:
    for name in ("ann@example", "bob@example", "eve@example"):
        world.estate.add(name)
    server = FakeServer(world.estate)
    storage = ready.storages.open("disk")
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) == 2

    wanted = Wanted(selection=selection)
    with pytest.raises(Interrupted):
        planned("r1", server, wanted, storage=storage, connection="office", stop=stop)
    assert len(asked) == 2
    assert len(planned("r1", server, wanted, storage=storage, connection="office")) == 3
