"""Lists past the threshold of five thousand: listed by their ids, and never refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, LabSite, lab_site
from tests.sources.sharepoint.truth import assert_kept

__all__ = ["server", "signer"]


@pytest.fixture
def site(server: LabServer, signer: Signer) -> Iterator[LabSite]:
    with lab_site(server, signer) as made:
        yield made


@pytest.mark.parametrize(
    ("threshold", "items"), [(100, 260), pytest.param(5_000, 5_200, marks=pytest.mark.soak)]
)
def test_a_list_past_the_threshold_is_kept_and_its_folder_renamed(
    site: LabSite, threshold: int, items: int
) -> None:
    collection = site.collection
    collection.view_threshold = threshold
    with collection.lock:
        by = collection.principals.ensure_user(collection.login_of("ann@lab.example")).id
        large = collection.root.add_list("Large", by=by)
        folder = large.add_folder("Deep", by=by)
        for number in range(items):
            where = folder if number % 2 else None
            large.add_item({"Title": f"{number}"}, by=by, folder=where)
    keeper, before = Keeper(), site.requests
    keeper.run(site.source(page_items=max(100, threshold // 5)))
    assert_kept(keeper, collection)
    spent = site.requests - before
    lists = sum(len(web.lists) for web in collection.webs())
    assert spent <= 0.02 * items + 3 * lists + 5
    site.clock.sleep(60)
    with collection.lock:
        large.move_item(folder, by=by, name="Deeper")
        rows = [one for one in large.items.values() if not one.is_folder]
        for one in rows[: items // 4]:
            large.update_item(one, {"Title": "changed"}, by=by)
        large.delete_item(rows[-1], by=by)
    before = site.requests
    keeper.run(site.source(page_items=max(100, threshold // 5)))
    assert_kept(keeper, collection)
    assert site.requests - before <= 50
