"""What the items of a selection look up outside of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.columns import LOOKUPS, Column
from strongroom.sources.sharepoint.writing.outside import LISTS, Outside
from strongroom.sources.sharepoint.writing.places import STRUCTURE_OF_LIST
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.words.item import Folder, Item
from strongroom.words.json import Json
from strongroom.words.restoring import Loss, Selection


@dataclass(slots=True, kw_only=True)
class Reference:
    """One item that is looked up and is not restored.

    Attributes:
        column: As it was saved: which list it looks into, and what it shows of that.
        number: Of the item, as saved.
        text: What the lookup showed.
        count: In so many values.
    """

    column: Column
    number: int
    text: str
    count: int = 0


@dataclass(slots=True)
class References:
    """All of a selection.

    Attributes:
        chosen: Numbers of the items that are restored, by the saved id of their list: of those
            lists of which not everything is.
        found: By list that is looked into, column and number.
    """

    chosen: dict[str, set[int]] = field(default_factory=dict)
    found: dict[tuple[str, str, int], Reference] = field(default_factory=dict)

    @classmethod
    def of(cls, selection: Selection) -> References:
        """Go through the rows of a selection; nothing is read where everything is chosen."""
        made = cls()
        lists = [one for one in selection.folders if one.kind in LISTS]
        for folder in lists:
            if folder.id not in selection.whole:
                numbers = {kept.number_of(item.id) for item in selection.rows(folder.id)}
                made.chosen[folder.id] = numbers
        for folder in lists:
            columns = lookups_of(selection, folder)
            outer = {
                name: one for name, one in columns.items() if one.looks_into not in selection.whole
            }
            if outer:
                for item in selection.rows(folder.id):
                    made._meet(item, outer)
        return made

    def _meet(self, item: Item, columns: Mapping[str, Column]) -> None:
        for name, value in kept.fields_of(item).items():
            column = columns.get(name)
            for number, text in _looked_up(value) if column else ():
                assert column is not None
                if number in self.chosen.get(column.looks_into, ()):
                    continue
                key = (column.looks_into, name, number)
                made = Reference(column=column, number=number, text=text)
                self.found.setdefault(key, made).count += 1


def lost_of(
    references: References, outside: Outside, host: TargetList | None
) -> Iterator[Reference]:
    """Give what nobody could find again in the target.

    Args:
        references: What is looked up.
        outside: What is there.
        host: The list that everything goes into; None: each goes into its own.
    """
    for one in references.found.values():
        column = _there(one.column, outside, host)
        if column is None or outside.item(column, one.number, one.text) is None:
            yield one


def losses_of(lost: Sequence[Reference]) -> Iterator[Loss]:
    """Name what nobody could find again, by the column."""
    counts: Counter[str] = Counter()
    for one in lost:
        counts[one.column.name] += one.count
    for name, count in sorted(counts.items()):
        yield Loss(
            what=f"lookups of {name} ({count:,})",
            why="what they point to is not restored, and the target has no list of that path, or"
            " not one item alone that shows the same; restore that list too, or first.",
            count=count,
        )


def _there(saved: Column, outside: Outside, host: TargetList | None) -> Column | None:
    """Give the column by which it will be looked up in the target."""
    if host is not None and saved.name in host.columns:
        return host.columns[saved.name]
    into = outside.list_of(saved.looks_into)
    return replace(saved, looks_into=into.id, web=into.web) if into else None


def settings_in(selection: Selection) -> dict[str, Counter[str]]:
    """Count which settings say something, by what they are of: a web, a list, a view."""
    found: dict[str, Counter[str]] = {}
    for folder in selection.folders if not selection.is_narrowed else ():
        for item in selection.rows(folder.id) if folder.kind == "structure" else ():
            names = item.facts.get("set")
            if isinstance(names, list | tuple):
                found.setdefault(item.kind, Counter()).update(map(str, names))
    return found


def lookups_of(selection: Selection, folder: Folder) -> dict[str, Column]:
    """Give the lookups of a saved list into lists, by their internal names."""
    wanted = (*folder.path, STRUCTURE_OF_LIST)
    structure = next((one for one in selection.around if one.path == wanted), None)
    found = {}
    for item in selection.known(structure.id) if structure else ():
        kind, into = (str(item.facts.get(key) or "") for key in ("type", "looks_into"))
        if item.kind != "column" or kind not in LOOKUPS or item.facts.get("is_dependent"):
            continue
        name = str(item.facts.get("internal_name") or item.name)
        into = folder.id if into == "self" else into
        shows = str(item.facts.get("shows") or "Title")
        found[name] = Column(name=name, type=kind, looks_into=into, shows=shows)
    return found


def _looked_up(value: Json) -> Iterator[tuple[int, str]]:
    several = isinstance(value, Sequence) and not isinstance(value, str)
    for one in value if several else (value,):  # type: ignore[union-attr]
        if isinstance(one, Mapping) and isinstance(one.get("id"), int):
            yield int(str(one["id"])), str(one.get("value") or "")
