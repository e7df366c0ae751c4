"""How the target stands: its webs, lists, columns and content types, as far as a writer must know.

Read once and remembered; whoever changes something says so (``forget``). Safe in many threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from strongroom.sources.sharepoint.writing.abilities import Abilities, abilities_of
from strongroom.sources.sharepoint.writing.columns import Column, column_of
from strongroom.sources.sharepoint.writing.locales import Regional, regional_of
from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.content_types import content_types_api
from strongroom.wire.sharepoint.writing.fields import fields_api
from strongroom.wire.sharepoint.writing.lists import SETTINGS
from strongroom.wire.sharepoint.writing.request import Paths, list_api
from strongroom.words.json import Json

Document = dict[str, Any]

LIBRARY = 1
"""``BaseType`` of what holds files."""
_LIST = (
    "$select=*,Id,Title,BaseTemplate,BaseType,ListItemEntityTypeFullName,ItemCount,"
    "RootFolder/ServerRelativeUrl&$expand=RootFolder"
)
_COLUMNS = "$select=*,SchemaXml"
_TYPES = "$select=*,StringId,FieldLinks&$expand=FieldLinks"
_ON_ASKING = frozenset({"OnQuickLaunch", "ValidationFormula", "ValidationMessage"})
"""Settings of lists that every server has, and tells only to whoever asks for them by name."""
_OF_GUID = 2 + 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWeb:
    """A web.

    Attributes:
        id: GUID.
        path: Path on the server.
        regional: How it writes what people type, dates by its own clock.
        regional_utc: The same, for requests that say that dates are in UTC; on a farm as above.
    """

    id: str
    path: str
    regional: Regional
    regional_utc: Regional


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetList:
    """A list or library.

    Attributes:
        id: GUID.
        web: Path of its web.
        root: Path of its root folder on the server.
        title: For people.
        base_template, base_type: What it was made from, and of which sort that is.
        entity_type: What its items are called in requests.
        settings: Those that can be written back.
        columns: By internal name.
        content_types: Ids by name.
    """

    id: str
    web: str
    root: str
    title: str
    base_template: int
    base_type: int
    entity_type: str
    settings: Mapping[str, Json]
    columns: Mapping[str, Column] = field(default_factory=dict)
    content_types: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_library(self) -> bool:
        """Whether it holds files."""
        return self.base_type == LIBRARY

    def content_type(self, saved_id: str) -> str:
        """Give the list's own content type that a saved one is; empty where it has none.

        A list has its own below each of the web's, and its id differs from list to list.
        """
        known = set(self.content_types.values())
        if saved_id in known:
            return saved_id
        above = content_type_above(saved_id)
        return next((one for one in sorted(known) if content_type_above(one) == above), "")


class Standing:
    """What is known of the target.

    Args:
        rest: The connection.
        root: Path of the collection's root web on the server.
        is_online: It is Microsoft's.

    Attributes:
        rest, root, is_online: See above.
    """

    def __init__(self, rest: RestConnection, root: str, *, is_online: bool) -> None:
        self.rest = rest
        self.root = root
        self.is_online = is_online
        self._lock = threading.RLock()
        self._webs: dict[str, TargetWeb] = {}
        self._lists: dict[str, TargetList] = {}
        self._fields: dict[tuple[str, str], list[Document]] = {}
        self._types: dict[tuple[str, str], list[Document]] = {}
        self._settings: dict[str, frozenset[str]] = {}
        self._abilities: Abilities | None = None

    @property
    def abilities(self) -> Abilities:
        """What the server can do; asks it something if nothing was asked yet."""
        with self._lock:
            if self._abilities is None:
                if not self.rest.facts.version and not self.is_online:
                    self.web(self.root)
                self._abilities = abilities_of(self.rest.facts.version, is_online=self.is_online)
            return self._abilities

    def paths(self, web: str) -> Paths:
        """Say how files and folders of a web are named to the server."""
        return Paths(web=web, is_decoded=self.abilities.has_decoded_paths)

    def address(self, path: str) -> str:
        """Give the whole address of a path on the server."""
        return f"{Origin.of(self.rest.transport.url)}{path}"

    def web(self, path: str) -> TargetWeb:
        """Look at a web.

        Raises:
            SiteRefused: there is none.
        """
        with self._lock:
            if path not in self._webs:
                self._webs[path] = self._read_web(path)
            return self._webs[path]

    def find_web(self, path: str) -> TargetWeb | None:
        """Look at a web that may not be there."""
        try:
            found = self.web(path)
        except SiteRefused as error:
            if error.status == 404:
                return None
            raise
        # Some servers answer for the web above where there is none below it.
        return found if found.path.casefold() == path.casefold() else None

    def list_by_id(self, web: str, list_id: str) -> TargetList:
        """Look at a list, with its columns and content types.

        Raises:
            SiteRefused: there is none.
        """
        with self._lock:
            if list_id not in self._lists:
                told = self.rest.get(f"{list_api(web, list_id)}?{_LIST}", Document)
                self._lists[list_id] = self._with_columns(web, told)
            return self._lists[list_id]

    def find_list(self, web: str, root: str, title: str = "") -> TargetList | None:
        """Find the list whose root folder is there; else, where one is given, by its title."""
        with self._lock:
            lists = [*self.lists(web)]
            for told in lists:
                if root_of(told).casefold() == root.casefold():
                    return self.list_by_id(web, str(told["Id"]).lower())
            for told in lists:
                if title and told.get("Title") == title:
                    return self.list_by_id(web, str(told["Id"]).lower())
            return None

    def lists(self, web: str) -> Iterator[Document]:
        """Name all lists of a web, as it tells them."""
        for page in self.rest.rows(f"{api(web)}/web/lists?{_LIST}", Document):
            yield from page

    def settings_of(self, kind: str) -> frozenset[str]:
        """Name what a web, a list or a view of this server has for settings."""
        with self._lock:
            if kind not in self._settings:
                self._settings[kind] = _ON_ASKING | frozenset(self._example(kind))
            return self._settings[kind]

    def _example(self, kind: str) -> Document:
        if kind == "web":
            return self.rest.get(f"{api(self.root)}/web", Document)
        first: Document = next(self.lists(self.root), {})
        if kind == "list" or not first:
            return first
        views = self.rest.rows(f"{list_api(self.root, str(first['Id']))}/views", Document)
        return next((one for page in views for one in page), {})

    def fields(self, web: str, list_id: str = "") -> list[Document]:
        """Give all columns of a list, or of a web, as they are told."""
        with self._lock:
            key = (web, list_id)
            if key not in self._fields:
                target = f"{fields_api(web, list_id)}?{_COLUMNS}"
                self._fields[key] = [
                    one for page in self.rest.rows(target, Document) for one in page
                ]
            return self._fields[key]

    def types(self, web: str, list_id: str = "") -> list[Document]:
        """Give all content types of a list, or of a web, as they are told."""
        with self._lock:
            key = (web, list_id)
            if key not in self._types:
                target = f"{content_types_api(web, list_id)}?{_TYPES}"
                self._types[key] = [
                    one for page in self.rest.rows(target, Document) for one in page
                ]
            return self._types[key]

    def forget_columns(self, web: str, list_id: str = "") -> None:
        """Look at the columns of a list, or of a web, anew the next time."""
        with self._lock:
            self._fields.pop((web, list_id), None)
            self._lists.pop(list_id, None)

    def forget_types(self, web: str, list_id: str = "") -> None:
        """Look at the content types of a list, or of a web, anew the next time."""
        with self._lock:
            self._types.pop((web, list_id), None)
            self._lists.pop(list_id, None)

    def forget(self, list_id: str) -> None:
        """Look at the settings of a list anew the next time."""
        with self._lock:
            self._lists.pop(list_id, None)

    def forget_all(self) -> None:
        """Look at everything anew: it is not known what a write came to."""
        with self._lock:
            for known in (self._webs, self._lists, self._fields, self._types):
                known.clear()

    def forget_web(self, path: str) -> None:
        """Look at a web anew the next time."""
        with self._lock:
            self._webs.pop(path, None)

    def _read_web(self, path: str) -> TargetWeb:
        told = self.rest.get(f"{api(path)}/web?$select=Id,ServerRelativeUrl,Language", Document)
        regional = self.rest.get(f"{api(path)}/web/regionalsettings?$expand=TimeZone", Document)
        return TargetWeb(
            id=str(told.get("Id", "")).lower(),
            path=str(told.get("ServerRelativeUrl") or path),
            regional=_regional(regional, is_utc_taken=False),
            regional_utc=_regional(regional, is_utc_taken=self.is_online),
        )

    def _with_columns(self, web: str, told: Document) -> TargetList:
        list_id = str(told["Id"]).lower()
        columns = [_own(column_of(one), list_id, web) for one in self.fields(web, list_id)]
        types = self.types(web, list_id)
        return TargetList(
            id=list_id,
            web=web,
            root=root_of(told),
            title=str(told.get("Title", "")),
            base_template=int(told.get("BaseTemplate") or 100),
            base_type=int(told.get("BaseType") or 0),
            entity_type=str(told.get("ListItemEntityTypeFullName") or "SP.ListItem"),
            settings={name: told[name] for name in SETTINGS if name in told},
            columns={one.name: one for one in columns},
            content_types={str(one.get("Name")): type_id(one) for one in types},
        )


def content_type_above(id_: str) -> str:
    """Give the id of the content type that one is derived from.

    An id is that of the one above with either two digits more, or ``00`` and a GUID.
    """
    if len(id_) > _OF_GUID and id_[-_OF_GUID:].startswith("00"):
        return id_[:-_OF_GUID]
    return id_[:-2]


def _own(column: Column, list_id: str, web: str) -> Column:
    """Say outright which list a column looks into that looks into its own, and where it is."""
    into = list_id if column.looks_into == "self" else column.looks_into
    return replace(column, looks_into=into, web=web)


def type_id(told: Mapping[str, Any]) -> str:
    """Give the id of a content type, as a text."""
    found = told.get("StringId")
    inner = told.get("Id")
    if not found and isinstance(inner, Mapping):
        found = inner.get("StringValue")
    return str(found or "")


def root_of(told: Mapping[str, Any]) -> str:
    """Give the path of a list's root folder, as the list tells it."""
    folder = told.get("RootFolder")
    root = folder.get("ServerRelativeUrl") if isinstance(folder, Mapping) else None
    return str(root or "")


def _regional(told: Mapping[str, Any], *, is_utc_taken: bool) -> Regional:
    zone = told.get("TimeZone")
    zone = zone if isinstance(zone, Mapping) else {}
    information = zone.get("Information")
    bias = information.get("Bias") if isinstance(information, Mapping) else 0
    return regional_of(
        int(told.get("LocaleId") or 1033),
        int(zone.get("Id") or 0),
        bias_minutes=int(bias or 0),
        is_24_hours=bool(told.get("Time24")),
        calendar=int(told.get("CalendarType") or 1),
        is_utc_taken=is_utc_taken,
    )
