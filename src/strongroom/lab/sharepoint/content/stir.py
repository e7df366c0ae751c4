"""Changes of every kind in a seeded site, as a day's work leaves them.

for one in stir(seeded, seed=3):
    one.kind, one.list_id, one.item_id

Hold ``collection.lock``. Everything is drawn from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from strongroom.lab.seed import files, prose
from strongroom.lab.sharepoint.content import classic_pages, pages
from strongroom.lab.sharepoint.content.items import APPROVED, ListItem
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import READ
from strongroom.lab.sharepoint.content.seed import Seeded
from strongroom.lab.sharepoint.content.seed_columns import column_xml
from strongroom.lab.sharepoint.content.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Stirred:
    """One change that was made.

    Attributes:
        kind: A name out of ``CHANGES``.
        list_id, item_id: Where; empty and 0 for what is no list's, no item's.
    """

    kind: str
    list_id: str = ""
    item_id: int = 0


class _Hand:
    """Whoever makes the changes; picks every item once."""

    def __init__(self, seeded: Seeded, rng: Random) -> None:
        self.seeded, self.rng = seeded, rng
        self.by = seeded.crew.boss.id
        self._picked: set[tuple[str, int]] = set()

    def row(self, of: SpList) -> ListItem:
        """Pick a row."""
        return self._pick([one for one in of.items.values() if not one.is_folder and not one.file])

    def file(self, of: SpList) -> ListItem:
        """Pick a file that nobody has out."""
        return self._pick([o for o in of.items.values() if o.file and not o.file.check_out])

    def _pick(self, among: list[ListItem]) -> ListItem:
        left = [one for one in among if (one.parent_list.id, one.id) not in self._picked]
        found = self.rng.choice(left)
        self._picked.add((found.parent_list.id, found.id))
        return found


def _told(item: ListItem) -> tuple[str, int]:
    return item.parent_list.id, item.id


def _change_row(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.orders)
    values = {"State": "paid", "Notes": prose.paragraphs(hand.rng, 1)[0]}
    item.parent_list.update_item(item, values, by=hand.by)
    return _told(item)


def _add_row(hand: _Hand) -> tuple[str, int]:
    values = {"Title": prose.subject(hand.rng), "Code": "K-new"}
    return _told(hand.seeded.customers.add_item(values, by=hand.by))


def _recycle_row(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.orders)
    item.parent_list.recycle_item(item, by=hand.by)
    return _told(item)


def _delete_row(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.tasks)
    item.parent_list.delete_item(item, by=hand.by)
    return _told(item)


def _bring_row_back(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.orders)
    entry = item.parent_list.recycle_item(item, by=hand.by)
    item.collection.recycle_bin.restore(entry.id)
    return _told(item)


def _change_silently(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.orders)
    item.parent_list.update_item(item, {"Express": True}, by=hand.by, how=How.SYSTEM)
    return _told(item)


def _attach(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.orders)
    item.parent_list.add_attachment(item, "new.csv", files.csv(hand.rng, 3), by=hand.by)
    return _told(item)


def _give_permissions(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.tasks)
    item.break_inheritance(by=hand.by)
    item.add_assignment(hand.seeded.crew.auditors.id, READ, by=hand.by)
    return _told(item)


def _approve(hand: _Hand) -> tuple[str, int]:
    item = hand.row(hand.seeded.news)
    item.parent_list.set_moderation(item, APPROVED, by=hand.by, comment="At last.")
    return _told(item)


def _add_file(hand: _Hand) -> tuple[str, int]:
    made = hand.seeded.documents.upload("Fresh.csv", files.csv(hand.rng, 4), by=hand.by)
    return _told(made)


def _write_file_anew(hand: _Hand) -> tuple[str, int]:
    item = hand.file(hand.seeded.documents)
    item.parent_list.save_content(item, files.csv(hand.rng, 9), by=hand.by)
    return _told(item)


def _check_out_and_in(hand: _Hand) -> tuple[str, int]:
    item = hand.file(hand.seeded.documents)
    item.parent_list.check_out(item, by=hand.by)
    item.parent_list.save_content(item, files.csv(hand.rng, 2), by=hand.by)
    item.parent_list.check_in(item, by=hand.by, comment="Shorter.")
    return _told(item)


def _rename_file(hand: _Hand) -> tuple[str, int]:
    item = hand.file(hand.seeded.documents)
    item.parent_list.move_item(
        item, by=hand.by, folder=item.parent, name=f"renamed {item.leaf_name}"
    )
    return _told(item)


def _move_file_elsewhere(hand: _Hand) -> tuple[str, int]:
    item = hand.file(hand.seeded.documents)
    assets = hand.seeded.documents.web.list_by_title("Site Assets")
    assert assets is not None
    return _told(item.parent_list.move_to(item, assets, by=hand.by))


def _rename_folder(hand: _Hand) -> tuple[str, int]:
    folders = [one for one in hand.seeded.documents.items.values() if one.is_folder and one.parent]
    folder = hand.rng.choice(folders)
    folder.parent_list.move_item(
        folder, by=hand.by, folder=folder.parent, name=f"{folder.leaf_name} old"
    )
    return _told(folder)


def _write_page_anew(hand: _Hand) -> tuple[str, int]:
    found = hand.seeded.pages.at(("Handbook.aspx",))
    assert found is not None
    content = pages.PageContent(title=prose.subject(hand.rng))
    pages.save_page(found, content, by=hand.by)
    pages.publish_page(found, by=hand.by)
    return _told(found)


def _move_web_part(hand: _Hand) -> tuple[str, int]:
    found = hand.seeded.pages.at(("Board.aspx",))
    assert found is not None
    assert found.file is not None
    classic_pages.move_web_part(
        found, found.file.web_parts[0], by=hand.by, zone_id="Bottom", zone_index=0
    )
    return _told(found)


def _add_column(hand: _Hand) -> tuple[str, int]:
    hand.seeded.products.parse_field(column_xml("Text", "Shelf"), by=hand.by)
    return hand.seeded.products.id, 0


def _add_view(hand: _Hand) -> tuple[str, int]:
    number = hand.seeded.tasks.collection.new_guid()
    view = View(id=number, title="Late", fields=["LinkTitle", "DueDate"])
    hand.seeded.tasks.add_view(view, by=hand.by)
    return hand.seeded.tasks.id, 0


def _change_settings(hand: _Hand) -> tuple[str, int]:
    hand.seeded.news.change_settings(by=hand.by, major_limit=7)
    return hand.seeded.news.id, 0


def _change_navigation(hand: _Hand) -> tuple[str, int]:
    web = hand.seeded.orders.web
    web.add_node("Orders", hand.seeded.orders.default_view.path, by=hand.by)
    return "", 0


def _let_somebody_in(hand: _Hand) -> tuple[str, int]:
    crew = hand.seeded.crew
    hand.seeded.orders.collection.principals.add_member(crew.auditors, crew.users[3])
    return "", 0


CHANGES: dict[str, Callable[[_Hand], tuple[str, int]]] = {
    "row changed": _change_row,
    "row added": _add_row,
    "row recycled": _recycle_row,
    "row deleted": _delete_row,
    "file written anew": _write_file_anew,
    "file added": _add_file,
    "file renamed": _rename_file,
    "file moved to another library": _move_file_elsewhere,
    "folder renamed": _rename_folder,
    "attachment added": _attach,
    "permissions given": _give_permissions,
    "row changed silently": _change_silently,
    "page written anew": _write_page_anew,
    "column added": _add_column,
    "view added": _add_view,
    "row brought back": _bring_row_back,
    "checked out and in": _check_out_and_in,
    "approved": _approve,
    "web part moved": _move_web_part,
    "settings changed": _change_settings,
    "navigation changed": _change_navigation,
    "somebody let in": _let_somebody_in,
}
"""Every kind; the first fifteen are the ones that matter most."""


def stirring(seeded: Seeded, *, seed: int = 1) -> Iterator[Stirred]:
    """Make one change of each kind, one at every step."""
    rng = Random(f"stirred {seed}")  # noqa: S311 - the same for the same seed
    hand = _Hand(seeded, rng)
    for kind, change in CHANGES.items():
        list_id, item_id = change(hand)
        yield Stirred(kind=kind, list_id=list_id, item_id=item_id)


def stir(seeded: Seeded, *, seed: int = 1, count: int = len(CHANGES)) -> list[Stirred]:
    """Make one change of each of the first kinds, and say which."""
    return list(islice(stirring(seeded, seed=seed), count))
