"""Whom a site collection knows, so that ids of people become names that outlive it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strongroom.wire.sharepoint import permissions
from strongroom.wire.sharepoint.each import ask_each
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rows import number, row_of, rows_of, text
from strongroom.wire.sharepoint.sites import api
from strongroom.words.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, or a group.

    Attributes:
        login: Claims name; of a group of the site its title.
        title: As people see it.
        email: May be empty.
    """

    login: str
    title: str
    email: str

    def to_json(self) -> Mapping[str, Json]:
        """Give them as they stand in an item's values."""
        return {"login": self.login, "title": self.title, "email": self.email}


NOBODY = Person(login="", title="", email="")


class People:
    """Those whom one site collection knows, read once. Safe in many threads.

    Args:
        rest: The connection.
        web: Path of the collection's root.
    """

    def __init__(self, rest: RestConnection, web: str) -> None:
        self._rest = rest
        self._web = web
        self._lock = threading.Lock()
        self._known: dict[int, Person] | None = None

    def of(self, ids: Iterable[int]) -> Mapping[int, Person]:
        """Say who they are; whom nobody knows any more has no name."""
        with self._lock:
            if self._known is None:
                self._known = self._read()
            unknown = sorted({one for one in ids if one > 0} - self._known.keys())
            if unknown:
                self._known.update(self._asked(unknown))
            return dict(self._known)

    def _read(self) -> dict[int, Person]:
        groups = Question(
            target=f"{api(self._web)}/web/sitegroups?$select=Id,LoginName,Title&$top=5000",
            call=Call.MANY,
            bytes_max=PAGE_BYTES_MAX,
        )
        found: dict[int, Person] = {}
        for answer in ask_each(self._rest, self._web, [permissions.users(self._web), groups]):
            if not isinstance(answer, Answer):
                raise answer
            for row in rows_of(answer):
                found[number(row, "Id")] = _person(row)
        return found

    def _asked(self, ids: list[int]) -> dict[int, Person]:
        """Ask for those who are not listed any more: who was removed still signs what they made."""
        questions = [Question(target=f"{api(self._web)}/web/getuserbyid({one})") for one in ids]
        answers = ask_each(self._rest, self._web, questions)
        return {
            one: _person(row_of(answer)) if isinstance(answer, Answer) else NOBODY
            for one, answer in zip(ids, answers, strict=True)
        }


def _person(row: Mapping[str, object]) -> Person:
    return Person(login=text(row, "LoginName"), title=text(row, "Title"), email=text(row, "Email"))
