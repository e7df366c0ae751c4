"""What cannot be done yet is refused before it is begun, in the words it would end with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.details import KINDS
from strongroom.service.restores import RestoreOrder
from strongroom.words.unbuilt import SITES
from tests.fakes.every_kind import of_every_kind
from tests.fakes.mail_server import STORAGE_URL, World, storage_password
from tests.service.support import add_job

FARM = next(one for one in of_every_kind() if one.kind == "sharepoint-onprem")


def test_a_job_or_a_restore_on_a_kind_that_is_not_built_is_refused_early(
    world: World, tmp_path: Path
) -> None:
    ports = replace(world.ports(), unbuilt=compose.real_ports().unbuilt)
    world.make_storage()
    with Application(tmp_path / "home", ports) as application:
        application.connections.add("office", FARM)
        application.storages.add("disk", STORAGE_URL, storage_password())
        with pytest.raises(OperatorError, match=SITES):
            add_job(application, "https://farm.example/sites/a")
        assert application.jobs.all() == []
        order = RestoreOrder(storage="disk", resource="ann@example", connection="office")
        with pytest.raises(OperatorError, match=SITES):
            application.restores.ask(order)
    assert world.opened == [], "no server was asked"


def test_mail_can_be_backed_up_and_sites_cannot_yet() -> None:
    unbuilt = compose.real_ports().unbuilt
    assert {kind for kind in KINDS if unbuilt(kind)} == {"sharepoint-onprem", "sharepoint-online"}
