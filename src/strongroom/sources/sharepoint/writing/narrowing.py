"""Only a version of items, or only the values of some columns, instead of items as they were last.

Pure. An item is narrowed before it is written and before it is compared; all else of the target
knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.columns import SYSTEM, Column
from strongroom.words.item import Content, Item, Part
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing, Selection

_ALWAYS = SYSTEM | {"ContentTypeId", "FileLeafRef"}
"""What every item has in every version, told or not."""
_NOT_OF_A_VERSION = (kept.FILE, kept.VERSIONS, kept.PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """What of each item is wanted.

    Attributes:
        version: The label of one; empty: as it was last.
        fields: Columns whose values alone are wanted, by their names; none: all.
    """

    version: str = ""
    fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.version or self.fields)

    def to_json(self) -> dict[str, Json]:
        """Give it as it is noted."""
        return {"version": self.version, "fields": list(self.fields)}

    @classmethod
    def from_json(cls, noted: Json) -> Narrow:
        """Read what ``to_json`` gave; anything else narrows nothing."""
        if not isinstance(noted, Mapping):
            return cls()
        fields = noted.get("fields")
        names = tuple(map(str, fields)) if isinstance(fields, list | tuple) else ()
        return cls(version=str(noted.get("version") or ""), fields=names)

    def names(self, columns: Mapping[str, Column]) -> frozenset[str] | None:
        """Find the columns of a list that are meant, by internal or shown names; None: all.

        Raises:
            ItemError: the list has none of a name.
        """
        if not self.fields:
            return None
        found = {self._name(one, columns) for one in self.fields}
        return frozenset(found)

    def of(self, outgoing: Outgoing) -> Outgoing:
        """Give an item as it was in the version that is wanted.

        Raises:
            ItemError: nothing was kept of such a version.
        """
        if not self.version or outgoing.item.kind == kept.KIND_FOLDER:
            return outgoing
        return _as_of(outgoing, self.version)

    @staticmethod
    def _name(wanted: str, columns: Mapping[str, Column]) -> str:
        if wanted in columns:
            return wanted
        folded = wanted.casefold()
        found = [
            one.name
            for one in columns.values()
            if one.is_written and folded in {one.name.casefold(), one.title.casefold()}
        ]
        if not found:
            raise ItemError(
                f"The list has no column {wanted!r}.", code="no-column", is_permanent=True
            )
        return found[0]


def counted(selection: Selection) -> Selection:
    """Give a selection whose rows have those values only that are wanted, to count losses by."""
    if not selection.fields:
        return selection
    wanted = {one.casefold() for one in selection.fields}
    for folder in selection.around:
        if folder.kind == "structure":
            for item in selection.known(folder.id):
                if item.kind == "column" and item.name.casefold() in wanted:
                    wanted.add(str(item.facts.get("internal_name") or "").casefold())

    def rows(folder_id: str) -> Iterator[Item]:
        for item in selection.rows(folder_id):
            fields = {
                name: value
                for name, value in kept.fields_of(item).items()
                if name.casefold() in wanted
            }
            yield replace(item, size=0, state={"fields": fields})

    return replace(selection, rows=rows)


def own_values(fields: Mapping[str, Json], names: frozenset[str] | None) -> dict[str, Json]:
    """Give the values that are written, without who wrote them and when: that is us, now."""
    return {
        name: value
        for name, value in fields.items()
        if (name in names if names is not None else name not in SYSTEM)
    }


def _as_of(outgoing: Outgoing, label: str) -> Outgoing:
    item = outgoing.item
    wanted = label if "." in label else f"{label}.0"
    own = str(item.state.get("version") or "1.0")
    versions = kept.versions_of(item, kept.document_of(outgoing, kept.VERSIONS))
    found = next((one for one in versions if one.label == wanted), None)
    state = {**item.state, "versions": [], "version": wanted}
    if own == wanted or (found is not None and found.is_current):
        return replace(outgoing, item=replace(item, state=state))
    part = kept.parts_of(outgoing).get(f"{kept.VERSION}{found.id}") if found else None
    is_file = item.kind in kept.IN_LIBRARY
    if found is None or (is_file and part is None) or not (is_file or found.fields):
        raise ItemError(
            f"Nothing was kept of a version {wanted}.",
            code="no-version",
            is_permanent=True,
            why=f"It is {own}, and kept are {', '.join(one.label for one in versions) or 'none'}.",
        )
    # What an older version did not have is said outright: a form changes only what it names.
    gone = dict.fromkeys((name for name in kept.fields_of(item) if name not in _ALWAYS), None)
    fields = {**gone, **found.fields} if found.fields else {}
    return replace(
        outgoing,
        item=replace(item, size=found.size, state={**state, "fields": fields}),
        content=_content(outgoing.content, part),
    )


def _content(content: Content, part: Part | None) -> Content:
    left = [
        one
        for one in content.parts
        if one.name not in _NOT_OF_A_VERSION and not one.name.startswith(kept.VERSION)
    ]
    file = () if part is None else (replace(part, name=kept.FILE),)
    return replace(content, parts=(*file, *left))
