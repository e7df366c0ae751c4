"""Which sites the lab's SharePoints have, what is put into them, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.errors import OperatorError
from strongroom.lab.seed.packages import Unread
from strongroom.lab.seed.people import Person
from strongroom.lab.sharepoint.content import seed
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.seed_archive import Archive, fill_from
from strongroom.lab.sharepoint.content.seed_personal import fill_personal, personal_path
from strongroom.lab.sharepoint.content.templates import LIBRARY
from strongroom.lab.sharepoint.face import SharePointFace
from strongroom.words.json import Json

SITES: Mapping[str, str] = {"/": "Home", "/sites/marketing": "Marketing", "/sites/board": "Board"}
"""Sites that Online and the farm have from the start, by path."""
STORY_SITE = "/sites/marketing"
"""Where the made-up firm works, if the lab is asked for content."""


def with_archives(archives: Sequence[Archive]) -> dict[str, str]:
    """Give all sites of a SharePoint: those of the start, and one for each archive.

    Raises:
        OperatorError: two archives would fill the same site.
    """
    paths = [one.path for one in archives]
    twice = next((path for path in paths if paths.count(path) > 1 or path in SITES), None)
    if twice is not None:
        raise OperatorError(
            f"An archive would fill the site {twice}, which is filled already.",
            hint="Give the archive another file name: the site is named after it.",
        )
    return {**SITES, **{one.path: one.name for one in archives}}


def fill_archives(
    face: SharePointFace, archives: Sequence[Archive], uploader: Person
) -> list[Unread]:
    """Fill the site of each archive; give what this SharePoint did not take."""
    refused = []
    for archive in archives:
        site = _collection(face, archive.path)
        with site.lock:
            who = site.principals.ensure_user(
                site.login_of(uploader.address), title=uploader.name, email=uploader.address
            )
            refused += fill_from(site, archive, by=who.id)
    return refused


def fill_story(face: SharePointFace, owner: Person, *, number: int) -> None:
    """Fill the firm's own site, and the OneDrive if there is one.

    Args:
        face: Whose sites.
        owner: Whose OneDrive.
        number: The seed.
    """
    site = _collection(face, STORY_SITE)
    with site.lock:
        seed.fill(site, seed=number)
    drive = face.content.collection(personal_path(owner.address))
    if drive is not None:
        with drive.lock:
            fill_personal(drive, owner, seed=number)


def describe_sites(face: SharePointFace, url: str) -> list[Json]:
    """Say of each site collection where it is and how much people see in its lists.

    ``items`` are those that SharePoint counts in these lists, folders included; ``documents`` the
    files in libraries of documents.
    """
    return [_described(one, url) for one in face.content]


def _described(site: SiteCollection, url: str) -> dict[str, Json]:
    with site.lock:
        shown = [one for one in _lists(site) if not one.settings.is_hidden]
        files = [
            item
            for one in shown
            if one.base_template == LIBRARY
            for item in one.items.values()
            if item.file is not None
        ]
        return {
            "url": url + site.path.rstrip("/"),
            "title": site.root.title,
            "items": sum(len(one.items) for one in shown),
            "documents": len(files),
        }


def _lists(site: SiteCollection) -> list[SpList]:
    return [one for web in site.webs() for one in web.lists.values()]


def _collection(face: SharePointFace, path: str) -> SiteCollection:
    found = face.content.collection(path)
    assert found is not None
    return found
