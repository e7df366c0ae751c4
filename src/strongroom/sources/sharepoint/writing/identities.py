"""What saved people, groups, lists and items are in the target.

People are known by their login, by a mapping that a person gave, or by their address; groups by
their name; lists and items by what this restore made of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from strongroom.errors import SignInEnded
from strongroom.sources.sharepoint.writing.columns import Column
from strongroom.sources.sharepoint.writing.outside import Outside
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.terms import Terms
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.permissions import ensure_user
from strongroom.wire.sharepoint.writing.request import quoted
from strongroom.words.json import Json
from strongroom.words.restoring import Notes

_LIST_NOTE = "list/"
_TERMS_NOTE = "terms"
_LISTS_NOTE = "lists"
FRESH_MAX = 20_000
"""So many items written last are remembered here: by then the restore itself knows the others."""

ONLINE = "i:0#.f|membership|"
"""How logins of people begin whom Entra ID vouches for."""


def is_group(login: str) -> bool:
    """Say whether a login is that of a group of the site: its name.

    Those of people, and of groups elsewhere, say who vouches for them.
    """
    return not any(sign in login for sign in "|\\@")


class Principals:
    """People and groups of the collection that is written into. Safe in many threads.

    Args:
        rest: The connection.
        web: Path of the collection's root web.
        is_online: It is Microsoft's.
        mapping: Logins in the target by saved logins, for those who left or are called otherwise
            there.
    """

    def __init__(
        self, rest: RestConnection, web: str, mapping: Mapping[str, str], *, is_online: bool
    ) -> None:
        self._rest = rest
        self._web = web
        self._is_online = is_online
        self._mapping = {saved.casefold(): there for saved, there in mapping.items()}
        self._lock = threading.RLock()
        self._known: dict[str, tuple[int, str] | None] = {}
        self._lost: set[str] = set()

    def login(self, saved: Mapping[str, Json]) -> str | None:
        """Give the claims name of a saved person or group; None: not known there."""
        found = self._find(saved)
        return found[1] if found else None

    def id(self, saved: Mapping[str, Json]) -> int | None:
        """Give the id of a saved person or group in the target collection."""
        found = self._find(saved)
        return found[0] if found else None

    def name_lost(self, logins: Iterable[str]) -> None:
        """Hear who was named as lost before anything was written."""
        with self._lock:
            self._lost.update(login.casefold() for login in logins)

    def is_named_lost(self, saved: Mapping[str, Json]) -> bool:
        """Say whether somebody was named as not known in the target beforehand."""
        with self._lock:
            return str(saved.get("login") or saved.get("title") or "").casefold() in self._lost

    def group(self, title: str) -> int | None:
        """Give the id of a group by its name."""
        with self._lock:
            key = f"group {title.casefold()}"
            # One that is not there may be made later, so its absence is not remembered.
            found = self._known.get(key) or self._read_group(title)
            if found is not None:
                self._known[key] = found
            return found[0] if found else None

    def learn_group(self, title: str, group_id: int) -> None:
        """Take in a group that was made."""
        with self._lock:
            self._known[f"group {title.casefold()}"] = (group_id, title)

    def _find(self, saved: Mapping[str, Json]) -> tuple[int, str] | None:
        login, title, email = (str(saved.get(key) or "") for key in ("login", "title", "email"))
        with self._lock:
            mapped = self._mapping.get(login.casefold()) or self._mapping.get(email.casefold())
            if not mapped and is_group(login):
                group_id = self.group(title or login)
                return None if group_id is None else (group_id, title or login)
            key = f"{login or title or email}".casefold()
            if key not in self._known:
                self._known[key] = self._resolve(mapped, login, email)
            return self._known[key]

    def _resolve(self, mapped: str | None, login: str, email: str) -> tuple[int, str] | None:
        """Ask for somebody by what a person said of them, by login, and from elsewhere by address.

        By address only if the login is of another kind of server, where nobody can have it. Here
        one that is not known is of somebody who left, and their address may be another's by now.
        """
        is_from_elsewhere = self._is_online != login.startswith(ONLINE)
        names = (mapped, login, email if is_from_elsewhere else "")
        for name in dict.fromkeys(filter(None, names)):
            found = self._ensure(name)
            if found is not None:
                return found
        return None

    def _ensure(self, login: str) -> tuple[int, str] | None:
        try:
            told = send(self._rest, ensure_user(self._web, login)).read(dict[str, Any])
        except SignInEnded:
            raise
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            return None
        return int(told.get("Id") or 0), str(told.get("LoginName") or login)

    def _read_group(self, title: str) -> tuple[int, str] | None:
        if not title:
            return None
        target = f"{api(self._web)}/web/sitegroups/getbyname({quoted(title)})?$select=Id,LoginName"
        try:
            told = self._rest.get(target, dict[str, Any])
        except SiteRefused:
            return None
        return int(told.get("Id") or 0), str(told.get("LoginName") or title)


class Identities:
    """Lists and items: what became of them. Safe in many threads.

    Args:
        notes: The restore's.
        principals: People and groups.
        outside: Finds what is not restored itself.
        whole: Saved ids of the lists that are restored with all that is in them.
        chosen: Numbers of the items that are restored of other lists, by the list's saved id.
    """

    def __init__(
        self,
        notes: Notes,
        principals: Principals,
        *,
        outside: Outside,
        whole: frozenset[str] = frozenset(),
        chosen: Mapping[str, Collection[int]] | None = None,
    ) -> None:
        self._notes = notes
        self.principals = principals
        self._outside = outside
        self._whole = whole
        self._chosen = chosen or {}
        self._lock = threading.Lock()
        self._saved_of: dict[str, str] | None = None
        self._fresh: OrderedDict[str, int] = OrderedDict()
        self._lost: set[tuple[str, int]] = set()
        self._terms: Terms | None = None

    def learn_list(self, saved_id: str, list_id: str) -> None:
        """Note what list a saved one became."""
        if not saved_id or self.list_of(saved_id, is_noted_only=True) == list_id:
            return
        self._notes.put(f"{_LIST_NOTE}{saved_id}", list_id)
        with self._lock:
            saved_of = self._saved_ids()
            saved_of[list_id] = saved_id
            self._notes.put(_LISTS_NOTE, dict(saved_of))

    def list_of(self, saved_id: str, *, is_noted_only: bool = False) -> str | None:
        """Give the list that a saved one became; None: it is not in the target."""
        noted = self._notes.get(f"{_LIST_NOTE}{saved_id}")
        if isinstance(noted, str):
            return noted
        found = None if is_noted_only else self._outside.list_of(saved_id)
        return found.id if found else None

    def lists(self) -> dict[str, str]:
        """Give all lists that became others, by the saved one's id."""
        with self._lock:
            pairs = {saved: there for there, saved in self._saved_ids().items()}
        return {saved: there for saved, there in pairs.items() if saved != there}

    def learn_item(self, saved_id: str, item_id: int) -> None:
        """Take in what was written a moment ago, before the restore itself knows of it."""
        with self._lock:
            self._fresh[saved_id] = item_id
            if len(self._fresh) > FRESH_MAX:
                self._fresh.popitem(last=False)

    def login(self, saved: Mapping[str, Json]) -> str | None:
        """See ``field_values.Meanings``."""
        return self.principals.login(saved)

    def term(self, column: Column, guid: str) -> str | None:
        """See ``field_values.Meanings``."""
        return self.terms().term(column.term_set, guid)

    def terms(self) -> Terms:
        """Give what became of terms and their sets."""
        with self._lock:
            if self._terms is None:
                self._terms = Terms.from_json(self._notes.get(_TERMS_NOTE))
            return self._terms

    def learn_terms(self, terms: Terms) -> None:
        """Note what became of them, found out before anything is written."""
        with self._lock:
            self._terms = terms
            self._notes.put(_TERMS_NOTE, terms.to_json())

    def looked_up(self, column: Column, saved_id: int, text: str) -> int | None:
        """See ``field_values.Meanings``."""
        with self._lock:
            saved_list = self._saved_ids().get(column.looks_into)
        found = self.item(f"{saved_list}/{saved_id}") if saved_list else None
        if found is not None or (saved_list and self._is_chosen(saved_list, saved_id)):
            return found
        return self._outside.item(column, saved_id, text)

    def _is_chosen(self, saved_list: str, number: int) -> bool:
        return saved_list in self._whole or number in self._chosen.get(saved_list, ())

    def name_lost(self, lost: Iterable[tuple[str, int]]) -> None:
        """Hear which lookups were named as lost before anything was written.

        Args:
            lost: Names of columns, each with the number that its value held.
        """
        with self._lock:
            self._lost.update(lost)

    def is_named_lost(self, name: str, saved_id: int) -> bool:
        """See ``field_values.Meanings``."""
        with self._lock:
            return (name, saved_id) in self._lost

    def is_coming(self, column: Column) -> bool:
        """Say whether what a column looks up is restored too, and may still come."""
        with self._lock:
            return column.looks_into in self._saved_ids()

    def item(self, saved_id: str) -> int | None:
        """Give the id in its list of the item that a saved one became."""
        with self._lock:
            if saved_id in self._fresh:
                return self._fresh[saved_id]
        new_id = self._notes.new_id(saved_id)
        number = (new_id or "").rpartition("/")[2]
        return int(number) if number.isascii() and number.isdigit() else None

    def _saved_ids(self) -> dict[str, str]:
        if self._saved_of is None:
            noted = self._notes.get(_LISTS_NOTE)
            pairs = noted.items() if isinstance(noted, Mapping) else ()
            self._saved_of = {there: str(saved) for there, saved in pairs}
        return self._saved_of
