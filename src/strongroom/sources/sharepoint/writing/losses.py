"""What of a site the target cannot take: per class of thing, counted, before anything is written.

Pure. Everything that is known beforehand is named here, so that whoever starts a restore may think
again, and nothing is missing afterwards without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from strongroom.sources.sharepoint.reading.places import FILES
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.abilities import Abilities
from strongroom.sources.sharepoint.writing.columns import SHOWN
from strongroom.sources.sharepoint.writing.making import is_servers_own
from strongroom.sources.sharepoint.writing.places import STRUCTURE_OF_WEB
from strongroom.sources.sharepoint.writing.planning import LISTS
from strongroom.sources.sharepoint.writing.terms import Used
from strongroom.words.item import Item
from strongroom.words.json import Json
from strongroom.words.restoring import Loss, Selection

_FIRST_LABELS = frozenset({"", "0.1", "1.0"})
_RETENTION = ("_ComplianceTag", "ComplianceAssetId")
_SENSITIVITY = ("_IpLabelId", "_DisplayName")
_RECORD = ("_vti_ItemDeclaredRecord", "_vti_ItemHoldRecordStatus")
_SITE_PAGE = "0X0101009D1CB255DA76424F860D91F20E6C4118"
"""How ids of content types of modern pages begin, everywhere the same."""
_LARGE_WITHOUT_PIECES = 2 * 1024**3 - 1

_OF_VALUES: frozenset[str] = frozenset()
_OF_VERSIONS = frozenset({"names", "item folders", "large"})
"""What can be lost of values alone, and of one version: no history, and nothing that describes."""

_WHY: Mapping[str, tuple[str, str]] = {
    "numbers": (
        "numbers of items",
        "every item gets a new number: lookups follow, addresses that hold a number do not",
    ),
    "checked out": (
        "check-outs",
        "the file comes back checked in; what its editor had not checked in was not to be read",
    ),
    "version numbers": (
        "numbers of versions",
        "older versions were gone already, so the versions are counted from the first one kept",
    ),
    "unapproved": (
        "versions of items that were not approved",
        "where a list heeds no form, saying so again makes one version more of what is no file",
    ),
    "administrators": (
        "administrators of the collection",
        "whoever makes a site says that",
    ),
    "versions without values": (
        "values of older versions",
        "the server did not tell them; these versions have their bytes alone",
    ),
    "names": ("names with % or #", "the target takes none; these are not written"),
    "item folders": (
        "items in folders of lists",
        "the target lets them be made in the list's root alone; they lie there",
    ),
    "pages": (
        "modern pages",
        "the target has none; the page's file and values are written, and not what it shows",
    ),
    "large": ("files over 2 GB", "the target takes no file in pieces"),
    "retention": ("retention labels", "they are set by the target's own rules, not by a restore"),
    "sensitivity": (
        "sensitivity labels",
        "they are set by the tenant's rules; one inside a file comes back with it",
    ),
    "records": ("declared records", "the item comes back as one that can be changed"),
    "bags": (
        "property bags of webs and lists",
        "the target allows no custom scripts, and so no change of these",
    ),
    "regional": (
        "regional settings of webs",
        "the target lets nobody set them but in its own pages",
    ),
    "types": (
        "content types of one's own",
        "the target takes no id for a new one by REST; items keep their values without it",
    ),
    "list types": (
        "names of content types in lists",
        "they are there under the web's type; their own ids are new",
    ),
    "made": (
        "when lists, columns and webs were made, and by whom",
        "the server writes that itself",
    ),
    "recycled": (
        "entries of the recycle bin",
        "only the list of them is kept; nothing is put into the bin, or out of it",
    ),
    "web files": (
        "when files in webs' own folders were made and changed, and by whom",
        "they are in no list, and the server writes that itself",
    ),
    "history": (
        "older versions",
        "the list that they go into keeps none: let it keep versions first",
    ),
    "terms": (
        "terms of managed metadata",
        "the target's term store lacks them, or no one alone in their column's set is called so",
    ),
    "term sets": (
        "columns of managed metadata without their set of terms",
        "the target's term store has no set of that name, or several; make it first",
    ),
    "parts of term sets": (
        "columns of managed metadata that offered a part of their set of terms",
        "the part is told by a term of the saved store: all of the set there is offered",
    ),
    "settings": (
        "settings of webs, lists and views",
        "the target knows no such settings",
    ),
    "addresses": (
        "addresses in values of items",
        "they name the saved site, and what people have written is not changed",
    ),
    "templates": (
        "webs that are no team sites",
        "they are made as team sites: lists, pages and features follow, the template's ways do not",
    ),
    "servers own": ("lists that are the server's own", "nobody writes into them"),
    "workflows": (
        "workflows, alerts, personal views, sharing links, likes, comments (on approvals, too)",
        "they are not kept, or cannot be made anew for somebody else",
    ),
}


@dataclass(slots=True)
class Losses:
    """Counts what will be lost, row by row.

    Attributes:
        abilities: What the target can do.
        types: Ids of the content types that it has.
        takes_bags: Property bags can be changed there.
        counts: How often, by class.
        bytes: What the files hold, older versions with them.
        points_back: Says of a text whether it names the saved site, and should name the target.
        most_versions: Of each list, how many versions of one item were kept at most.
        older_versions: Of each list, how many older versions of all its items.
        terms: How many values hold terms, by all of those in one.
        set_of: Gives the set of the target by a saved list's id and a column's name.
        people: How many values name somebody, by login; with the saved words for them.
    """

    abilities: Abilities
    types: frozenset[str] = frozenset()
    takes_bags: bool = True
    counts: Counter[str] = field(default_factory=Counter)
    terms: Counter[frozenset[Used]] = field(default_factory=Counter)
    people: dict[str, tuple[Mapping[str, Json], int]] = field(default_factory=dict)
    points_back: Callable[[str], bool] = lambda _: False
    set_of: Callable[[str, str], str] = lambda *_: ""
    bytes: int = 0
    most_versions: dict[str, int] = field(default_factory=dict)
    older_versions: Counter[str] = field(default_factory=Counter)

    def count(self, selection: Selection) -> None:
        """Look at every row of a selection."""
        for folder in selection.folders:
            is_list = folder.kind in LISTS
            for item in selection.rows(folder.id):
                if folder.kind == FILES:
                    self.counts.update(self._of_web_file(item))
                    self.bytes += item.size
                if is_list:
                    self.counts.update(self._of_item(item))
                elif folder.path[-1:] == (STRUCTURE_OF_WEB,) or item.kind == "list":
                    self.counts.update(self._of_structure(item))
                if is_list:
                    self.bytes += item.size + sum(_sizes(item))
                    self._meet(item, folder.id)
                    most = self.most_versions.get(folder.id, 1)
                    self.most_versions[folder.id] = max(most, len(_labels(item)))
                    self.older_versions[folder.id] += max(0, len(_labels(item)) - 1)
            if is_servers_own(folder):
                self.counts["servers own"] += 1
        if selection.is_narrowed:
            self._leave(_OF_VALUES if selection.fields else _OF_VERSIONS)
        if self.counts["web"]:
            self.counts["workflows"] = self.counts["administrators"] = 1

    def told(self, unknown: Mapping[str, int], *, web_parts_shut: str = "") -> list[Loss]:
        """Name the losses.

        Args:
            unknown: People who are not known in the target: values that name them, by login.
            web_parts_shut: Why web parts cannot be put onto pages; empty: they can.
        """
        found = [
            Loss(what=f"{_WHY[name][0]} ({count:,})", why=f"{_WHY[name][1]}.", count=count)
            for name, count in sorted(self.counts.items())
            if name in _WHY and count
        ]
        if web_parts_shut:
            count = self.counts["web parts"]
            found.append(
                Loss(
                    what=f"web parts of classic pages ({count:,})", why=web_parts_shut, count=count
                )
            )
        found.extend(
            Loss(
                what=f"{login} ({count:,})",
                why="not known in the target, so these values stay empty or are ours;"
                " a file of people may say who they are there.",
                count=count,
            )
            for login, count in sorted(unknown.items())
        )
        return found

    def _leave(self, names: frozenset[str]) -> None:
        """Forget what is not lost where less than whole items is wanted."""
        for name in self.counts.keys() - names:
            del self.counts[name]

    def _of_item(self, item: Item) -> Iterator[str]:
        yield "numbers"
        fields = kept.fields_of(item)
        if item.state.get("checked_out_by"):
            yield "checked out"
        yield from self._of_versions(item)
        if any(map(self.points_back, _texts(item))):
            yield "addresses"
        path = kept.path_of(item)
        has_odd_name = any(sign in part for part in path for sign in "%#")
        if item.kind != kept.KIND_ITEM and has_odd_name and not self.abilities.has_decoded_paths:
            yield "names"
        is_row = item.kind == kept.KIND_ITEM
        if is_row and kept.moderation_of(item):
            yield "unapproved"
        if is_row and len(path) > 1 and not self.abilities.has_decoded_paths:
            yield "item folders"
        if _is_modern(item) and not self.abilities.has_pages:
            yield "pages"
        if item.kind == kept.KIND_PAGE and item.state.get("web_parts"):
            yield "web parts"
        if item.size > _LARGE_WITHOUT_PIECES and not self.abilities.has_chunks:
            yield "large"
        for name, columns in (
            ("retention", _RETENTION),
            ("sensitivity", _SENSITIVITY),
            ("records", _RECORD),
        ):
            if any(fields.get(column) for column in columns):
                yield name

    def _of_web_file(self, item: Item) -> Iterator[str]:
        yield "web files"
        if item.state.get("web_parts"):
            yield "web parts"

    def _of_versions(self, item: Item) -> Iterator[str]:
        versions = kept.versions_of(item, None)
        first = versions[0].label if versions else str(item.state.get("version") or "")
        if first not in _FIRST_LABELS:
            yield "version numbers"
        told = item.state.get("versions")
        for one in told if isinstance(told, list | tuple) else ():
            if isinstance(one, Mapping) and one.get("values") is False:
                yield "versions without values"

    def _of_structure(self, item: Item) -> Iterator[str]:
        match item.kind:
            case "web":
                yield "web"
                yield "made"
                if not self.takes_bags:
                    yield "bags"
                if not self.abilities.has_regional:
                    yield "regional"
            case "list":
                yield "made"
                if not self.takes_bags:
                    yield "bags"
            case "recycle-bin":
                yield "recycled"
            case "content-type":
                yield from self._of_type(item.id.rpartition("/")[2])

    def _of_type(self, id_: str) -> Iterator[str]:
        if not self.abilities.has_type_ids and id_ not in self.types:
            yield "types"

    def _meet(self, item: Item, list_id: str) -> None:
        """Note who is named in an item's values, and which terms."""
        for name, value in kept.fields_of(item).items():
            if terms := frozenset(self._terms_in(value, list_id, name)):
                self.terms[terms] += 1
            for person in value if isinstance(value, list | tuple) else (value,):
                if isinstance(person, Mapping) and "login" in person:
                    login = str(person.get("login") or person.get("title") or "")
                    if login:
                        known, count = self.people.get(login, (person, 0))
                        self.people[login] = (known, count + 1)

    def _terms_in(self, value: Json, list_id: str, name: str) -> Iterator[Used]:
        """Give the terms that a value holds."""
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Mapping) and one.get("guid"):
                guid, label = str(one["guid"]).lower(), str(one.get("label") or "")
                yield Used(self.set_of(list_id, name), guid, label)


def _labels(item: Item) -> list[str]:
    return [one.label for one in kept.versions_of(item, None)]


def _is_modern(item: Item) -> bool:
    """Say whether a page is one of those that a canvas shows; wikis are older."""
    type_id = str(item.facts.get("content_type") or "").upper()
    return item.kind == kept.KIND_PAGE and type_id.startswith(_SITE_PAGE)


def _texts(item: Item) -> Iterator[str]:
    """Give what people have written into an item; what a page shows is pointed elsewhere."""
    for name, value in kept.fields_of(item).items():
        if item.kind == kept.KIND_PAGE and name in SHOWN:
            continue
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping) and isinstance(value.get("url"), str):
            yield str(value["url"])


def _sizes(item: Item) -> Iterator[int]:
    for one in kept.versions_of(item, None):
        if not one.is_current:
            yield one.size
