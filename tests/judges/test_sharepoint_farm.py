"""office365-rest-python-client on a farm of each version: by NTLM, with form digests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from office365.runtime.client_request_exception import ClientRequestException
from office365.sharepoint.client_context import ClientContext

from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.rest.digests import Digests
from strongroom.lab.sharepoint.rest.profiles import PROFILES
from tests.fakes.hand_clock import HandClock
from tests.judges.sharepoint import SharePointJudge
from tests.judges.sites import account_of, differences, read_site, tally
from tests.judges.staged_site import stage

PATH = "/sites/board"
PEOPLES_OWN = {
    "attachment", "file", "group", "item", "navigation", "permission", "property",
    "regional", "role",
}  # fmt: skip
FARMS = [name for name in PROFILES if name != "online"]


@pytest.fixture(params=FARMS, scope="module")
def farm(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharePointJudge]:
    """Clients for a farm of one version."""
    with Lab() as lab:
        lab.farm.profile = request.param
        judge = SharePointJudge(lab, tmp_path_factory.mktemp("farm") / "ca.pem")
        yield judge
        judge.close()
        assert lab.farm_face.crashes == []


@pytest.fixture
def collection(farm: SharePointJudge) -> SiteCollection:
    return farm.farm_collection(PATH)


@pytest.fixture
def site(farm: SharePointJudge) -> ClientContext:
    return _opened(farm)


def _opened(farm: SharePointJudge, path: str = PATH, *, password: str = "") -> ClientContext:
    address = farm.lab.cast.users[0].address
    return farm.farm(path, user=address, password=password or farm.lab.password(address))


def test_somebody_reads_and_writes(
    farm: SharePointJudge, site: ClientContext, collection: SiteCollection
) -> None:
    with collection.lock:
        of = collection.root.add_list("On premises", by=collection.owner_id)
        of.add_item({"Title": "here"}, by=collection.owner_id)
    there = site.web.lists.get_by_title("On premises")
    assert [one.properties["Title"] for one in there.items.get().execute_query()] == ["here"]
    made = there.add_item({"Title": "and there"}).execute_query()
    made.set_property("Title", "everywhere").update().execute_query()
    assert [one.title for one in of.items.values()] == ["here", "everywhere"]
    author = collection.principals.users[of.items[2].author_id]
    assert author.login == collection.login_of(farm.lab.cast.users[0].address)
    made.delete_object().execute_query()
    assert list(of.items) == [1]


def test_a_wrong_password_opens_nothing(farm: SharePointJudge) -> None:
    with pytest.raises(ClientRequestException) as caught:
        _opened(farm, password="wrong").web.get().execute_query()
    assert caught.value.response is not None
    assert caught.value.response.status_code == 401


def test_a_digest_that_has_ended_is_got_anew(
    farm: SharePointJudge, site: ClientContext, collection: SiteCollection
) -> None:
    site.web.set_property("Description", "first").update().execute_query()
    # As when another front end took over, or half an hour has gone by.
    farm.lab.farm_face.rest.digests = Digests(b"another key", farm.lab.farm.clock)
    site.web.set_property("Description", "second").update().execute_query()
    assert collection.root.description == "second"


@pytest.mark.parametrize("farm", ["2013", "se"], indirect=True, scope="module")
def test_a_site_reads_the_same_on_a_farm_and_online(farm: SharePointJudge) -> None:
    """What people put in is the same; what the servers themselves bring along is not."""
    lab = farm.lab
    lab.farm.clock = lab.cloud.farm.clock = HandClock()
    is_old = not PROFILES[lab.farm.profile].has_pages
    for face in (lab.farm_face, lab.cloud.farm_face):
        stage(face.content.create("/sites/same", "The same"), is_old=is_old)
    here = read_site(_opened(farm, "/sites/same"), person=account_of)
    there = read_site(farm.online("/sites/same"), person=account_of)
    found = {
        one.path
        for one in differences(here, there)
        if one.kind in PEOPLES_OWN and "SitePages" not in "/".join(one.path)
    }
    task = ("item", "Lists/Jobs", "Paint the whole fence #1")
    # A farm and a tenant may have the same terms, or each its own.
    assert found <= {(*task, "Room"), (*task, "Rooms")}
    assert set(tally(here)) >= PEOPLES_OWN
