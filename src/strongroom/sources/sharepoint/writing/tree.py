"""Folders inside a list: made as they are needed, and given their saved values when those come."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.errors import ItemError, OutcomeUnknown
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.sending import as_item_error, send
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.folders import create_folder
from strongroom.wire.sharepoint.writing.items import add_item


def ensure_folder(means: Means, target: TargetList, path: Sequence[str]) -> None:
    """Have a folder, and those above it, whoever needs it first.

    Raises:
        ItemError: the server does not make it.
    """
    for depth in range(1, len(path) + 1):
        _ensure(means, target, tuple(path[:depth]))


def _ensure(means: Means, target: TargetList, path: tuple[str, ...]) -> None:
    key = "/".join(path).casefold()
    with means.lock:
        known = means.folders.setdefault(target.id, set())
        if key in known:
            return
        if folder_item(means, target, path) is None:
            _make(means, target, path)
        known.add(key)


def _make(means: Means, target: TargetList, path: tuple[str, ...]) -> None:
    parent, name = joined(target.root, *path[:-1]), path[-1]
    if target.is_library or not means.standing.abilities.has_decoded_paths:
        question = create_folder(means.standing.paths(target.web), parent, name)
    else:
        question = add_item(
            target.web,
            target.id,
            {"Title": name},
            folder_path=means.standing.address(parent),
            is_folder=True,
            leaf=name,
        )
    try:
        send(means.rest, question)
    except OutcomeUnknown:
        # A folder is known by its path: whether it came about can be looked up at once.
        if folder_item(means, target, path) is None:
            raise
    except (SiteRefused, SiteDenied) as error:
        if folder_item(means, target, path) is None:
            raise as_item_error(error, f"The folder {name} was not made.") from error


def folder_item(means: Means, target: TargetList, path: Sequence[str]) -> int | None:
    """Give the id in the list of the folder at a path; None: there is none."""
    paths = means.standing.paths(target.web)
    where = paths.folder(joined(target.root, *path))
    try:
        told = means.rest.get(f"{where}/ListItemAllFields?$select=Id", Document)
    except SiteRefused as error:
        if error.status == 404:
            return None
        raise
    return int(told.get("Id") or 0) or None


def file_item(means: Means, target: TargetList, path: str) -> int:
    """Give the id in the list of the file at a path on the server.

    Raises:
        ItemError: there is none.
    """
    where = means.standing.paths(target.web).file(path)
    try:
        told = means.rest.get(f"{where}/ListItemAllFields?$select=Id", Document)
    except SiteRefused as error:
        raise as_item_error(error, "A file that was written is not there.") from error
    found = int(told.get("Id") or 0)
    if not found:
        raise ItemError("A file that was written has no item.", code="no-item")
    return found
