"""Whom a site collection knows, so that ids of people become names that outlive it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strongroom.sources.sharepoint.reading.rights import Rights, rights_of
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
        self._known: tuple[dict[int, Person], Rights] | None = None

    def of(self, ids: Iterable[int]) -> Mapping[int, Person]:
        """Say who they are; whom nobody knows any more has no name."""
        with self._lock:
            known, _ = self._read_once()
            unknown = sorted({one for one in ids if one > 0} - known.keys())
            if unknown:
                known.update(self._asked(unknown))
            return dict(known)

    def rights(self) -> Rights:
        """Say whether it may be seen who may do what; told together with the people."""
        with self._lock:
            return self._read_once()[1]

    def _read_once(self) -> tuple[dict[int, Person], Rights]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> tuple[dict[int, Person], Rights]:
        groups = Question(
            target=f"{api(self._web)}/web/sitegroups?$select=Id,LoginName,Title&$top=5000",
            call=Call.MANY,
            bytes_max=PAGE_BYTES_MAX,
        )
        found: dict[int, Person] = {}
        assignments = permissions.assignments(f"{api(self._web)}/web")
        questions = [permissions.users(self._web), groups, assignments]
        *answers, seen = ask_each(self._rest, self._web, questions)
        for answer in answers:
            if not isinstance(answer, Answer):
                raise answer
            for row in rows_of(answer):
                found[number(row, "Id")] = _person(row)
        return found, rights_of(self._rest, seen)

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
