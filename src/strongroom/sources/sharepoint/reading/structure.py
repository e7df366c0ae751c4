"""Reading what describes a web or a list: one request for all of it where the server takes that."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading import definitions
from strongroom.sources.sharepoint.reading.definitions import Definition, item_of
from strongroom.sources.sharepoint.reading.lacking import nothing_of
from strongroom.sources.sharepoint.reading.places import STRUCTURE, ListPlace, WebPlace
from strongroom.sources.sharepoint.reading.rights import Rights
from strongroom.sources.sharepoint.reading.term_sets import TermSets
from strongroom.wire.sharepoint import lists, navigation, permissions, webs
from strongroom.wire.sharepoint.each import No, ask_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, row_of, rows_of, text
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api
from strongroom.words.item import Item
from strongroom.words.json import Json

KEPT_BYTES_MAX = 32 * 1024 * 1024
LISTS_AT_ONCE = 14
"""Seven questions each: as many as one request takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What describes a web or a list.

    Attributes:
        items: One for each definition.
        contents: Their documents, by id.
        fields: All columns as they were told, those that are not kept among them.
    """

    items: tuple[Item, ...]
    contents: dict[str, bytes]
    fields: tuple[Row, ...]


class _Answers:
    """Answers by what was asked; a refusal of what old servers lack is an empty answer.

    Any other raises ``ItemError`` when it is looked at: empty would be another thing.
    """

    def __init__(self, names: Sequence[str], answers: Sequence[Answer | No]) -> None:
        self._by_name = dict(zip(names, answers, strict=True))

    def row(self, name: str) -> Row:
        answer = self._by_name[name]
        if isinstance(answer, Answer):
            return row_of(answer)
        nothing_of(answer)
        return {}

    def rows(self, name: str) -> list[Row]:
        answer = self._by_name[name]
        return rows_of(answer) if isinstance(answer, Answer) else nothing_of(answer)

    def need(self, name: str) -> Answer:
        """Give an answer without which nothing makes sense.

        Raises:
            ItemError: it is not there any more.
        """
        answer = self._by_name[name]
        if isinstance(answer, Answer):
            return answer
        if isinstance(answer, SiteRefused) and answer.status == 404:
            raise ItemError(answer.what, code="gone", why=answer.why)
        raise answer

    def has(self, name: str) -> bool:
        return name in self._by_name

    def is_gone(self, name: str) -> bool:
        answer = self._by_name[name]
        return isinstance(answer, SiteRefused) and answer.status == 404


def read_web(
    rest: RestConnection, web: WebPlace, rights: Rights, sets: TermSets | None = None
) -> Structure:
    """Read what describes a web; of the top one also what belongs to the whole collection.

    Args:
        rest: The connection.
        web: The web.
        rights: What we may see.
        sets: Names the sets of terms that columns have; None: they stay ids.

    Raises:
        ItemError: it is gone, or something of it is not told.
        SiteDenied: something of it is not for us.
    """
    owner = f"{api(web.url)}/web"
    asked: dict[str, Question] = {
        "settings": webs.settings(web.url),
        "more": webs.more_settings(web.url),
        "welcome": webs.welcome_page(web.url),
        "shared": navigation.is_shared(web.url),
        "fields": lists.fields(owner),
        "types": lists.content_types(owner),
        "roles": permissions.role_definitions(web.url),
        navigation.QUICK_LAUNCH: navigation.nodes(web.url, navigation.QUICK_LAUNCH),
        navigation.TOP: navigation.nodes(web.url, navigation.TOP),
        "features": webs.features(web.url),
        "actions": webs.custom_actions(owner),
    }
    if rights.sees_permissions:
        asked["assignments"] = permissions.assignments(owner)
    if web.is_root:
        asked |= {
            "groups": permissions.groups(web.url),
            "site features": webs.site_features(web.url),
            "site actions": webs.custom_actions(f"{api(web.url)}/site"),
        }
    told = _Answers(list(asked), ask_each(rest, web.url, list(asked.values())))
    fields = rows_of(told.need("fields"))
    if sets is not None:
        sets.name(fields)
    return _structure(web.id, web.created, list(_of_web(told, web, fields)), fields)


def _of_web(told: _Answers, web: WebPlace, fields: Sequence[Row]) -> Iterator[Definition]:
    row, more = row_of(told.need("settings")), told.row("more")
    inherits = more.get("HasUniqueRoleAssignments") is False
    beside: dict[str, Json] = {
        "more": definitions.steady(more),
        "welcome_page": text(told.row("welcome"), "WelcomePage"),
        "shares_navigation": told.row("shared").get("UseShared") is True,
    }
    yield definitions.settings("web", row, beside)
    yield from definitions.columns(fields)
    yield from definitions.content_types(told.rows("types"))
    yield from definitions.role_definitions(told.rows("roles"))
    if told.has("assignments"):
        yield definitions.permissions(told.rows("assignments"), inherits=inherits)
    for menu in (navigation.QUICK_LAUNCH, navigation.TOP):
        yield definitions.menu(menu, told.rows(menu))
    yield from definitions.features(told.rows("features"), "web")
    yield from definitions.custom_actions(told.rows("actions"), "web")
    if web.is_root:
        yield from definitions.groups(told.rows("groups"))
        yield from definitions.features(told.rows("site features"), "site")
        yield from definitions.custom_actions(told.rows("site actions"), "site")


def read_lists(
    rest: RestConnection,
    places: Sequence[ListPlace],
    rights: Rights,
    sets: TermSets | None = None,
) -> dict[str, Structure]:
    """Read what describes some lists of one web, in one request where the server takes that.

    Args:
        rest: The connection.
        places: The lists.
        rights: What we may see.
        sets: Names the sets of terms that columns have; None: they stay ids.

    Returns:
        By the list's GUID; a list that is gone is left out, and so is one after the first that is
        not told to the end: it is asked for again when its turn comes.

    Raises:
        ItemError: something of the first one is not told.
        SiteDenied: something of it is not for us.
    """
    asked = [_of_list(one, rights) for one in places]
    questions = [question for one in asked for question in one.values()]
    answers = iter(ask_each(rest, places[0].web.url, questions))
    told_of: dict[ListPlace, tuple[_Answers, list[Row]]] = {}
    for place, names in zip(places, asked, strict=True):
        told = _Answers(list(names), [next(answers) for _ in names])
        if not told.is_gone("settings"):
            told_of[place] = (told, rows_of(told.need("fields")))
    if sets is not None:
        sets.name(row for _, fields in told_of.values() for row in fields)
    found = {}
    for place, (told, fields) in told_of.items():
        try:
            definitions_of = list(_told_of_list(told, fields))
        except ItemError:
            if place is places[0]:
                raise
            continue
        found[place.id] = _structure(place.id, place.created, definitions_of, fields)
    return found


def _of_list(one: ListPlace, rights: Rights) -> dict[str, Question]:
    web, owner = one.web.url, list_api(one.web.url, one.id)
    asked = {
        "settings": lists.settings(web, one.id),
        "folder": lists.root_folder(web, one.id),
        "fields": lists.fields(owner),
        "types": lists.content_types(owner),
        "views": lists.views(web, one.id),
        "actions": webs.custom_actions(owner),
    }
    if rights.sees_permissions:
        asked["assignments"] = permissions.assignments(owner)
    return asked


def _told_of_list(told: _Answers, fields: Sequence[Row]) -> Iterator[Definition]:
    row = row_of(told.need("settings"))
    folder = definitions.steady(told.row("folder"))
    yield definitions.settings("list", row, {"root_folder": folder})
    yield from definitions.columns(fields)
    yield from definitions.content_types(told.rows("types"))
    yield from definitions.views(told.rows("views"))
    inherits = row.get("HasUniqueRoleAssignments") is not True
    if told.has("assignments"):
        yield definitions.permissions(told.rows("assignments"), inherits=inherits)
    yield from definitions.custom_actions(told.rows("actions"), "list")


def _structure(
    owner_id: str, made: str, found: Sequence[Definition], fields: Sequence[Row]
) -> Structure:
    items = {item.id: (item, one) for one in found for item in (item_of(one, owner_id, made),)}
    return Structure(
        items=tuple(item for item, _ in items.values()),
        contents={id_: one.content() for id_, (_, one) in items.items()},
        fields=tuple(fields),
    )


def with_more(found: Structure, more: Sequence[Definition], owner_id: str, made: str) -> Structure:
    """Add definitions to those that describe a web."""
    added = _structure(owner_id, made, more, ())
    return Structure(
        items=(*found.items, *added.items),
        contents={**found.contents, **added.contents},
        fields=found.fields,
    )


class KeptStructures:
    """Documents between telling that they changed and being asked for them. Safe in many threads.

    The oldest are dropped where they get too many; whoever misses them reads them again.
    """

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._known: OrderedDict[str, dict[str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, owner_id: str, contents: dict[str, bytes]) -> None:
        """Keep the documents of a web or a list."""
        with self._lock:
            self._drop(owner_id)
            self._known[owner_id] = contents
            self._bytes += _size(contents)
            while self._bytes > self._bytes_max and len(self._known) > 1:
                self._drop(next(iter(self._known)))

    def get(self, item_id: str) -> bytes | None:
        """Give a document; None: it is not kept any more."""
        with self._lock:
            return self._known.get(item_id.partition("/")[0], {}).get(item_id)

    def _drop(self, owner_id: str) -> None:
        self._bytes -= _size(self._known.pop(owner_id, {}))


def owner_of(item_id: str) -> str | None:
    """Give the web or list that a definition belongs to; None: it is an item of a list."""
    owner, _, rest = item_id.partition("/")
    return None if rest.isdigit() else owner


def is_structure(folder_id: str) -> bool:
    """Say whether a folder holds what describes its web or list."""
    return folder_id.endswith(f"/{STRUCTURE}")


def _size(contents: dict[str, bytes]) -> int:
    return sum(map(len, contents.values()))
