"""The webs and lists of a site, listed whole or only where something happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from strongroom.sources.sharepoint.reading.places import (
    FILES,
    STRUCTURE,
    WEB,
    ListPlace,
    WebPlace,
    list_folders,
    list_place,
    web_folders,
    web_place,
)
from strongroom.wire.sharepoint import lists, webs
from strongroom.wire.sharepoint.each import No, ask_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, number, row_of, rows_of, text, within
from strongroom.words.item import Folder

WEBS_MAX = 100_000
_LIBRARY = 1
_APP = "APP"


@dataclass(slots=True)
class SiteTree:
    """All places of a site.

    Attributes:
        top: The web at the top of what is kept.
        webs: By GUID, parents before children.
        lists: By GUID, in the order of their webs.
        shut: Why some webs cannot be looked into, by GUID.
    """

    top: WebPlace
    webs: dict[str, WebPlace] = field(default_factory=dict)
    lists: dict[str, ListPlace] = field(default_factory=dict)
    shut: dict[str, str] = field(default_factory=dict)

    def folders(self) -> tuple[Folder, ...]:
        """Give them as the model has them, parents before children."""
        by_web: dict[str, list[Folder]] = {}
        for one in self.lists.values():
            by_web.setdefault(one.web.id, []).extend(list_folders(one, self.top.url))
        found: list[Folder] = []
        for web in self.webs.values():
            found += [*web_folders(web, self.top.url), *by_web.get(web.id, ())]
        return tuple(found)


def tree_of(folders: Sequence[Folder]) -> SiteTree | None:
    """Read the places out of folders that are kept; None: the top is not among them."""
    kept = [web_place(one) for one in folders if one.kind == WEB]
    top = next((one for one in kept if one.is_root), None)
    if top is None:
        return None
    tree = SiteTree(top, {one.id: one for one in kept})
    for folder in folders:
        web = tree.webs.get(str(folder.facts.get("web", "")))
        if folder.kind not in {WEB, STRUCTURE, FILES} and web is not None:
            tree.lists[folder.id] = list_place(folder, web)
    return tree


def read_tree(rest: RestConnection, top_url: str, known: SiteTree | None) -> SiteTree:
    """List all webs and lists of a site.

    Args:
        rest: The connection.
        top_url: Path of the web at the top.
        known: As it was told before: what cannot be looked into now must not pass for gone.

    Raises:
        SiteDenied, SiteRefused: the top cannot be looked into.
    """
    answers = ask_each(rest, top_url, [webs.place(top_url), *_below(top_url)])
    top = _web(row_of(_yes(answers[0])), is_root=True)
    tree = SiteTree(top, {top.id: top})
    waiting = _told(tree, top, answers[1:], known)
    while waiting:
        web = waiting.pop(0)
        answers = ask_each(rest, web.url, _below(web.url))
        if _is_gone(answers[0]):
            continue
        tree.webs[web.id] = web
        waiting[:0] = _told(tree, web, answers, known)
        if len(tree.webs) > WEBS_MAX:
            break
    return tree


def read_lists_anew(rest: RestConnection, tree: SiteTree, web_ids: Iterable[str]) -> None:
    """List those webs' lists again."""
    for web_id in web_ids:
        web = tree.webs.get(web_id)
        if web is None:
            continue
        (answer,) = ask_each(rest, web.url, [lists.lists(web.url)])
        if not _is_gone(answer):
            _take_lists(tree, web, answer, tree)


def _below(url: str) -> list[Question]:
    return [lists.lists(url), webs.places_below(url)]


def _is_gone(answer: Answer | No) -> bool:
    """Say whether a web went while it was listed; its site's log tells of it as well."""
    return isinstance(answer, SiteRefused) and answer.status == 404


def _told(
    tree: SiteTree, web: WebPlace, answers: Sequence[Answer | No], known: SiteTree | None
) -> list[WebPlace]:
    """Take in the lists of a web, and give the webs below it."""
    _take_lists(tree, web, answers[0], known)
    below = answers[1]
    if isinstance(below, Answer):
        return list(_webs(rows_of(below), tree))
    tree.shut[web.id] = str(below)
    inside = f"{web.url.rstrip('/')}/".casefold()
    kept = known.webs.values() if known else ()
    # Directly below: those further down are found when these are looked into.
    return [
        one
        for one in kept
        if one.url.casefold().startswith(inside) and "/" not in one.url[len(inside) :]
    ]


def _webs(rows: Iterable[Row], tree: SiteTree) -> Iterator[WebPlace]:
    for row in rows:
        web = _web(row)
        # An add-in's own web is on a host of its own, and belongs to the add-in.
        if web.id and web.id not in tree.webs and text(row, "WebTemplate") != _APP:
            yield web


def _take_lists(tree: SiteTree, web: WebPlace, answer: Answer | No, known: SiteTree | None) -> None:
    tree.shut.pop(web.id, None)
    if not isinstance(answer, Answer):
        if web.is_root:
            raise answer
        tree.shut[web.id] = str(answer)
        kept = known.lists if known else {}
        tree.lists.update({id_: one for id_, one in kept.items() if one.web.id == web.id})
        return
    found = [_list(row, web) for row in rows_of(answer)]
    now = {one.id: one for one in sorted(found, key=lambda one: one.url) if one.id}
    for id_ in [one.id for one in tree.lists.values() if one.web.id == web.id]:
        del tree.lists[id_]
    tree.lists.update(now)


def _web(row: Row, *, is_root: bool = False) -> WebPlace:
    return WebPlace(
        id=guid(row, "Id"),
        url=text(row, "ServerRelativeUrl"),
        title=text(row, "Title"),
        created=text(row, "Created"),
        template=f"{text(row, 'WebTemplate')}#{number(row, 'Configuration')}",
        is_root=is_root,
    )


def _list(row: Row, web: WebPlace) -> ListPlace:
    return ListPlace(
        id=guid(row, "Id"),
        web=web,
        url=text(within(row, "RootFolder"), "ServerRelativeUrl"),
        title=text(row, "Title"),
        base_template=number(row, "BaseTemplate"),
        is_library=number(row, "BaseType") == _LIBRARY,
        created=text(row, "Created"),
        has_versions=row.get("EnableVersioning") is True,
        has_drafts=row.get("EnableMinorVersions") is True,
        has_attachments=row.get("EnableAttachments") is True,
        is_external=row.get("HasExternalDataSource") is True,
    )


def _yes(answer: Answer | No) -> Answer:
    if not isinstance(answer, Answer):
        raise answer
    return answer
