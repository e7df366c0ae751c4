"""Terms and their sets in the target's term store: by id, else by what they are called.

Another tenant or farm has ids of its own. A set is found there by its name in the group of the same
name, else by a name that one set alone has; that of a site's own group first in the target site's
own. A term is found by its label in the set that the column has there, if one term alone is called
so. What is not found is named as lost; no set and no term is made, least of all for a whole tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.sources.sharepoint.writing.columns import TERMS
from strongroom.sources.sharepoint.writing.outside import LISTS
from strongroom.sources.sharepoint.writing.places import STRUCTURE_OF_LIST
from strongroom.sources.sharepoint.writing.schema_xml import Bound
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.taxonomy import (
    TermSet,
    TermStore,
    folded,
    sets_named,
    term_sets,
    term_store,
    terms_labelled,
    unknown_terms,
)
from strongroom.words.item import Item
from strongroom.words.json import Json
from strongroom.words.restoring import Selection


@dataclass(frozen=True, slots=True)
class Used:
    """One term in a value.

    Attributes:
        set_id: The set that its column has in the target; empty: nobody knows.
        guid: As saved, in small letters.
        label: As saved.
    """

    set_id: str
    guid: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSet:
    """The set of a saved column.

    Attributes:
        id: Its GUID.
        store: That of its store.
        name: Empty: it was not told.
        group: Name of its group.
        is_of_site: That is the site collection's own.
        anchor: GUID of the term that the column takes only those below of; empty: all of the set.
    """

    id: str
    store: str
    name: str = ""
    group: str = ""
    is_of_site: bool = False
    anchor: str = ""

    @property
    def bound(self) -> Bound:
        """It as a column's definition says it."""
        return Bound(self.store, self.id, self.anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What became of sets and terms.

    Attributes:
        store_id: The target's store; empty: it does not say anything.
        sets: By id of a saved set, the one in the target.
        others: Further stores there, whose sets stay as they were saved.
        unknown: GUIDs of terms that the store does not have.
        found: Of those, by set of the target and GUID: the one that is called the same.
    """

    store_id: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    found: Mapping[str, str] = field(default_factory=dict)

    def term(self, set_id: str, guid: str) -> str | None:
        """Give the GUID that a saved term has in the target; None: it is not there."""
        if guid.lower() not in self.unknown:
            return guid or None
        return self.found.get(f"{set_id}/{guid.lower()}")

    def bound(self, saved: Bound) -> Bound | None:
        """Give what a column that had a set has in the target; None: nothing of the kind."""
        there = self.sets.get(saved.set_id)
        if there is None:
            return saved if saved.store_id in self.others or not self.store_id else None
        # A part of a set is told by a term, and that is another one in another set.
        anchor = saved.anchor_id if there == saved.set_id else ""
        return Bound(self.store_id, there, anchor)

    def to_json(self) -> Json:
        """Write it for the restore's journal."""
        return {
            "store": self.store_id,
            "sets": dict(self.sets),
            "others": sorted(self.others),
            "unknown": sorted(self.unknown),
            "found": dict(self.found),
        }

    @classmethod
    def from_json(cls, noted: Json) -> Terms:
        """Read it from there."""
        told = noted if isinstance(noted, Mapping) else {}
        return cls(
            store_id=str(told.get("store") or ""),
            sets=_texts(told.get("sets")),
            others=frozenset(_rows(told.get("others"))),
            unknown=frozenset(_rows(told.get("unknown"))),
            found=_texts(told.get("found")),
        )


class TermStoreThere:
    """The target's term store, looked at before anything is written.

    Args:
        rest: The connection.
        root: Path of the collection's root web.
        saved: The sets of all columns concerned.
    """

    def __init__(self, rest: RestConnection, root: str, saved: Sequence[SavedSet]) -> None:
        self._rest = rest
        self._root = root
        ids = {one.id for one in saved}
        self._store = term_store(rest, root, ids) if ids else None
        self.sets = self._bind(saved, self._store) if self._store else {}

    def terms(self, used: Iterable[Used]) -> Terms:
        """Find terms."""
        used = list(used)
        guids = {one.guid for one in used}
        unknown = unknown_terms(self._rest, self._root, guids) or frozenset()
        wanted = [one for one in used if one.guid in unknown and one.set_id and one.label]
        found = self._called_the_same(wanted, self._store) if self._store else {}
        return Terms(
            store_id=self._store.id if self._store else "",
            sets=self.sets,
            others=self._store.others if self._store else frozenset(),
            unknown=unknown,
            found=found,
        )

    def _called_the_same(self, wanted: Sequence[Used], store: TermStore) -> dict[str, str]:
        """Find terms by their labels, each in the set of its column."""
        others = {one.set_id for one in wanted} - {*self.sets.values()}
        # A column that is there may have a set that is not: one such question fails all of them.
        there = {*self.sets.values(), *(term_sets(self._rest, self._root, others) or {})}
        pairs = {(one.set_id, one.label) for one in wanted if one.set_id in there}
        named = terms_labelled(self._rest, self._root, pairs, store.language)
        return {
            f"{one.set_id}/{one.guid}": same[0]
            for one in wanted
            if len(same := named.get((one.set_id, one.label), ())) == 1
        }

    def _bind(self, saved: Sequence[SavedSet], store: TermStore) -> dict[str, str]:
        missing = [one for one in saved if one.id not in store.sets and one.name]
        names = {one.name for one in missing}
        named = sets_named(self._rest, self._root, names, store.language)
        found = {one.id: one.id for one in saved if one.id in store.sets}
        for one in missing:
            there = chosen(one, named.get(one.name, ()), store.of_site)
            if there is not None:
                found[one.id] = there
        return found


def chosen(saved: SavedSet, named: Sequence[TermSet], of_site: Sequence[TermSet]) -> str | None:
    """Choose the set that a saved one means; None: there is none, or several might be it.

    Args:
        saved: The set.
        named: Those of its name in the target's store.
        of_site: All in the target site's own group.
    """
    own = [one for one in of_site if folded(one.name) == folded(saved.name)]
    # Other sites' own sets are theirs.
    shared = [one for one in named if not one.is_of_site]
    in_group = [one for one in shared if folded(one.group) == folded(saved.group)]
    for some in (own, shared) if saved.is_of_site else (in_group, [*shared, *own]):
        if some:
            return some[0].id if len(some) == 1 else None
    return None


def saved_sets(selection: Selection) -> dict[str, SavedSet]:
    """Give the sets that columns of a selection, or of the lists that it is of, have; by id."""
    found = {}
    structures = {one.id: one for one in (*selection.folders, *selection.around)}
    for folder in structures.values():
        for item in selection.known(folder.id) if folder.kind == "structure" else ():
            if one := _set_of(item):
                found[one.id] = one
    return found


def losses_of_columns(selection: Selection, terms: Terms) -> Iterator[str]:
    """Give the class of loss of each column that will have no set, or more of it than before."""
    for folder in selection.folders if not selection.is_narrowed else ():
        for item in selection.rows(folder.id) if folder.kind == "structure" else ():
            saved = _set_of(item)
            there = terms.bound(saved.bound) if saved else None
            if saved and there is None:
                yield "term sets"
            elif saved and there and saved.anchor and not there.anchor_id:
                yield "parts of term sets"


def sets_of_columns(selection: Selection) -> Iterator[tuple[tuple[str, str], str]]:
    """Give the sets of the columns of lists, by the saved list's id and internal name."""
    by_path = {one.path: one for one in selection.around if one.kind == "structure"}
    for folder in selection.folders:
        structure = by_path.get((*folder.path, STRUCTURE_OF_LIST))
        if folder.kind not in LISTS or structure is None:
            continue
        for item in selection.known(structure.id):
            if one := _set_of(item):
                yield (folder.id, str(item.facts.get("internal_name") or item.name)), one.id


def _set_of(item: Item) -> SavedSet | None:
    told = item.facts.get("term_set")
    if item.kind != "column" or item.facts.get("type") not in TERMS or not _texts(told):
        return None
    said = _texts(told)
    assert isinstance(told, Mapping)
    return SavedSet(
        id=said.get("id", ""),
        store=said.get("store", ""),
        name=said.get("name", ""),
        group=said.get("group", ""),
        anchor=said.get("anchor", ""),
        is_of_site=told.get("is_of_site") is True,
    )


def _texts(told: Json) -> dict[str, str]:
    pairs = told.items() if isinstance(told, Mapping) else ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _rows(told: Json) -> Iterator[str]:
    yield from map(str, told if isinstance(told, list | tuple) else ())
