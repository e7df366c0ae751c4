"""The recycle bin: of the people (first stage) and of the administrators (second stage)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

from strongroom.clock import Clock
from strongroom.lab.sharepoint.content.refusals import NotFound


class RecycledKind(IntEnum):
    """What was deleted, in SharePoint's own numbers (``ItemType``)."""

    FILE = 1
    FILE_VERSION = 2
    LIST_ITEM = 3
    LIST = 4
    FOLDER = 5
    FOLDER_WITH_LISTS = 6
    ATTACHMENT = 7
    LIST_ITEM_VERSION = 8
    CASCADE_PARENT = 9
    WEB = 10


@dataclass(slots=True, kw_only=True, eq=False)
class Recycled:
    """Something that was deleted and can come back.

    Attributes:
        folder: Where it lay: server-relative, without a slash in front (``DirName``).
        stage: 1 the people's bin, 2 the administrators'.
        put_back: Makes it as it was.
    """

    id: str
    name: str
    folder: str
    title: str
    size: int
    kind: RecycledKind
    deleted: datetime
    deleted_by_id: int
    author_id: int
    web_id: str
    put_back: Callable[[], None]
    stage: Literal[1, 2] = 1


class RecycleBin:
    """Both stages of a site collection.

    Attributes:
        days: After so many all is gone: 93 Online, 30 in a farm unless somebody changed it.
    """

    def __init__(self, clock: Clock, *, days: int = 93) -> None:
        self.days = days
        self._clock = clock
        self._entries: dict[str, Recycled] = {}

    def __iter__(self) -> Iterator[Recycled]:
        return iter(self.entries())

    def entries(self, stage: int | None = None, web_id: str = "") -> list[Recycled]:
        """List what lies there, what was deleted last first.

        Args:
            stage: Only of that one.
            web_id: Only what was deleted in that web.
        """
        self._purge()
        return [
            one
            for one in reversed(self._entries.values())
            if (stage is None or one.stage == stage) and (not web_id or one.web_id == web_id)
        ]

    def add(self, entry: Recycled) -> Recycled:
        """Put something in."""
        self._entries[entry.id] = entry
        return entry

    def get(self, number: str) -> Recycled:
        """Find an entry.

        Raises:
            NotFound: it is not there, or not any more.
        """
        self._purge()
        found = self._entries.get(number)
        if found is None:
            raise NotFound("The recycle bin item does not exist.")
        return found

    def restore(self, number: str) -> None:
        """Put something back where it was.

        Raises:
            NotFound: it is not there, or the place where it was is gone.
            AlreadyExists: something else has its name by now.
        """
        entry = self.get(number)
        entry.put_back()
        del self._entries[number]

    def move_to_second_stage(self, number: str) -> None:
        """Take something out of the people's bin."""
        self.get(number).stage = 2

    def delete(self, number: str) -> None:
        """Delete something for good."""
        del self._entries[self.get(number).id]

    def clear(self, stage: int | None = None) -> None:
        """Delete everything of a stage, or of both, for good."""
        for one in self.entries(stage):
            del self._entries[one.id]

    def _purge(self) -> None:
        horizon = self._clock.now() - timedelta(days=self.days)
        for number in [one.id for one in self._entries.values() if one.deleted < horizon]:
            del self._entries[number]
