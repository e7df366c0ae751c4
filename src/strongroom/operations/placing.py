"""Where in the target each saved folder goes: found or made, parents first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from strongroom.clock import Clock
from strongroom.errors import OutcomeUnknown, TransientError
from strongroom.operations.interfaces import Target
from strongroom.operations.saved import SavedFolder
from strongroom.words.item import Folder

TRIES = 5
WAIT_S = 10.0


class Placing:
    """The folders of one restore.

    Args:
        target: Where to.
        base: The folder in the target that everything goes below, by names; empty: the root.
        folders: The saved folders that are restored, and all above them.
        clock: For the wait before a folder is asked for again.
    """

    def __init__(
        self, target: Target, base: tuple[str, ...], folders: Iterable[SavedFolder], clock: Clock
    ) -> None:
        self._target = target
        self._base = base
        self._clock = clock
        self._by_path = {one.folder.path: one.folder for one in folders}
        self._ids: dict[tuple[str, ...], str] = {}

    def place(self, folder: Folder) -> str:
        """Find or make a saved folder in the target; say its id there."""
        return self._id((*self._base, *folder.path))

    def _id(self, path: tuple[str, ...]) -> str:
        if path not in self._ids:
            # Without a parent the target looks in its root, where the known folders are: a saved
            # Inbox goes into the Inbox, whatever language its name is in.
            parent = self._id(path[:-1]) if len(path) > 1 else None
            self._ids[path] = self._find_or_make(self._folder(path), parent)
        return self._ids[path]

    def _folder(self, path: tuple[str, ...]) -> Folder:
        depth = len(self._base)
        saved = self._by_path.get(path[depth:]) if path[:depth] == self._base else None
        if saved is None or path == self._base != ():
            return Folder(id="", path=path)
        return saved if not depth else replace(saved, path=path, role=None)

    def _find_or_make(self, folder: Folder, parent: str | None) -> str:
        """Ask until there is an answer: what an unanswered request made is found by the next."""
        for _ in range(TRIES - 1):
            try:
                return self._target.folder(folder, parent)
            except (OutcomeUnknown, TransientError) as error:
                self._clock.sleep(getattr(error, "retry_after_s", None) or WAIT_S)
        return self._target.folder(folder, parent)
