"""A site that does not open says why: no right, a lock, the archive; and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint import Farm
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.service.details import ConnectionDetails
from strongroom.wire.sharepoint.rest_refusals import SiteDenied
from tests.sources.sharepoint.conftest import BOARD, Open, Register


@pytest.fixture
def board(lab: Lab, online: Farm) -> Iterator[SiteCollection]:
    """A site of Online; open again when the test ends."""
    found = lab.cloud.farm_face.content.collection(BOARD)
    assert found is not None
    reach = lab.cloud.tenant.reach
    known = dict(reach.sites)
    yield found
    found.is_locked = found.is_archived = False
    reach.sites.update(known)


def refused(open_site: Open, details: ConnectionDetails, address: str) -> SiteDenied:
    """Be refused by a site that was listed while it was open, as one of a job's is."""
    server = open_site(details)
    with pytest.raises(SiteDenied) as named:
        server.resolve(address)
    listed = next(one for one in server.resources() if one.address == address)
    with pytest.raises(SiteDenied) as caught:
        server.source(replace(listed, excluded=None)).hierarchy(None)
    assert str(named.value) == str(caught.value)
    assert named.value.hint == caught.value.hint
    return caught.value


def graph_says(lab: Lab, **how: object) -> None:
    reach = lab.cloud.tenant.reach
    site = next(one for one in reach.sites.values() if one.url.endswith(BOARD))
    reach.sites[site.id] = replace(site, **how)  # type: ignore[arg-type]


def test_a_locked_site_is_said_to_be_locked_and_no_right_to_be_missing(
    open_site: Open, details: ConnectionDetails, lab: Lab, board: SiteCollection
) -> None:
    board.is_locked = True
    graph_says(lab, is_locked=True)
    address = lab.cloud.sites.url + BOARD
    error = refused(open_site, details, address)
    assert "locked or archived" in str(error)
    assert f"Set-SPOSite -Identity '{address}' -LockState Unlock" in error.hint


def test_an_archived_site_is_said_to_be_archived(
    open_site: Open, details: ConnectionDetails, lab: Lab, board: SiteCollection
) -> None:
    board.is_archived = True
    graph_says(lab, archive="fullyArchived")
    error = refused(open_site, details, lab.cloud.sites.url + BOARD)
    assert str(error).startswith("The site is archived.")
    assert "-ArchiveState Active" in error.hint


def test_where_graph_opens_the_site_or_may_not_be_asked_the_lock_is_a_guess(
    open_site: Open,
    details: ConnectionDetails,
    register: Register,
    lab: Lab,
    board: SiteCollection,
) -> None:
    board.is_locked = True
    address = lab.cloud.sites.url + BOARD
    error = refused(open_site, details, address)
    assert "may not open this site" in str(error)
    assert "the site may be locked" in error.hint
    board.is_locked = False
    none = open_site(register(graph=["User.Read.All"], sharepoint=["User.Read.All"]))
    with pytest.raises(SiteDenied, match="may not open this site"):
        none.resolve(address)
