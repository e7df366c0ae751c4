"""One site with a few people, and a clock that tests move."""

from __future__ import annotations

import uuid

import pytest

from strongroom.lab.sharepoint import Farm, Level
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import User
from tests.fakes.hand_clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def farm(clock: HandClock) -> Farm:
    made = Farm(kind="online", clock=clock)
    site = made.add_site("/sites/yard", "Yard")
    site.members = {"ann@lab.example": Level.FULL, "ben@lab.example": Level.EDIT}
    made.add_site("/sites/yard/hr", "People")
    return made


@pytest.fixture
def database(farm: Farm) -> ContentDatabase:
    return ContentDatabase(
        farm, guid=lambda kind, path: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {path}"))
    )


@pytest.fixture
def site(database: ContentDatabase) -> SiteCollection:
    made = database.collection("/sites/yard")
    assert made is not None
    return made


@pytest.fixture
def ann(site: SiteCollection) -> User:
    return site.principals.ensure_user("i:0#.f|membership|ann@lab.example")


@pytest.fixture
def ben(site: SiteCollection) -> User:
    return site.principals.ensure_user("i:0#.f|membership|ben@lab.example")


@pytest.fixture
def documents(site: SiteCollection) -> SpList:
    found = site.root.list_by_title("Documents")
    assert found is not None
    return found


@pytest.fixture
def planks(site: SiteCollection, ann: User) -> SpList:
    return site.root.add_list("Planks", by=ann.id)
