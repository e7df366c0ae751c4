"""The largest mailboxes are begun first, and before them what was never saved."""

from __future__ import annotations

from strongroom.control import tasks
from strongroom.service.application import Application
from tests.fakes.mail_server import World
from tests.service.support import add_job, back_up


def weights(application: Application, run_id: str) -> dict[str, int]:
    with application._shared.database.read() as db:
        return {one.resource: one.weight for one in tasks.without_ledgers(db, run_id)}


def test_a_mailbox_weighs_what_was_ever_read_of_it(ready: Application, world: World) -> None:
    small = world.estate.add("small@example", items=2)
    world.estate.add("large@example", items=9)
    world.estate.add("left-out@example", excluded="It is disabled.")
    add_job(ready)
    first = back_up(ready)
    read = {one["resource"]: (one["totals"] or {}).get("bytes_read", 0) for one in first["tasks"]}
    assert set(weights(ready, first["id"]).values()) == {0}, "nobody knows"

    inbox = next(folder.id for folder in small.folders.values() if folder.role == "inbox")
    small.add_item(inbox, "one more")
    world.estate.add("new@example", items=1)
    second = back_up(ready)
    third = back_up(ready)
    known = weights(ready, second["id"])
    assert known == {**read, "new@example": read["large@example"], "left-out@example": 0}
    assert read["large@example"] > read["small@example"] > 0
    assert weights(ready, third["id"])["small@example"] > read["small@example"]
