"""How folders stand by Graph, the whole tree in a request or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from strongroom.errors import StrongroomError
from strongroom.sources.exchange_online.reading.tree import (
    ASKED,
    ASSOCIATED,
    COMMIT_TIME,
    CONTENT,
    DELETED,
    UNREAD,
    read_tree,
)
from strongroom.sources.exchange_onprem.standings import SETTLED_AFTER, server_time
from strongroom.wire.graph.mailbox import properties
from strongroom.wire.graph.mailbox.folders import MailboxFolder, get_each
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import Folder, Standing
from strongroom.words.resource import ResourceKind

_GONE = frozenset({"ErrorItemNotFound", "ErrorFolderNotFound"})


def read_standings(
    line: MailboxLine,
    kind: ResourceKind,
    wanted: Sequence[Folder],
    *,
    shows_hidden: bool,
) -> Mapping[str, Standing]:
    """Read how folders stand; those that Graph calls gone are left out.

    Args:
        line: The mailbox's.
        kind: Where the resource begins.
        wanted: Which folders.
        shows_hidden: Lists hold hidden items, so they count.
    """
    root = next((one.id for one in wanted if not one.path), "")
    parents = {str(one.facts.get("parent_id", "")) for one in wanted if len(one.path) > 1}
    try:
        tree = read_tree(line, kind, sorted(parents - {root}))
    except (GraphDenied, GraphRefused) as error:
        # The whole mailbox: moved away, out of scope, without a licence by now.
        problem = Standing(count=None, problem=str(error))
        return {one.id: problem for one in wanted}
    now = server_time(line.heard.date)
    told = {
        one.id: standing(tree.folders[one.id], now, shows_hidden=shows_hidden)
        for one in wanted
        if one.id in tree.folders
    }
    left = [one.id for one in wanted if one.id not in told]
    # What no list has may lie elsewhere by now; only what Graph itself calls gone is gone.
    for folder_id, answer in zip(left, get_each(line, left, ASKED), strict=True):
        if isinstance(answer, MailboxFolder):
            told[folder_id] = standing(answer, now, shows_hidden=shows_hidden)
        elif not _is_gone(answer):
            told[folder_id] = Standing(count=None, problem=str(answer))
    return told


def standing(folder: MailboxFolder, server_now: datetime | None, *, shows_hidden: bool) -> Standing:
    """Read one folder's standing.

    Args:
        folder: As ``ASKED`` asks for it.
        server_now: The time by the server's own clock, since its stamps are by that.
        shows_hidden: Hidden items count.
    """
    values = folder.values
    count = _count(folder, shows_hidden=shows_hidden)
    stamp = properties.time(values, COMMIT_TIME)
    if stamp is None:
        return Standing(count=count)
    parts = [properties.text(values, one) for one in (DELETED, CONTENT, ASSOCIATED, UNREAD)]
    return Standing(
        count=count,
        mark="/".join([properties.text(values, COMMIT_TIME), *parts, str(folder.item_count)]),
        is_settled=server_now is not None and server_now - stamp > SETTLED_AFTER,
    )


def _count(folder: MailboxFolder, *, shows_hidden: bool) -> int | None:
    content = properties.whole(folder.values, CONTENT)
    if content is None:
        content = folder.item_count
    if content is None or not shows_hidden:
        return content
    hidden = properties.whole(folder.values, ASSOCIATED)
    return None if hidden is None else content + hidden


def _is_gone(error: StrongroomError) -> bool:
    return isinstance(error, GraphRefused) and error.code in _GONE
