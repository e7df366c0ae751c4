"""Details are tried before they are added, and a server learns what it is opened for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.errors import AccessDenied
from strongroom.service.application import Application
from strongroom.service.ports import Purpose
from tests.fakes.mail_server import World, cloud_details, details
from tests.fakes.marked import caged
from tests.service.support import add_job, audited, back_up


def test_details_are_tried_without_being_kept(application: Application, world: World) -> None:
    world.estate.add("ann@example")
    told = application.connections.probe(details())
    assert (told.facts["product"], told.facts["resources"]) == ("Fake", 1)
    assert application.connections.all() == []
    assert world.opened[-1].is_closed
    assert [outcome for _, name, outcome in audited(application) if name == "connections.probe"]


def test_details_that_are_wrong_are_told_before_they_are_added(application: Application) -> None:
    with pytest.raises(AccessDenied, match="refused the password"):
        application.connections.probe(details(password="other"))


def test_a_server_is_told_what_it_is_opened_for(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    ready.connections.test("office")
    add_job(ready, "ann@example")
    back_up(ready)
    assert {one.purpose for one in world.uses} == {Purpose.TEST, Purpose.BACKUP}


def test_a_renewed_sign_in_is_kept_with_the_connection_it_is_of(
    application: Application, world: World
) -> None:
    person = replace(cloud_details(), auth="browser", certificate=None, token_cache=caged("old"))
    application.connections.add("person", person)
    application.connections.test("person")
    world.uses[-1].keep_tokens(caged("new"))
    found = application.connections.details(application.connections.record("person"))
    assert found.secret("token_cache") == caged("new")
    assert replace(found, token_cache=person.token_cache) == person
