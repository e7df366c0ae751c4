"""In which order a site goes in: what others need, first.

Pure. Webs, then what is looked up by name (roles, groups), then bare lists, so that lookups have
something to point at; columns by what they need, content types, who may do what; only then items:
folders before what lies in them, lists that others look into before those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.places import (
    FILES_OF_WEB,
    STRUCTURE_OF_LIST,
    STRUCTURE_OF_WEB,
)
from strongroom.sources.sharepoint.writing.structure_columns import SHOWS_LOOKUP, rank_of
from strongroom.words.item import Folder, Item
from strongroom.words.restoring import Phase, Selection

WEB, LISTS = "web", frozenset({"list", "library"})
_RANKS = {
    0: "columns",
    1: "columns that need others",
    2: "lookups",
    SHOWS_LOOKUP: "what lookups show",
}


def phases_of(selection: Selection) -> tuple[Phase, ...]:
    """Order a selection."""
    webs = [one for one in selection.folders if one.kind == WEB]
    lists = [one for one in selection.folders if one.kind in LISTS and not one.is_listed_only]
    of_webs = _ids(_structures(selection.folders, STRUCTURE_OF_WEB))
    of_lists = _ids(_structures(selection.folders, STRUCTURE_OF_LIST))
    in_order = lists_in_order(selection)
    phases = [
        _create("webs", webs),
        _fill("features", of_webs, _of("feature")),
        _fill("roles and groups", of_webs, _of("role-definition", "group")),
        _create("lists", lists),
        *(_fill(f"{name} of webs", of_webs, _ranked(rank)) for rank, name in _RANKS.items()),
        _fill("content types of webs", of_webs, _of("content-type")),
        _fill("lists' settings", of_lists, _of("list")),
        *(_fill(f"{name} of lists", of_lists, _ranked(rank)) for rank, name in _RANKS.items()),
        _fill("content types of lists", of_lists, _of("content-type")),
        _fill("permissions of webs", of_webs, _of("permissions")),
        _fill("permissions of lists", of_lists, _of("permissions")),
        _fill("folders", in_order, _of(kept.KIND_FOLDER)),
        _fill("items", in_order, _not_of(kept.KIND_PAGE)),
        _fill("pages", in_order, _of(kept.KIND_PAGE)),
        _fill("files of webs", _ids(_structures(selection.folders, FILES_OF_WEB)), None),
        _fill("views", of_lists, _of("view")),
        _fill("menus and looks", of_webs, None),
        _fill("the rest of lists", of_lists, None),
    ]
    return tuple(one for one in phases if one.folder_ids)


def lists_in_order(selection: Selection) -> tuple[str, ...]:
    """Order the lists so that those that others look into come first.

    Where two look into each other, the order is as they were saved; such lookups are written in
    the end.
    """
    lists = [one.id for one in selection.folders if one.kind in LISTS and not one.is_listed_only]
    needs = looked_into(selection)
    found: dict[str, None] = {}
    entered: set[str] = set()

    def visit(list_id: str) -> None:
        if list_id in entered:
            return
        entered.add(list_id)
        for needed in sorted(needs.get(list_id, set())):
            visit(needed)
        found[list_id] = None

    for list_id in lists:
        visit(list_id)
    known = set(lists)
    return tuple(one for one in found if one in known)


def looked_into(selection: Selection) -> Mapping[str, set[str]]:
    """Say for each list of a selection which others its lookups look into."""
    lists = {one.id for one in selection.folders if one.kind in LISTS}
    found: dict[str, set[str]] = {}
    for folder in _structures(selection.folders, STRUCTURE_OF_LIST):
        list_id = folder.id.partition("/")[0]
        for item in selection.rows(folder.id):
            into = str(item.facts.get("looks_into") or "")
            if item.kind == "column" and into in lists and into != list_id:
                found.setdefault(list_id, set()).add(into)
    return found


def _structures(folders: Iterable[Folder], name: str) -> list[Folder]:
    return [one for one in folders if one.path and one.path[-1] == name]


def _ids(folders: Iterable[Folder]) -> tuple[str, ...]:
    return tuple(one.id for one in folders)


def _create(name: str, folders: Iterable[Folder]) -> Phase:
    return Phase(name=name, does="create", folder_ids=_ids(folders))


def _fill(name: str, ids: Sequence[str], takes: Callable[[Item], bool] | None) -> Phase:
    return Phase(name=name, does="fill", folder_ids=tuple(ids), takes=takes)


def _of(*kinds: str) -> Callable[[Item], bool]:
    wanted = frozenset(kinds)
    return lambda item: item.kind in wanted


def _not_of(*kinds: str) -> Callable[[Item], bool]:
    unwanted = frozenset(kinds)
    return lambda item: item.kind not in unwanted


def _ranked(rank: int) -> Callable[[Item], bool]:
    return lambda item: item.kind == "column" and rank_of(item) == rank
