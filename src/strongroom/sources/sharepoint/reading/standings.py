"""How the folders of a site stand: marks out of its log, counts as its lists tell them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from strongroom.sources.sharepoint.reading.log import SiteLog
from strongroom.sources.sharepoint.reading.places import WEB, WebPlace
from strongroom.sources.sharepoint.reading.structure import is_structure
from strongroom.sources.sharepoint.reading.tree import SiteTree
from strongroom.wire.sharepoint import lists
from strongroom.wire.sharepoint.each import ask_each
from strongroom.wire.sharepoint.question import Answer
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import guid, number, rows_of
from strongroom.words.item import Folder, Standing


def read_standings(
    rest: RestConnection, tree: SiteTree, log: SiteLog, folders: Sequence[Folder]
) -> Iterator[tuple[str, Standing]]:
    """Say how some folders stand, one request for each web that they are in.

    Args:
        rest: The connection.
        tree: All places of the site.
        log: Read as far as it goes now.
        folders: Which.
    """
    by_web: dict[str, list[Folder]] = {}
    for folder in folders:
        by_web.setdefault(_web_of(folder), []).append(folder)
    for web_id, some in by_web.items():
        web = tree.webs.get(web_id)
        if web is not None:
            yield from _of_web(rest, tree, log, web, some)


def _of_web(
    rest: RestConnection,
    tree: SiteTree,
    log: SiteLog,
    web: WebPlace,
    folders: Sequence[Folder],
) -> Iterator[tuple[str, Standing]]:
    problem = tree.shut.get(web.id, "")
    counts: Mapping[str, int] = {}
    if not problem:
        (answer,) = ask_each(rest, web.url, [lists.counts(web.url)])
        if isinstance(answer, SiteRefused) and answer.status == 404:
            return
        if isinstance(answer, Answer):
            counts = {guid(row, "Id"): number(row, "ItemCount") for row in rows_of(answer)}
        else:
            problem = str(answer)
    for folder in folders:
        if problem:
            yield folder.id, Standing(count=None, problem=problem)
        elif (count := _count(folder, counts)) != _GONE:
            mark = log.mark(folder.id, web.id)
            # Numbers in the log are given once: no change can hide behind an equal one.
            yield folder.id, Standing(count=count, mark=mark, is_settled=True)


_GONE = -1


def _count(folder: Folder, counts: Mapping[str, int]) -> int | None:
    """Say how many items a folder holds; of what describes a web or list nobody tells a number."""
    if folder.kind == WEB:
        return 0
    owner = folder.id.partition("/")[0]
    if owner == folder.facts.get("web"):
        return None
    count = counts.get(owner, _GONE)
    return None if is_structure(folder.id) and count != _GONE else count


def _web_of(folder: Folder) -> str:
    return folder.id if folder.kind == WEB else str(folder.facts.get("web", ""))
