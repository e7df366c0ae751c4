"""``delta``: what came, changed and went, in a folder or in the tree, page by page.

What leaves a folder is told as removed, whether it was deleted or moved. What changes while a
client is paging may be told twice. ``Prefer`` counts for the request it comes with alone.

Source:
    https://learn.microsoft.com/graph/api/mailboxitem-delta
    https://learn.microsoft.com/graph/api/mailboxfolder-delta
    https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from strongroom.lab.estate.folder import TYPE_SEARCH, Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import FolderEvent, Mailbox
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.mailbox import ids, options, tokens
from strongroom.lab.graph.mailbox.errors import bad_option, invalid, no_room_for_history
from strongroom.lab.graph.mailbox.filters import received_since
from strongroom.lab.graph.mailbox.options import Options
from strongroom.lab.graph.mailbox.paging import page_size
from strongroom.lab.graph.mailbox.places import Reached
from strongroom.lab.graph.mailbox.reaching import (
    READ_FOLDERS,
    READ_ITEMS,
    folder_named,
    reach,
    top_of,
)
from strongroom.lab.graph.mailbox.shapes import (
    FOLDER_TYPE,
    ITEM_TYPE,
    FolderView,
    ItemView,
    Row,
    shown,
)
from strongroom.lab.graph.mailbox.tokens import Token

_SKIP, _DELTA = "$skiptoken", "$deltatoken"
_EMPTY_IN_A_ROW = 2
_ITEM_OPTIONS = frozenset({"$select", "$top", "$filter", "$orderby", "$expand"})
_FOLDER_OPTIONS = frozenset({"$select", "$top", "$expand"})


def items_delta(call: Call) -> object:
    """Answer ``items/delta``."""
    reached = reach(call, READ_ITEMS)
    folder = folder_named(call, reached, call.path[1])
    if folder.folder_type == TYPE_SEARCH:
        raise invalid("Search folders cannot be followed.")
    _check_room(call, reached.mailbox)
    about = f"items {folder.mailbox.guid} {folder.counter}"
    token = _token(call, about, reached.mailbox.last_change, _ITEM_OPTIONS)
    if _is_over(token):
        token = _next_round(token, reached.mailbox.last_change)
    wanted = _options(call, token)
    size = wanted.top or page_size(call, call.mail.habits.delta_page)
    if _is_empty_page(call, token):
        return _page(call, "mailboxItem", [], replace(token, empty=token.empty + 1), is_last=False)
    rows, after = _tell_items(call, folder, token, size, wanted)
    rows = _repeated(call, folder, token, wanted) + rows
    return _page(call, "mailboxItem", rows, replace(after, empty=0), is_last=_is_over(after))


def folders_delta(call: Call) -> object:
    """Answer ``folders/delta`` and ``childFolders/delta``: everything below, however deep."""
    reached = reach(call, READ_FOLDERS)
    is_below = len(call.path) > 1
    root = folder_named(call, reached, call.path[1]) if is_below else top_of(reached)
    _check_room(call, reached.mailbox)
    newest = reached.mailbox.last_change
    token = _token(call, f"folders {root.mailbox.guid} {root.counter}", newest, _FOLDER_OPTIONS)
    wanted = _options(call, token)
    size = wanted.top or page_size(call, call.mail.habits.delta_page)
    if _is_empty_page(call, token):
        later = replace(token, empty=token.empty + 1)
        return _page(call, "mailboxFolder", [], later, is_last=False)
    told = list(_folder_changes(call, reached, root, token, wanted))
    rest = [one for one in told if one[0] > token.folders_above]
    rows = [row() for _, row in rest[:size]]
    is_last = len(rest) <= size
    after = replace(token, folders_above=0 if is_last else rest[size - 1][0], empty=0)
    if is_last:
        after = replace(after, low=token.high, high=token.high)
    return _page(call, "mailboxFolder", rows, after, is_last=is_last)


def _check_room(call: Call, mailbox: Mailbox) -> None:
    quota = mailbox.quota_bytes
    is_full = quota is not None and mailbox.bytes_used >= quota
    if is_full and call.mail.habits.full_mailboxes_have_no_delta:
        raise no_room_for_history()


def _token(call: Call, about: str, newest: int, known: frozenset[str]) -> Token:
    by_name = {name.casefold(): value for name, value in call.query.items()}
    generation = call.mail.generation
    for name in (_SKIP, _DELTA):
        if name in by_name:
            token = tokens.read(by_name[name], about=about, generation=generation)
            if name == _DELTA and about.startswith("folders"):
                return replace(token, high=newest, generation=generation)
            return replace(token, generation=generation)
    given = {name: value for name, value in call.query.items() if name.startswith("$")}
    for name in given:
        is_known = name in known and (name != "$expand" or call.mail.habits.expands_in_delta)
        if not is_known:
            raise bad_option(f"Query option '{name}' is not supported by delta queries.")
    return Token(
        about=about,
        generation=generation,
        low=0,
        high=newest,
        removals_below=newest + 1,
        items_below=newest + 1,
        options=given,
    )


def _options(call: Call, token: Token) -> Options:
    order = token.options.get("$orderby", "")
    if order and order.casefold().split() != ["receiveddatetime", "desc"]:
        raise bad_option("The $orderby expression is not supported by delta queries.")
    plain = {
        name: value for name, value in token.options.items() if name not in {"$filter", "$orderby"}
    }
    return options.read(plain, page_max=call.mail.habits.page_max)


def _is_over(token: Token) -> bool:
    return token.removals_below == 0 and token.items_below == 0


def _next_round(token: Token, newest: int) -> Token:
    return replace(
        token,
        low=token.high,
        high=newest,
        removals_below=newest + 1,
        items_below=newest + 1,
        last=0,
    )


def _is_empty_page(call: Call, token: Token) -> bool:
    share = call.mail.habits.empty_pages
    return token.empty < _EMPTY_IN_A_ROW and token.chance(share, "empty")


def _tell_items(
    call: Call, folder: Folder, token: Token, size: int, wanted: Options
) -> tuple[list[Row], Token]:
    """Write one page and say how far the round has come with it."""
    rows: list[Row] = []
    for removal in folder.journal.removals_between(token.low, token.removals_below - 1):
        is_seen = call.mail.habits.hidden_items or not removal.is_associated
        if is_seen and removal.arrived <= token.low:
            if len(rows) == size:
                return rows, token
            rows.append(
                _removed(
                    ids.removed_item_id(folder, removal, is_immutable=call.wants_immutable_ids)
                )
            )
        token = replace(token, removals_below=removal.change)
    token = replace(token, removals_below=0)
    is_wanted = _received(token)
    for item in _items(call, folder, token):
        if is_wanted is not None and not is_wanted(item.received):
            continue
        if len(rows) == size:
            return rows, token
        token = replace(token, items_below=item.arrived, last=item.arrived)
        rows.append({"@odata.type": ITEM_TYPE, **shown(ItemView(call, item), wanted)})
    return rows, replace(token, items_below=0)


def _items(call: Call, folder: Folder, token: Token) -> Iterator[StoredItem]:
    """Give the items of the round that are not told yet, newest arrival first."""
    if token.low == 0:
        candidates = folder.items_arrived_before(token.items_below)
    else:
        arrivals = set(folder.items_arrived_since(token.low))
        arrivals |= folder.journal.arrivals_changed_since(token.low)
        found = (folder.item_arrived_at(number) for number in sorted(arrivals, reverse=True))
        candidates = (item for item in found if item and item.arrived < token.items_below)
    for item in candidates:
        if call.mail.habits.hidden_items or not item.is_associated:
            yield item


def _received(token: Token) -> Callable[[datetime], bool] | None:
    text = token.options.get("$filter", "")
    return received_since(text) if text else None


def _repeated(call: Call, folder: Folder, token: Token, wanted: Options) -> list[Row]:
    item = folder.item_arrived_at(token.last) if token.last else None
    if item is None or not token.chance(call.mail.habits.repeated, "again"):
        return []
    return [{"@odata.type": ITEM_TYPE, **shown(ItemView(call, item), wanted)}]


def _folder_changes(
    call: Call, reached: Reached, root: Folder, token: Token, wanted: Options
) -> Iterator[tuple[int, Callable[[], Row]]]:
    """Give what happened below ``root``, by the numbers of the folders, from low to high."""
    mailbox, known = root.mailbox, token.low
    here = {folder.counter: folder for folder in root.descendants()}
    first: dict[int, FolderEvent] = {}
    for event in mailbox.folder_events:
        if event.change > known:
            first.setdefault(event.counter, event)

    def entry(folder: Folder) -> Callable[[], Row]:
        view = FolderView(call, reached, folder)
        return lambda: {"@odata.type": FOLDER_TYPE, **shown(view, wanted)}

    def removal(event: FolderEvent) -> Callable[[], Row]:
        return lambda: _removed(ids.removed_folder_id(mailbox, event.entry_id))

    for counter in sorted({*here, *first}):
        if counter in here:
            folder = here[counter]
            moved = first.get(counter)
            came = moved is not None and root.counter not in moved.above
            is_shown = call.mail.habits.hidden_folders or not folder.is_hidden
            if is_shown and (came or folder.changed > known):
                yield counter, entry(folder)
        elif first[counter].created <= known and root.counter in first[counter].above:
            yield counter, removal(first[counter])


def _removed(thing_id: str) -> Row:
    return {"id": thing_id, "@removed": {"reason": "deleted"}}


def _page(call: Call, kind: str, rows: list[Row], token: Token, *, is_last: bool) -> Row:
    name, option = ("deltaLink", _DELTA) if is_last else ("nextLink", _SKIP)
    link = f"{call.base}/{call.route}?{quote(option, safe='$')}={token.text()}"
    context = f"{call.base}/$metadata#Collection({kind})"
    return {"@odata.context": context, "value": rows, f"@odata.{name}": link}
