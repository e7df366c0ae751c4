"""What lies in a site's recycle bin is kept by command, shown, and never put back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.journeys.site_support import collection, connect_online
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []


def test_the_bin_is_kept_on_request_and_shown(strongroom: Strongroom, lab: Lab) -> None:
    connect_online(strongroom, lab)
    strongroom.add_storage()
    site = collection(lab.cloud.farm_face)
    with site.lock:
        by = site.owner_id
        papers = site.root.add_list("Papers", by=by, base_template=101)
        gone = papers.upload("gone.txt", b"what was in it", by=by)
        papers.recycle_item(gone, by=by)
    url = f"{lab.cloud.sites.url}/sites/marketing"
    added = strongroom("job", "add", "backup", "site", "--connection", "online",
                       "--storage", "disk", "--resource", url, "--recycle-bin")  # fmt: skip
    assert added["recycle_bin"] is True
    assert "with the recycle bin" in strongroom.run("job", "show", "site").stdout
    run = strongroom("job", "run", "site", "--wait")
    assert run["status"] == "complete"
    shown = strongroom("browse", "disk", url, "_web")
    entry = next(one for one in shown if one["kind"] == "recycle-bin")
    assert entry["name"] == "gone.txt"
    quiet = strongroom("job", "run", "site", "--wait")
    assert quiet["totals"]["saved"] == 0
    assert quiet["totals"]["requests"] <= 12 + 2
    back = strongroom.run("restore", "disk", url, "--connection", "online",
                          "--conflict", "replace", "--path", "_web", "--folder", "/",
                          "--wait", "--json")  # fmt: skip
    assert "entries of the recycle bin (1): only the list of them is kept" in back.stderr
    with site.lock:
        assert [one.name for one in site.recycle_bin] == ["gone.txt"]
    edited = strongroom("job", "edit", "site", "--no-recycle-bin")
    assert "recycle_bin" not in edited
    strongroom("job", "run", "site", "--wait")
    shown = strongroom("browse", "disk", url, "_web")
    assert not [one for one in shown if one["kind"] == "recycle-bin"]
