"""Somebody's OneDrive is a site like any other: named, kept, lost, and put back, by command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.seed_personal import personal_path
from tests.journeys.site_support import collection, connect_online
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3, has_site_content=True)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []


def files(drive: SiteCollection) -> dict[str, bytes]:
    library = drive.root.list_by_title("Documents")
    assert library is not None
    with drive.lock:
        return {
            "/".join(one.inner_path): one.file.content for one in library.items.values() if one.file
        }


def test_a_onedrive_is_named_kept_and_put_back_where_it_was(
    strongroom: Strongroom, lab: Lab
) -> None:
    connect_online(strongroom, lab)
    strongroom.add_storage()
    chief, face = lab.cast.users[0], lab.cloud.farm_face
    path = personal_path(chief.address)
    address = lab.cloud.sites.url + path
    (named,) = (one for one in strongroom("resources", "online") if one["role"] == "personal")
    assert (named["address"], named["name"]) == (address, chief.name)
    before = files(collection(face, path))
    assert len(before) == 9

    strongroom("job", "add", "backup", "drive", "--connection", "online", "--storage", "disk",
               "--resource", address)  # fmt: skip
    run = strongroom("job", "run", "drive", "--wait")
    assert run["status"] == "complete", run

    face.content.delete(path)
    face.content.purge(path)
    lab.cloud.add_drive(chief)
    assert files(collection(face, path)) == {}
    back = strongroom("restore", "disk", address, "--connection", "online", "--wait")
    assert back["status"] == "complete", back
    after = files(collection(face, path))
    assert after.keys() == before.keys()
    # SharePoint writes into Office files that are uploaded; the others come back to the byte.
    plain = {name for name in before if not name.endswith(".docx")}
    assert {name: after[name] for name in plain} == {name: before[name] for name in plain}
