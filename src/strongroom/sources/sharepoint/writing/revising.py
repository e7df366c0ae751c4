"""Changing items that are there: one version or some values become the newest version of them.

As the server's own "restore this version" does it: what was there stays in the history, and who
changed it is who restores. It may be done twice: what is there already is not written again. Where
a list keeps no versions, what was there would be gone for good: it makes room for the whole item
by way of the recycle bin, as everything that is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from strongroom.errors import ItemError, TransientError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.comparing.content import Tally, part_differences
from strongroom.sources.sharepoint.writing.comparing.values import value_differences
from strongroom.sources.sharepoint.writing.finishing import read_form
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.narrowing import Narrow, own_values
from strongroom.sources.sharepoint.writing.places import Place
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.sending import as_item_error, send, unknown
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.sources.sharepoint.writing.uploading import send_file
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.files import publish
from strongroom.wire.sharepoint.writing.items import update_item
from strongroom.wire.sharepoint.writing.request import item_api
from strongroom.words.json import Json
from strongroom.words.restoring import Compared, Outgoing, Written


def revise(
    means: Means, back: ReadingBack, place: Place, outgoing: Outgoing, narrow: Narrow
) -> Written | None:
    """Write a version, or some values, into the item that is there.

    Args:
        means: What to work with.
        back: Looks whether it is so already.
        place: The list.
        outgoing: The item, narrowed; with what it goes into.
        narrow: What of it is wanted.

    Returns:
        None: nothing was written, and it is to be replaced as a whole.

    Raises:
        OutcomeUnknown: it may be written, or only half.
    """
    assert outgoing.replaces is not None, "what is not there cannot be changed"
    item_id, new_id = outgoing.item.id, outgoing.replaces.id
    target = means.list_at(place)
    number = kept.number_of(new_id)
    try:
        if not list(narrow_differences(means, back, place, outgoing, new_id, narrow)):
            return Written(item_id=item_id, new_id=new_id)
        if not narrow.fields and not target.settings.get("EnableVersioning"):
            return None
        if not narrow.fields and outgoing.item.kind in kept.IN_LIBRARY:
            _send_bytes(means, target, outgoing, number)
        _send_values(means, target, outgoing, number, narrow)
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            raise
        return not_written(item_id, as_item_error(error, "The item was not changed."))
    except ItemError as error:
        return not_written(item_id, error)
    except TransientError as error:
        raise unknown(error) from error
    return Written(item_id=item_id, new_id=new_id)


def not_there(outgoing: Outgoing) -> Written:
    """Say that an item that is to get a value is not there."""
    return Written(
        item_id=outgoing.item.id,
        new_id=None,
        code="not-there",
        why="There is no such item that the values could go into; restore the item itself.",
        is_permanent=True,
    )


def compare_narrowed(
    means: Means,
    back: ReadingBack,
    place: Place,
    pairs: Sequence[tuple[Outgoing, str]],
    told: Callable[[Compared], None],
    narrow: Narrow,
    tally: Tally,
) -> None:
    """Read items back, and compare what was wanted of them."""
    for outgoing, new_id in pairs:
        found = narrow_differences(means, back, place, narrow.of(outgoing), new_id, narrow, tally)
        told(Compared(item_id=outgoing.item.id, differences=tuple(found)))


def narrow_differences(
    means: Means,
    back: ReadingBack,
    place: Place,
    outgoing: Outgoing,
    new_id: str,
    narrow: Narrow,
    tally: Tally | None = None,
) -> Iterator[str]:
    """Name how what is wanted of an item differs from what is there.

    Raises:
        ItemError: the list has no such column.
    """
    number = kept.number_of(new_id)
    target = means.standing.list_by_id(place.web, place.list_id)
    read = back.by_numbers(place, [number]).get(number)
    if read is None:
        yield "it is not there any more"
        return
    names = narrow.names(target.columns)
    saved = own_values(kept.fields_of(outgoing.item), names)
    there = kept.fields_of(read.item)
    wanted = saved.keys() if names is None else names
    yield from value_differences(
        saved,
        {name: value for name, value in there.items() if name in wanted},
        target.columns,
        meanings=means.identities,
        later=frozenset({"FileLeafRef"}),
    )
    for name, value in saved.items():
        if value is None and there.get(name) not in {None, "", False}:
            yield f"{name}: it was empty"
    if narrow.fields or outgoing.item.kind not in kept.IN_LIBRARY:
        return
    file = kept.parts_of(outgoing).get(kept.FILE)
    content = {part.name: part for part in back.content(place, read).parts}
    if file is None or kept.FILE not in content:
        yield "file: not read back"
    elif tally is None and not isinstance(file.content, bytes):
        # Pieces can be read once only, and are wanted for writing.
        yield "file: too large to be looked at first"
    else:
        there_file, name = content[kept.FILE], outgoing.item.name
        yield from part_differences("file", file, there_file, name, tally or Tally())


def _send_bytes(means: Means, target: TargetList, outgoing: Outgoing, number: int) -> None:
    part = kept.parts_of(outgoing)[kept.FILE]
    told = means.rest.get(f"{item_api(target.web, target.id, number)}?$select=FileRef", Document)
    path = str(told.get("FileRef") or "")
    paths = means.standing.paths(target.web)
    send_file(
        means.rest,
        paths,
        path,
        kept.pieces_of(part),
        size=outgoing.item.size,
        overwrites=True,
        has_chunks=means.standing.abilities.has_chunks,
    )
    label = str(outgoing.item.state.get("version") or "")
    if target.settings.get("EnableMinorVersions") and label.endswith(".0"):
        send(means.rest, publish(paths, path, ""))


def _send_values(
    means: Means, target: TargetList, outgoing: Outgoing, number: int, narrow: Narrow
) -> None:
    """Write values; with a file's bytes they belong to the version that these have made."""
    saved = own_values(kept.fields_of(outgoing.item), narrow.names(target.columns))
    names = narrow.names(target.columns)
    fields: dict[str, Json] = {
        name: "" if value is None else value for name, value in saved.items()
    }
    if names is not None:
        fields = {**dict.fromkeys(names - saved.keys(), ""), **fields}
    regional = means.standing.web(target.web).regional_utc
    values = means.values(target, fields, regional=regional)
    texts = {one.name: one.text for one in values if one.name != "FileLeafRef"}
    if not texts:
        return
    makes_version = bool(narrow.fields) or outgoing.item.kind not in kept.IN_LIBRARY
    question = update_item(
        target.web,
        target.id,
        number,
        texts,
        makes_version=makes_version,
        has_utc=means.standing.abilities.has_utc_dates,
    )
    if refused := read_form(send(means.rest, question)).refused:
        raise ItemError(
            "The server did not take all values.",
            code="values-refused",
            why="; ".join(f"{one.name}: {one.text}" for one in refused),
        )
