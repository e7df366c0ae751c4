"""The versions of a file in their order, as they are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.words.item import Part
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing

Shown = Callable[[Mapping[str, Json]], Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version to send.

    Attributes:
        part: Its bytes; None: they were not saved.
        size: How many these are, as far as it is known.
        fields: The values of the columns then.
        comment: Of its check-in.
        is_major: Everybody could see it.
    """

    part: Part | None
    size: int
    fields: Mapping[str, Json]
    comment: str
    is_major: bool


def _signed(version: kept.Version) -> dict[str, Json]:
    """Say who made a version and when, as every server tells of a file's."""
    found: dict[str, Json] = {}
    if version.created:
        found["Modified"] = version.created
    if isinstance(version.by, Mapping) and version.by.get("login"):
        found["Editor"] = version.by
    return found


def revisions_of(
    outgoing: Outgoing, extra: Mapping[str, Json], shown: Shown = dict
) -> list[Revision]:
    """Give the versions of a file, oldest first; the last one is the file itself.

    Raises:
        ItemError: none of its bytes were saved.
    """
    parts = kept.parts_of(outgoing)
    item = outgoing.item
    document = kept.document_of(outgoing, kept.VERSIONS)
    found: list[Revision] = []
    current = None
    for version in kept.versions_of(item, document):
        if version.is_current:
            current = version
            continue
        part = parts.get(f"{kept.VERSION}{version.id}")
        if part is not None:
            found.append(
                Revision(
                    part=part,
                    size=version.size,
                    fields={**_signed(version), **shown(version.fields)},
                    comment=version.comment,
                    is_major=version.is_major,
                )
            )
    label = current.label if current else str(item.state.get("version") or "1.0")
    found.append(
        Revision(
            part=parts.get(kept.FILE),
            size=item.size,
            fields={**kept.fields_of(item), **extra},
            comment=current.comment if current else "",
            is_major=label.endswith(".0"),
        )
    )
    if found[-1].part is None:
        raise ItemError("The file's bytes were not saved.", code="no-content", is_permanent=True)
    return found
