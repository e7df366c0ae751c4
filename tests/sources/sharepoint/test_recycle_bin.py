"""What lies in a site's recycle bin is kept where that is asked for, and costs nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.entities import sites
from strongroom.sources.sharepoint.source import SiteSource
from strongroom.words.item import Item
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, LabSite, lab_site

__all__ = ["server", "signer"]


@pytest.fixture
def site(server: LabServer, signer: Signer) -> Iterator[LabSite]:
    with lab_site(server, signer) as made:
        yield made


@pytest.fixture
def library(site: LabSite) -> SpList:
    with site.collection.lock:
        made = site.collection.root.add_list("Papers", by=1, base_template=101)
        made.upload("gone.txt", b"what was in it", by=1)
        made.upload("stays.txt", b"what is in it", by=1)
        return made


def with_bin(site: LabSite) -> SiteSource:
    source = site.source()
    source.keep_recycle_bin()
    return source


def entries(keeper: Keeper) -> dict[str, Item]:
    """Give what is kept of the bin, by the name of what was deleted."""
    found = [one for items in keeper.items.values() for one in items.values()]
    return {one.name: one for one in found if one.kind == "recycle-bin"}


def throw_away(site: LabSite, library: SpList) -> None:
    with site.collection.lock:
        library.recycle_item(library.top["gone.txt"], by=site.collection.owner_id)


def test_it_is_told_what_lies_there_and_who_put_it_there(site: LabSite, library: SpList) -> None:
    throw_away(site, library)
    keeper = Keeper()
    keeper.run(with_bin(site))
    (deleted,) = (one for one in site.collection.recycle_bin if one.kind == 1)
    kept = entries(keeper)[deleted.name]
    document = orjson.loads(keeper.parts[kept.id]["definition"])
    assert document["name"] == deleted.name
    assert document["place"] == f"/{deleted.folder}"
    assert document["kind"] == "file"
    assert document["stage"] == "people's"
    assert document["size"] == deleted.size
    by = site.collection.principals.users[deleted.deleted_by_id]
    assert document["deleted_by"]["login"] == by.login
    assert kept.when == deleted.deleted
    assert "once it is restored" in document["content"]


def test_nothing_is_asked_of_it_unless_that_is_wanted(site: LabSite, library: SpList) -> None:
    throw_away(site, library)
    keeper = Keeper()
    keeper.run(site.source())
    assert entries(keeper) == {}
    assert site.face.rest.asked["recyclebin"] == 0


def test_what_comes_and_goes_is_noticed_by_a_look_or_two(site: LabSite, library: SpList) -> None:
    throw_away(site, library)
    keeper = Keeper()
    keeper.run(with_bin(site))
    site.clock.sleep(60)
    asked = site.face.rest.asked
    before = asked["recyclebin"]
    keeper.run(with_bin(site))
    assert keeper.read == {}
    assert asked["recyclebin"] - before <= 2
    (first,) = entries(keeper)
    with site.collection.lock:
        for one in list(site.collection.recycle_bin):
            one.stage = 2
    keeper.run(with_bin(site))
    kept = entries(keeper)[first]
    assert orjson.loads(keeper.parts[kept.id]["definition"])["stage"] == "administrators'"
    with site.collection.lock:
        site.collection.recycle_bin.clear()
    keeper.run(with_bin(site))
    assert entries(keeper) == {}


def test_a_bin_that_is_not_shown_is_told_and_stops_nothing(
    site: LabSite, library: SpList, monkeypatch: pytest.MonkeyPatch
) -> None:
    throw_away(site, library)

    def refuse(*_: object) -> None:
        raise errors.denied()

    monkeypatch.setitem(sites.SITE.links, "RecycleBin", refuse)
    source, keeper = with_bin(site), Keeper()
    keeper.run(source)
    assert entries(keeper) == {}
    told = source.settings()["recycle bin"]
    assert isinstance(told, dict)
    assert "may not open" in str(told["unavailable"])


def test_nothing_of_the_bin_is_ever_changed(site: LabSite, library: SpList) -> None:
    throw_away(site, library)
    before = [(one.id, one.stage) for one in site.collection.recycle_bin]
    Keeper().run(with_bin(site))
    assert [(one.id, one.stage) for one in site.collection.recycle_bin] == before
    assert not {"restore", "restorebyids", "deletebyids"} & site.face.rest.asked.keys()
