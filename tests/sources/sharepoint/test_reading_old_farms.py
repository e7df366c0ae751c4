"""Older servers tell less, and another way: what they do tell is kept all the same."""

from __future__ import annotations

import orjson
import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, LabSite, lab_site
from tests.sources.sharepoint.truth import assert_kept

__all__ = ["server", "signer"]


@pytest.mark.parametrize("profile", ["2013", "2016", pytest.param("2019", marks=pytest.mark.soak)])
def test_a_site_of_an_older_server_is_kept(server: LabServer, signer: Signer, profile: str) -> None:
    with lab_site(server, signer, profile=profile) as site:
        _keep_twice(site, profile)


def _keep_twice(site: LabSite, profile: str) -> None:
    with site.collection.lock:
        seeded = fill(site.collection, Amounts(items=40, files=3, people=4, pages=2), seed=5)
        for one in [*seeded.contracts.items.values(), *seeded.documents.items.values()]:
            if profile != "2019" and {*one.leaf_name} & {*"%#"}:
                # Names that such servers do not take.
                plain = one.leaf_name.replace("%", "").replace("#", "")
                one.parent_list.move_item(one, by=seeded.crew.users[0].id, name=plain)
    keeper = Keeper()
    keeper.run(site.source())
    assert_kept(keeper, site.collection)
    told = [parts["webparts"] for parts in keeper.parts.values() if "webparts" in parts]
    assert told
    assert all(part["xml"] for one in told for part in orjson.loads(one)["web_parts"])
    site.clock.sleep(3600)
    by = seeded.crew.users[0].id
    with site.collection.lock:
        seeded.orders.add_item({"Title": "new"}, by=by)
        seeded.documents.upload("new.txt", b"new", by=by)
    keeper.run(site.source())
    assert_kept(keeper, site.collection)
    assert set(keeper.asked) <= {seeded.orders.id, seeded.documents.id}
