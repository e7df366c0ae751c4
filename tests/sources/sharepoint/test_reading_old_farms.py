"""Older servers tell less, and another way: what they do tell is kept all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from tests.fakes.hand_clock import HandClock
from tests.lab_sharepoint.conftest import clock, directory, face, farm, server, signer, tenant
from tests.sources.sharepoint.lab_site import Keeper, LabSite, application, lab_site
from tests.sources.sharepoint.truth import assert_kept

__all__ = ["clock", "directory", "face", "farm", "server", "signer", "tenant"]


@pytest.fixture
def site(
    face: SharePointFace,
    server: LabServer,
    directory: Directory,
    tenant: Tenant,
    clock: HandClock,
) -> Iterator[LabSite]:
    sign_in = application(directory, tenant, server.url, "Sites.FullControl.All")
    with lab_site(face, server, sign_in, clock) as made:
        yield made


@pytest.mark.parametrize("profile", ["2013", "2016", "2019"])
def test_a_site_of_an_older_server_is_kept(site: LabSite, farm: Farm, profile: str) -> None:
    farm.profile = profile
    with site.collection.lock:
        seeded = fill(site.collection, Amounts(items=40, files=3, people=4, pages=2), seed=5)
        for one in [*seeded.contracts.items.values(), *seeded.documents.items.values()]:
            if profile != "2019" and {*one.leaf_name} & {*"%#"}:
                # Names that such servers do not take.
                plain = one.leaf_name.replace("%", "").replace("#", "")
                one.parent_list.move_item(one, by=seeded.crew.users[0].id, name=plain)
    keeper = Keeper()
    keeper.run(site.source())
    assert_kept(keeper, site.collection, has_item_versions=profile == "2019")
    site.clock.sleep(3600)
    by = seeded.crew.users[0].id
    with site.collection.lock:
        seeded.orders.add_item({"Title": "new"}, by=by)
        seeded.documents.upload("new.txt", b"new", by=by)
    keeper.run(site.source())
    assert_kept(keeper, site.collection, has_item_versions=profile == "2019")
    assert set(keeper.asked) <= {seeded.orders.id, seeded.documents.id}
