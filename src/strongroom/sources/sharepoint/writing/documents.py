"""Writing files, each with its older versions in their order, and what people said of each.

A file is made where it was. Every version is sent over the one before, so that the library counts
them; its values (author and times among them) are written before the next one comes, without
making a version of that. Where the library has minor versions, those that everybody could see are
published.
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.content.office import compare_documents
from strongroom.errors import ItemError, TransientError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.finishing import finish_item, write_values
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.places import COPIES_MAX, Place, copy_name, joined
from strongroom.sources.sharepoint.writing.revisions import Revision, Shown, revisions_of
from strongroom.sources.sharepoint.writing.sending import as_item_error, send, unknown
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.sources.sharepoint.writing.tree import ensure_folder, file_item, folder_item
from strongroom.sources.sharepoint.writing.uploading import send_file
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.files import (
    MAJOR,
    MINOR,
    OVERWRITE,
    check_in,
    check_out,
    publish,
    recycle_file,
)
from strongroom.wire.sharepoint.writing.items import recycle_item
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing, Written

KEPT = "What was to be replaced stays as it is."
_THERE = "-2130575257"
"""How the code begins by which a server says that there is a file of that name."""


def write_file(
    means: Means,
    place: Place,
    outgoing: Outgoing,
    extra: Mapping[str, Json] | None = None,
    *,
    shown: Shown = dict,
    may_replace: bool = False,
) -> Written:
    """Write a file of a library, with all its versions.

    Args:
        means: What to work with.
        place: The library.
        outgoing: The file.
        shown: Gives the values that the target gets for saved ones: what a page shows holds
            addresses. Of the page itself they come in ``extra``.
        extra: Values beside those in its row.
        may_replace: The library is new: a file of that name came with it, and gives way.

    Raises:
        OutcomeUnknown: it may be there, or only half.
        TransientError: it is certainly not there.
    """
    target = means.list_at(place)
    item_id = outgoing.item.id
    try:
        if outgoing.replaces is not None:
            recycle(means, target, kept.number_of(outgoing.replaces.id))
        path = _place(means, target, outgoing)
        revisions = revisions_of(outgoing, extra or {}, shown)
        last = revisions[-1]
        if may_replace:
            _make_way(means, target, path)
        path = _send_first(means, target, path, revisions[0])
    except ItemError as error:
        return not_written(item_id, error)
    number = 0
    before: Revision | None = None
    try:
        number = file_item(means, target, path)
        means.identities.learn_item(item_id, number)
        for revision in revisions:
            if before is not None and not _is_published_from(target, before, revision):
                _send_next(means, target, path, revision)
            content_type = outgoing.item.facts.get("content_type") if revision is last else ""
            _stand(
                means,
                target,
                path,
                number,
                revision,
                content_type=str(content_type or ""),
                is_first=before is None,
            )
            before = revision
        _finish(means, target, outgoing, number)
    except ItemError as error:
        return not_written(item_id, error, new_id=f"{target.id}/{number}" if number else None)
    except TransientError as error:
        raise unknown(error) from error
    return Written(item_id=item_id, new_id=f"{target.id}/{number}")


def recycle(means: Means, target: TargetList, number: int) -> None:
    """Put what is replaced into the recycle bin; what is gone already is fine.

    Raises:
        ItemError: the server keeps it.
    """
    try:
        send(means.rest, recycle_item(target.web, target.id, number))
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            raise
        if error.status != 404:
            raise as_item_error(error, KEPT) from error


def _place(means: Means, target: TargetList, outgoing: Outgoing) -> str:
    """Have the folder that the file lies in; give the file's path."""
    path = kept.path_of(outgoing.item)
    if len(path) > 1:
        ensure_folder(means, target, path[:-1])
    return joined(target.root, *path)


def _make_way(means: Means, target: TargetList, path: str) -> None:
    try:
        send(means.rest, recycle_file(means.standing.paths(target.web), path))
    except SiteRefused as error:
        if error.status != 404:
            raise as_item_error(error, "What came with the library stays as it is.") from error


def _send_first(means: Means, target: TargetList, path: str, revision: Revision) -> str:
    """Send the first version; beside a file of that name that is not to be replaced, as a copy.

    Raises:
        ItemError: the server does not take it.
    """
    folder, _, name = path.rpartition("/")
    for number in range(COPIES_MAX):
        called = name if not number else copy_name(name, number)
        try:
            _send(means, target, joined(folder, called), revision, overwrites=False)
        except (SiteRefused, SiteDenied) as error:
            if _says_there(error):
                continue
            raise as_item_error(error, f"The file {called} was not written.") from error
        return joined(folder, called)
    raise ItemError("There are too many files of this name already.", code="name-taken")


def _says_there(error: SiteRefused | SiteDenied) -> bool:
    return error.code.startswith(_THERE) or error.status == 409


def _send_next(means: Means, target: TargetList, path: str, revision: Revision) -> None:
    try:
        if _needs_check_in(target, revision):
            send(means.rest, check_out(means.standing.paths(target.web), path))
        _send(means, target, path, revision, overwrites=True)
    except (SiteRefused, SiteDenied) as error:
        raise as_item_error(error, "A later version of a file was not written.") from error


def _send(
    means: Means, target: TargetList, path: str, revision: Revision, *, overwrites: bool
) -> None:
    assert revision.part is not None, "only the last may lack its bytes, and that was looked at"
    send_file(
        means.rest,
        means.standing.paths(target.web),
        path,
        kept.pieces_of(revision.part),
        size=revision.size,
        overwrites=overwrites,
        has_chunks=means.standing.abilities.has_chunks,
    )


def _stand(
    means: Means,
    target: TargetList,
    path: str,
    number: int,
    revision: Revision,
    *,
    content_type: str,
    is_first: bool,
) -> None:
    """Give the newest version its values, and let it stand as it stood.

    Raises:
        ItemError: the server refuses that.
    """
    paths = means.standing.paths(target.web)
    try:
        if _needs_check_in(target, revision):
            if is_first:
                send(means.rest, check_out(paths, path))
            send(means.rest, check_in(paths, path, revision.comment, _kind(target, is_first)))
        elif _has_minor(target) and revision.is_major:
            send(means.rest, publish(paths, path, revision.comment))
        if revision.fields:
            write_values(means, target, number, revision.fields, content_type)
    except (SiteRefused, SiteDenied) as error:
        raise as_item_error(error, "A version does not stand as it stood.") from error


def _is_published_from(target: TargetList, before: Revision, revision: Revision) -> bool:
    """Say whether a version is the draft before it, published.

    Some servers keep the draft beside it: then it was saved twice, and is sent once.
    """
    if not _has_minor(target) or before.is_major or not revision.is_major:
        return False
    if before.part is None or revision.part is None:
        return False
    mine, theirs = before.part.content, revision.part.content
    if not isinstance(mine, bytes) or not isinstance(theirs, bytes):
        return False
    return compare_documents(mine, theirs).is_equal


def _needs_check_in(target: TargetList, revision: Revision) -> bool:
    """Say whether a version has a comment that only a check-in takes: all but published drafts."""
    is_published = _has_minor(target) and revision.is_major
    return bool(revision.comment) and not is_published


def _kind(target: TargetList, is_first: bool) -> int:  # noqa: FBT001 - of one check-in
    """Say as what a version is checked in; the first is there already, and stays the first."""
    if is_first:
        return OVERWRITE
    return MINOR if _has_minor(target) else MAJOR


def _has_minor(target: TargetList) -> bool:
    return bool(target.settings.get("EnableMinorVersions"))


def _finish(means: Means, target: TargetList, outgoing: Outgoing, number: int) -> None:
    fields = kept.fields_of(outgoing.item)
    late = means.late_fields(target, fields, means.values(target, fields))
    finish_item(means, target, outgoing, number, late)


def write_folder(means: Means, place: Place, outgoing: Outgoing) -> Written:
    """Have a folder of a list or library, with its values and permissions.

    One that is there already is taken: folders are merged, whatever becomes of files.

    Raises:
        OutcomeUnknown: it may be there.
    """
    target = means.list_at(place)
    item = outgoing.item
    path = kept.path_of(item)
    number = 0
    try:
        ensure_folder(means, target, path)
        number = _folder_number(means, target, path)
        means.identities.learn_item(item.id, number)
        try:
            content_type = str(item.facts.get("content_type") or "")
            write_values(means, target, number, kept.fields_of(item), content_type)
        except (SiteRefused, SiteDenied) as error:
            raise as_item_error(error, "The values of a folder were not written.") from error
        finish_item(means, target, outgoing, number, {})
    except ItemError as error:
        return not_written(item.id, error, new_id=f"{target.id}/{number}" if number else None)
    return Written(item_id=item.id, new_id=f"{target.id}/{number}")


def _folder_number(means: Means, target: TargetList, path: tuple[str, ...]) -> int:
    number = folder_item(means, target, path)
    if not number:
        raise ItemError("A folder that was made is not there.", code="no-folder")
    return number
