"""All folders of a mailbox as they stand, twenty questions in one request.

Graph lists folders below one folder at a time. Which of them have any below is known from the last
run, or from the list of changes, so the whole tree usually takes one or two requests.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from strongroom.errors import StrongroomError
from strongroom.sources.exchange_onprem.folders import KnownFolder
from strongroom.wire.graph.mailbox import properties
from strongroom.wire.graph.mailbox.folders import MailboxFolder, read_below
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.properties import Property
from strongroom.words.json import Json
from strongroom.words.resource import ResourceKind

COMMIT_TIME = Property("SystemTime", 0x670A)
DELETED = Property("Integer", 0x670B)
CONTENT = Property("Integer", 0x3602)
UNREAD = Property("Integer", 0x3603)
ASSOCIATED = Property("Integer", 0x3617)
_HIDDEN = Property("Boolean", 0x10F4)
_FOLDER_TYPE = Property("Integer", 0x3601)
_POLICY_TAG = Property("Binary", 0x3019)
_RETENTION_DAYS = Property("Integer", 0x301A)
_ARCHIVE_TAG = Property("Binary", 0x3018)
_SEARCH = 2

ASKED = (
    COMMIT_TIME,
    DELETED,
    CONTENT,
    UNREAD,
    ASSOCIATED,
    _HIDDEN,
    _FOLDER_TYPE,
    _POLICY_TAG,
    _RETENTION_DAYS,
    _ARCHIVE_TAG,
)

TOP = ""
"""Stands for the root that people see, which some mailboxes do not know by name."""

ROOTS = {ResourceKind.MAILBOX: "msgfolderroot", ResourceKind.RECOVERABLE: "recoverableitemsroot"}
"""By which name a resource's root is read; an archive's has none."""


class Tree:
    """Folders as they were read at one time.

    Attributes:
        root_id: The root's id; empty if nothing told it.
        folders: By id, the root included if it could be read.
        refused: Folders whose own list was refused, with Graph's no.
    """

    def __init__(self) -> None:
        self.root_id = ""
        self.folders: dict[str, MailboxFolder] = {}
        self.refused: dict[str, StrongroomError] = {}


def read_tree(line: MailboxLine, kind: ResourceKind, parents: Collection[str] = ()) -> Tree:
    """Read all folders with what tells how they stand.

    Args:
        line: The mailbox's.
        kind: Where the tree begins.
        parents: Ids of folders that had others below them when last seen.

    Raises:
        StrongroomError: even the folders at the top are refused.
    """
    tree = Tree()
    name = ROOTS.get(kind)
    top = TOP if kind is not ResourceKind.RECOVERABLE else ROOTS[kind]
    asked: set[str] = set()
    waiting: list[str] = [top, *(one for one in parents if one)]
    singles = [name] if name else []
    while waiting:
        asked.update(waiting)
        answers = read_below(line, singles, waiting, ASKED)
        _take(tree, answers, singles, top)
        singles = []
        waiting = [
            one.id
            for one in tree.folders.values()
            if one.child_count != 0 and one.id not in asked and one.id != tree.root_id
        ]
    return tree


def _take(
    tree: Tree,
    answers: Sequence[tuple[str, list[MailboxFolder] | StrongroomError]],
    singles: Sequence[str],
    top: str,
) -> None:
    for number, (asked, found) in enumerate(answers):
        is_single = number < len(singles)
        if isinstance(found, StrongroomError):
            if asked == top and not is_single:
                raise found
            tree.refused[asked] = found
            continue
        tree.folders.update((one.id, one) for one in found)
        if is_single:
            tree.root_id = found[0].id
        elif asked == top and found and not tree.root_id:
            tree.root_id = found[0].parent_id


def known(folder: MailboxFolder) -> KnownFolder:
    """Read a folder as it is kept between runs."""
    return KnownFolder(
        id=folder.id,
        parent_id=folder.parent_id,
        name=folder.name,
        kind=folder.type,
        role=folder.well_known or None,
        is_search=properties.whole(folder.values, _FOLDER_TYPE) == _SEARCH,
        facts=_facts(folder),
    )


def _facts(folder: MailboxFolder) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    if properties.flag(folder.values, _HIDDEN):
        facts["hidden"] = True
    if retention := _retention(folder):
        facts["retention"] = retention
    return facts


def _retention(folder: MailboxFolder) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, asked in (("policy_tag", _POLICY_TAG), ("archive_tag", _ARCHIVE_TAG)):
        if tag := properties.binary(folder.values, asked):
            found[name] = tag.hex()
    if days := properties.whole(folder.values, _RETENTION_DAYS):
        found["days"] = days
    return found
