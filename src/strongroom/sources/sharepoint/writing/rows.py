"""Writing the items of a list: a hundred in one request where the server lets us.

An item is made with the values of its oldest version, then changed once for each later one, so
that the list counts its versions as it did. Then come attachments and permissions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.errors import ItemError, OutcomeUnknown, TransientError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.columns import SYSTEM
from strongroom.sources.sharepoint.writing.documents import KEPT
from strongroom.sources.sharepoint.writing.field_values import FormValue
from strongroom.sources.sharepoint.writing.finishing import (
    attached,
    finish_item,
    read_form,
    stamp,
)
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.places import Place, joined
from strongroom.sources.sharepoint.writing.sending import as_item_error, send, send_each, unknown
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.sources.sharepoint.writing.tree import ensure_folder
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.folders import attach
from strongroom.wire.sharepoint.writing.items import (
    add_item,
    create_item,
    form_answer,
    recycle_item,
    update_item,
)
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing, Written

Told = Callable[[Written], None]
_GONE = 404
ROUNDS = 3
"""So often is an item sent again without the values that were refused."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One item on its way.

    Attributes:
        outgoing: As saved.
        versions: Values of each version, oldest first; the last are the item's own.
        refused: Columns that the server did not take a value for.
        late: Columns whose lookups were not there yet when it was written last.
        new_id: Its id in the list; 0: it is not there.
        error: Why it is not, or not whole.
    """

    outgoing: Outgoing
    versions: list[Mapping[str, Json]]
    refused: set[str] = field(default_factory=set)
    late: dict[str, Json] = field(default_factory=dict)
    new_id: int = 0
    error: ItemError | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is neither there nor refused."""
        return not self.new_id and self.error is None


def write_rows(means: Means, place: Place, batch: Sequence[Outgoing], told: Told) -> None:
    """Write items of a list and tell what came of each.

    Raises:
        OutcomeUnknown: those not told yet may or may not be there.
        TransientError: they are certainly not.
    """
    target = means.list_at(place)
    rows = [Row(outgoing=one, versions=_versions(one)) for one in batch]
    _recycle_replaced(means, target, rows)
    _make(means, target, rows)
    try:
        _add_versions(means, target, rows)
        _write_late(means, target, [row for row in rows if row.new_id and row.late])
        for row in rows:
            _finish(means, target, row)
            told(_written(target, row))
    except TransientError as error:
        raise unknown(error) from error


def _versions(outgoing: Outgoing) -> list[Mapping[str, Json]]:
    """Give the values of each version, oldest first."""
    document = kept.document_of(outgoing, kept.VERSIONS)
    current = kept.fields_of(outgoing.item)
    older = [
        one.fields
        for one in kept.versions_of(outgoing.item, document)
        if one.fields and not one.is_current
    ]
    return [*older, current]


def _recycle_replaced(means: Means, target: TargetList, rows: Sequence[Row]) -> None:
    """Put what is replaced into the recycle bin, before its place is taken.

    What the server keeps (a label, a record) gets no second one beside it.
    """
    replaced = [
        (row, recycle_item(target.web, target.id, number))
        for row in rows
        if row.outgoing.replaces is not None
        and (number := kept.number_of(row.outgoing.replaces.id))
    ]
    if not replaced:
        return
    answers = send_each(means.rest, target.web, [question for _, question in replaced])
    for (row, _), answer in zip(replaced, answers, strict=True):
        if not isinstance(answer, Answer) and answer.status != _GONE:
            row.error = as_item_error(answer, KEPT)


def _make(means: Means, target: TargetList, rows: Sequence[Row]) -> None:
    """Make the items, each with the values of its oldest version."""
    for _ in range(ROUNDS):
        waiting = [row for row in rows if row.is_open]
        if not waiting:
            break
        questions = [_adding(means, target, row) for row in waiting]
        answers = send_each(means.rest, target.web, questions)
        for row, answer in zip(waiting, answers, strict=True):
            _take_made(means, row, answer)
    if not means.standing.abilities.has_decoded_paths:
        _change(means, target, [row for row in rows if row.new_id], 0, makes_version=False)
    for row in rows:
        if row.is_open:
            row.error = ItemError(
                "The list did not take the values of an item.",
                code="values-refused",
                why=f"Columns: {', '.join(sorted(row.refused))}.",
            )


def _adding(means: Means, target: TargetList, row: Row) -> Question:
    item = row.outgoing.item
    if not means.standing.abilities.has_decoded_paths:
        title = str(row.versions[0].get("Title") or item.name)
        return create_item(target.web, target.id, entity_type=target.entity_type, title=title)
    folders = kept.path_of(item)[:-1]
    if folders:
        ensure_folder(means, target, folders)
    values = _values(means, target, row, row.versions[0])
    row.late = means.late_fields(target, row.versions[0], values)
    return add_item(
        target.web,
        target.id,
        _written_out(values, row),
        folder_path=means.standing.address(joined(target.root, *folders)),
    )


def _values(
    means: Means, target: TargetList, row: Row, fields: Mapping[str, Json]
) -> list[FormValue]:
    content_type = str(row.outgoing.item.facts.get("content_type") or "")
    return means.values(target, fields, content_type=content_type)


def _written_out(values: Sequence[FormValue], row: Row) -> dict[str, str]:
    return {one.name: one.text for one in values if one.name not in row.refused}


def _take_made(means: Means, row: Row, answer: Answer | SiteDenied | SiteRefused) -> None:
    if not isinstance(answer, Answer):
        row.error = as_item_error(answer, "The list did not take an item.")
        return
    made = answer.read(Document)
    told = form_answer(made)
    if told.refused:
        # With one value refused the item is not made: it comes without that one then.
        row.refused.update(one.name for one in told.refused)
        return
    row.new_id = told.item_id or int(made.get("Id") or 0)
    if not row.new_id:
        raise OutcomeUnknown("An answer does not say which item was made.")
    means.identities.learn_item(row.outgoing.item.id, row.new_id)


def _add_versions(means: Means, target: TargetList, rows: Sequence[Row]) -> None:
    """Change the items once for each later version, side by side.

    A change that makes a version is signed by whoever makes it, now. So each is followed by one
    that makes none and says who it was, and when.
    """
    longest = max((len(row.versions) for row in rows if row.new_id), default=1)
    for number in range(1, longest):
        changing = [row for row in rows if row.new_id and len(row.versions) > number]
        for makes_version in (True, False):
            _change(means, target, changing, number, makes_version=makes_version)


def _change(
    means: Means, target: TargetList, rows: Sequence[Row], number: int, *, makes_version: bool
) -> None:
    waiting = [row for row in rows if row.error is None]
    for _ in range(ROUNDS):
        if not waiting:
            return
        questions = [
            _changing(means, target, row, number, makes_version=makes_version) for row in waiting
        ]
        answers = send_each(means.rest, target.web, questions)
        for row, answer in zip(waiting, answers, strict=True):
            if not isinstance(answer, Answer):
                row.error = as_item_error(answer, "A version of an item was not written.")
        waiting = [
            row
            for row, answer in zip(waiting, answers, strict=True)
            if isinstance(answer, Answer) and _was_refused(row, answer)
        ]


def _changing(
    means: Means, target: TargetList, row: Row, number: int, *, makes_version: bool
) -> Question:
    fields = row.versions[number]
    before = row.versions[number - 1] if number else {}
    if makes_version:
        # What was emptied meanwhile is told outright: a form changes only what it names.
        fields = {**dict.fromkeys((name for name in before if name not in fields), ""), **fields}
        fields = {name: value for name, value in fields.items() if name not in SYSTEM}
    elif number:
        fields = {name: value for name, value in fields.items() if name in SYSTEM}
    has_utc = means.standing.abilities.has_utc_dates
    values = means.values(target, fields, regional=means.standing.web(target.web).regional_utc)
    if makes_version or not number:
        row.late = means.late_fields(target, fields, values)
    return update_item(
        target.web,
        target.id,
        row.new_id,
        _written_out(values, row),
        makes_version=makes_version,
        has_utc=has_utc,
    )


def _was_refused(row: Row, answer: Answer) -> bool:
    """Say whether some values were refused, so that none is written; and leave those out."""
    refused = {one.name for one in read_form(answer).refused}
    row.refused |= refused
    return bool(refused)


def _finish(means: Means, target: TargetList, row: Row) -> None:
    """Write what hangs on an item."""
    if not row.new_id:
        return
    try:
        if _attach_all(means, target, row):
            stamp(means, target, row.new_id, row.versions[-1])
        finish_item(means, target, row.outgoing, row.new_id, row.late)
    except ItemError as error:
        row.error = error


def _write_late(means: Means, target: TargetList, rows: Sequence[Row]) -> None:
    """Write the lookups to items that have come meanwhile, in this very batch among others."""
    questions = []
    regional = means.standing.web(target.web).regional_utc
    for row in rows:
        now = means.late_fields(target, row.late, means.values(target, row.late, regional=regional))
        own = {name: value for name, value in row.versions[-1].items() if name in SYSTEM}
        come = {name: value for name, value in row.late.items() if name not in now}
        if come:
            values = means.values(target, {**come, **own}, regional=regional)
            questions.append(
                update_item(
                    target.web,
                    target.id,
                    row.new_id,
                    _written_out(values, row),
                    has_utc=means.standing.abilities.has_utc_dates,
                )
            )
        row.late = now
    if questions:
        send_each(means.rest, target.web, questions)


def _attach_all(means: Means, target: TargetList, row: Row) -> bool:
    """Attach what was attached; say whether there was anything."""
    has_any = False
    for name, content in attached(row.outgoing):
        has_any = True
        question = attach(target.web, target.id, row.new_id, name, content)
        try:
            send(means.rest, question)
        except (SiteRefused, SiteDenied) as error:
            raise as_item_error(error, f"The attachment {name} was not written.") from error
    return has_any


def _written(target: TargetList, row: Row) -> Written:
    item_id = row.outgoing.item.id
    new_id = f"{target.id}/{row.new_id}" if row.new_id else None
    if row.error is not None:
        return not_written(item_id, row.error, new_id=new_id)
    return Written(item_id=item_id, new_id=new_id)
