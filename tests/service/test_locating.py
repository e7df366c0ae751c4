"""Which repository a person means: by any name it had, by its id, never by guessing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.locating import locate
from strongroom.service.restores import RestoreOrder
from tests.fakes.mail_server import World
from tests.service.support import add_job, back_up, wait

GUID = "144b30da-0537-5158-aade-ff019614411d"


def test_an_id_means_the_mailbox_and_its_kind_says_so_for_recoverable_items(
    ready: Application,
) -> None:
    storage = ready.storages.open("disk")
    for kind in ("mailbox", "recoverable"):
        storage.repository(kind, GUID, create=True)
    assert locate(storage, GUID.upper()).kind == "mailbox"
    for wanted in (f"recoverable:{GUID}", f"recoverable/{GUID}"):
        assert locate(storage, wanted).kind == "recoverable"
    assert locate(storage, f"mailbox/{GUID}").kind == "mailbox"
    with pytest.raises(OperatorError, match="nothing under this name"):
        locate(storage, f"archive:{GUID}")


def rename(world: World, address: str, to: str) -> str:
    id_ = world.estate.id_of(address)
    world.estate.resources[id_] = replace(world.estate.resources[id_], address=to)
    return id_


def test_a_renamed_mailbox_goes_on_in_its_own_repository_and_is_found_by_both_names(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example", items=3)
    add_job(ready)
    back_up(ready)
    id_ = rename(world, "ann@example", "ann.new@example")
    totals = back_up(ready)["totals"]
    assert (totals["saved"], totals["unchanged"]) == (0, 3)
    assert {point.resource_id for point in ready.kept.points("disk").points} == {id_}
    for name in ("ann@example", "ann.new@example", id_):
        order = RestoreOrder(storage="disk", resource=name, connection="office", folder=name)
        report = wait(ready, ready.restores.ask(order)[0])
        assert report["status"] == "complete", (name, report)


def test_a_reused_address_begins_a_new_repository_and_is_ambiguous_afterwards(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    world.estate.add("bob@example")
    add_job(ready)
    back_up(ready)
    old = world.estate.id_of("ann@example")
    rename(world, "ann@example", "left@example")
    world.estate.add("ann@example", items=1)
    del world.estate.resources[old]
    totals = back_up(ready)["totals"]
    assert (totals["saved"], totals["unchanged"]) == (1, 3)
    with pytest.raises(OperatorError, match="more than one") as caught:
        ready.kept.points("disk", "ann@example")
    assert f"mailbox:{old}" in caught.value.why
    assert f"mailbox:{world.estate.id_of('ann@example')}" in caught.value.why
    assert len(ready.kept.points("disk", f"mailbox:{old}").points) == 1
