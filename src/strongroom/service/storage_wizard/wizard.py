"""The conversation itself: what to ask now, an answer, a step back.

    wizard = StorageWizard(storages, normal_url)
    while isinstance(question := wizard.now(), Question):
        wizard.answer(…)    # or wizard.back()

Nothing is kept on the way; the storage is made at one moment, by the last answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from strongroom.errors import OperatorError, StrongroomError
from strongroom.service.storage_access import Access
from strongroom.service.storage_views import AddedStorage, StorageView
from strongroom.service.storage_wizard.asking import Asked
from strongroom.service.storage_wizard.questions import (
    BEGIN_ANEW,
    Known,
    access_of,
    questions,
    url_of,
)
from strongroom.service.wizard.words import Notice, NoticeKind, Question, QuestionKind, Raw, Upload
from strongroom.vault.secret import Secret


class StorageVerbs(Protocol):
    """The verbs that it calls (see ``service.storages``)."""

    def all(self) -> Sequence[StorageView]:
        """List all storages."""

    def add(
        self, name: str, url: str, password: Secret, access: Access | None = None
    ) -> AddedStorage:
        """Make a storage, or adopt the one that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageMade:
    """The storage is there.

    Attributes:
        added: The storage, its recovery key if it was made, and how its place did.
        ca_file: Which file the authority's certificates came from, if they came from one.
    """

    added: AddedStorage
    ca_file: str = ""


class StorageWizard:
    """One conversation. Not for several threads.

    Args:
        storages: The verbs.
        normal_url: Writes a URL in the one form that is kept, or refuses it.
    """

    def __init__(self, storages: StorageVerbs, normal_url: Callable[[str], str]) -> None:
        self._storages = storages
        taken = frozenset(one.name for one in storages.all())
        self._all = questions(Known(taken=taken, normal_url=normal_url))
        self._answers: dict[str, Raw] = {}
        self._trail: list[str] = []
        self._told: tuple[Notice, ...] = ()
        self._at = self._all[0].key
        self._made: StorageMade | None = None

    def now(self) -> Question | StorageMade:
        """Say what to ask now, or that the storage is there. Asking again changes nothing."""
        if self._made is not None:
            return self._made
        question = replace(self._asked().question(self._answers), told=self._told)
        given = self._answers.get(self._at)
        if given is None:
            return question
        return replace(question, has_current=True, current=_shown(question, given))

    def answer(self, raw: Raw) -> None:
        """Take an answer to the question of now, and do what follows from it.

        An empty one keeps what was answered before, or means the default.

        Raises:
            OperatorError: it is no answer; nothing has changed.
        """
        if self._made is not None:
            raise OperatorError("There is nothing more to answer.")
        asked = self._asked()
        if raw == "":
            raw = self._answers.get(self._at, asked.question(self._answers).default)
        given = asked.check(self._answers, raw)
        self._told = ()
        if asked is not self._all[-1]:
            self._answers[self._at] = given
            self._trail.append(self._at)
            self._at = self._after(asked)
        elif given == BEGIN_ANEW:
            self._trail, self._at = [], self._all[0].key
        else:
            self._make()

    def back(self) -> bool:
        """Go back to the question before; answers stay.

        Returns:
            Whether there was one.
        """
        self._told = ()
        if not self._trail or self._made is not None:
            return False
        self._at = self._trail.pop()
        return True

    def _make(self) -> None:
        password = self._answers["password"]
        assert isinstance(password, Secret)
        try:
            url, access = url_of(self._answers), access_of(self._answers)
            added = self._storages.add(str(self._answers["name"]), url, password, access)
        except StrongroomError as error:
            lines = tuple(line for line in (error.why, error.hint) if line)
            self._told = (Notice(kind=NoticeKind.PROBLEM, text=error.what, lines=lines),)
            return
        ca = self._answers.get("ca") if access is not None and access.ca_pem else None
        self._made = StorageMade(added=added, ca_file=ca.name if isinstance(ca, Upload) else "")
        self._answers = {}

    def _asked(self) -> Asked:
        return next(one for one in self._all if one.key == self._at)

    def _after(self, asked: Asked) -> str:
        rest = self._all[self._all.index(asked) + 1 :]
        return next(one.key for one in rest if one.is_asked(self._answers))


def _shown(question: Question, given: Raw) -> str:
    if isinstance(given, Upload):
        return given.name
    return given if isinstance(given, str) and question.kind is not QuestionKind.SECRET else ""
