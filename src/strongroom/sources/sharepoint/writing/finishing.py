"""What is written of an item beside its first values, the same for rows, files and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.columns import SYSTEM
from strongroom.sources.sharepoint.writing.late import LateValue
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.sending import as_item_error, send
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.wire.sharepoint.question import Answer
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.items import FormAnswer, form_answer, update_item
from strongroom.wire.sharepoint.writing.request import item_api
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing


def finish_item(
    means: Means,
    target: TargetList,
    outgoing: Outgoing,
    item_id: int,
    late: Mapping[str, Json],
) -> None:
    """Write the permissions of an item, and note what comes later.

    Raises:
        ItemError: its permissions were not taken, or not all.
    """
    item = outgoing.item
    status = kept.moderation_of(item)
    if late or status:
        fields = kept.fields_of(item)
        means.late.add(
            LateValue(
                web=target.web,
                list_id=target.id,
                item_id=item_id,
                fields=late,
                status=status or None,
                comment=str(item.state.get("comment") or ""),
                stamp={name: value for name, value in fields.items() if name in SYSTEM},
            )
        )
    document = kept.document_of(outgoing, kept.PERMISSIONS)
    if document is None or not kept.is_unique(item):
        return
    securable = item_api(target.web, target.id, item_id)
    lost = means.assigning.assign(target.web, securable, document)
    if lost:
        raise ItemError(
            "Not all of its permissions were written.", code="permissions", why="; ".join(lost)
        )


def stamp(means: Means, target: TargetList, number: int, fields: Mapping[str, Json]) -> None:
    """Say again who wrote an item and when, after what the server took for a change of ours.

    Raises:
        ItemError: the server does not let us.
    """
    own = {name: value for name, value in fields.items() if name in SYSTEM}
    regional = means.standing.web(target.web).regional_utc
    values = means.values(target, own, regional=regional)
    question = update_item(
        target.web,
        target.id,
        number,
        {one.name: one.text for one in values},
        has_utc=means.standing.abilities.has_utc_dates,
    )
    try:
        send(means.rest, question)
    except (SiteRefused, SiteDenied) as error:
        raise as_item_error(error, "Who wrote it and when was not written.") from error


def attached(outgoing: Outgoing) -> Iterator[tuple[str, bytes]]:
    """Give the attachments of an item, by name."""
    parts = [part for part in outgoing.content.parts if part.name.startswith(kept.ATTACHMENT)]
    names = kept.attachment_names(outgoing.item)
    for number, part in enumerate(parts):
        name = names[number] if number < len(names) else part.suffix.strip()
        yield name, kept.bytes_of(part)


def read_form(answer: Answer) -> FormAnswer:
    """Read what came of the values of a form."""
    return form_answer(answer.read(Document))


def write_values(
    means: Means,
    target: TargetList,
    number: int,
    fields: Mapping[str, Json],
    content_type: str,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write values of an item that is there, without making a version of it.

    What the server refuses of them is left out, and told by the comparison.

    Args:
        means: What to work with.
        target: The list.
        number: Of the item.
        fields: Saved values, by internal name.
        content_type: Its name; empty: it stays as it is.
        texts: More values, written as a form wants them.

    Raises:
        SiteRefused, SiteDenied: it refuses all of them.
    """
    regional = means.standing.web(target.web).regional_utc
    values = means.values(target, fields, content_type=content_type, regional=regional)
    texts = {**{one.name: one.text for one in values}, **(texts or {})}
    has_utc = means.standing.abilities.has_utc_dates
    if not texts:
        return
    answer = send(means.rest, update_item(target.web, target.id, number, texts, has_utc=has_utc))
    refused = {one.name for one in read_form(answer).refused}
    fewer = {name: text for name, text in texts.items() if name not in refused}
    if refused and fewer:
        # With one value refused, none of them is written.
        send(means.rest, update_item(target.web, target.id, number, fewer, has_utc=has_utc))
