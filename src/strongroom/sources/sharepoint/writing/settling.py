"""The end of a restore: what had to wait is written, and everything relaxed is put back."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.sources.sharepoint.writing.finishing import write_values
from strongroom.sources.sharepoint.writing.late import LateValue
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.orders import order_types
from strongroom.sources.sharepoint.writing.owning import write_owners
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.items import (
    STATUS,
    STATUS_TOLD,
    moderation,
    set_moderation,
)
from strongroom.wire.sharepoint.writing.request import item_api, post, quoted

_APPROVED, _DENIED, _PENDING = 0, 1, 2


def settle(means: Means) -> Iterator[str]:
    """Write what had to wait, and put everything back; say what a person should know.

    May be called before all items are in: lookups to what is not there yet wait on.

    Args:
        means: What to work with.

    Raises:
        TransientError, OutcomeUnknown: the server does not answer; call again.
    """
    waiting = list(means.late.waiting())
    yield from order_types(means)
    yield from write_owners(means)
    for number, one in waiting:
        if one.fields:
            yield from _write_late(means, number, one)
    yield from means.relaxing.put_back()
    for _, one in waiting:
        yield from _moderate(means, one)
    means.late.is_over = True
    yield from means.told()


def _write_late(means: Means, number: int, late: LateValue) -> Iterator[str]:
    where = f"Item {late.item_id} of a list in {late.web}"
    try:
        target = means.standing.list_by_id(late.web, late.list_id)
        where = f"Item {late.item_id} of {target.title}"
        missing = [one for one in means.values(target, late.fields) if one.missing]
        # With who wrote it last, and when: a form that leaves that out signs anew.
        write_values(means, target, late.item_id, {**late.stamp, **late.fields}, "")
    except (SiteRefused, SiteDenied) as error:
        yield f"{where}: its lookups were not written. {error.why}"
        return
    for one in missing:
        yield f"{where}, {one.name}: {one.missing}"
    if not missing:
        means.late.finish(number)


def _of_file(late: LateValue) -> Question:
    file = f"{item_api(late.web, late.list_id, late.item_id)}/File"
    method = "Publish" if late.status == _PENDING else "Deny"
    return post(f"{file}/{method}(comment={quoted(late.comment)})")


def _moderate(means: Means, late: LateValue) -> Iterator[str]:
    """Have an item stand as it stood with its approval, where its list approves at all."""
    if late.status in {None, _APPROVED}:
        return
    where = f"Item {late.item_id} of a list in {late.web}"
    try:
        target = means.standing.list_by_id(late.web, late.list_id)
        where = f"Item {late.item_id} of {target.title}"
        if not target.settings.get("EnableModeration") or late.status not in {_DENIED, _PENDING}:
            return  # a draft is one by its version's number
        if target.is_library:
            send(means.rest, _of_file(late))
            write_values(means, target, late.item_id, late.stamp, "")
        else:
            _moderate_row(means, target, late, late.status)
    except (SiteRefused, SiteDenied) as error:
        yield f"{where} does not stand as it stood with its approval. {error.why}"


def _moderate_row(means: Means, target: TargetList, late: LateValue, status: int) -> None:
    """Say of an item that is no file how it stood.

    A form says so of the version that there is; a plain change makes one more. That a form is
    taken without a word does not show that its list heeded this of it, so the item is asked.
    """
    write_values(means, target, late.item_id, late.stamp, "", {STATUS: str(status)})
    question = moderation(target.web, target.id, late.item_id)
    if means.rest.read(question).read(Document).get(STATUS_TOLD) == status:
        return
    send(
        means.rest,
        set_moderation(
            target.web, target.id, late.item_id, entity_type=target.entity_type, status=status
        ),
    )
    write_values(means, target, late.item_id, late.stamp, "")
