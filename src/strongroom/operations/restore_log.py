"""What a restore's journal says: what was to be written, what became of it, what is still to do.

====================  ==========================================================================
line (``"line"``)     what
====================  ==========================================================================
``begin``             the request, the restore point and the folder it was taken to mean
``folder``            a folder in the target and the cursor behind what was there *before*
``intend``            items about to be sent: traits to know them again by
``told``              what came of sending them
``left``              items that the conflict policy leaves alone
``compared``          items read back; with differences, the names of those
``note``              what the target must not forget, under a key
``settled``           the settings were put back
``portion``           which part of the restore what follows belongs to
====================  ==========================================================================

Only what is still open stays in memory, and one hash for each item that is done; where the target
asks what saved items became, also an ``IdMap``.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from strongroom.operations.id_map import IdMap
from strongroom.operations.journal import Journal
from strongroom.operations.matching import Traits
from strongroom.words.coverage import Shortfall
from strongroom.words.json import Json
from strongroom.words.restoring import Compared, Replaced, Written

_Counted = tuple[int, int, dict[str, Shortfall], dict[str, Shortfall]]


@dataclass(slots=True)
class FolderLog:
    """What is known of one saved folder's restore.

    Attributes:
        target_id: The folder in the target; empty before it was marked.
        mark: The target's cursor from before the first item was sent.
        intended: Sent, or about to be, without an outcome: by saved id.
        replaced: Of those, what each takes the place of: by saved id.
        written: Written and not yet compared: the new id by saved id.
        found: Of those, the ones that no answer told of: written, or the first half of it was.
        halves: Found, and not whole: what is to be replaced, the new id by saved id.
        saved: Written and compared equal.
        left: Left alone by the conflict policy.
        skipped: Permanently refused.
        failed: Refused, or written and different.
        aside: The last four, as they stand for other portions of the restore.
    """

    target_id: str = ""
    mark: str = ""
    intended: dict[str, Traits] = field(default_factory=dict)
    replaced: dict[str, Replaced] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    halves: dict[str, str] = field(default_factory=dict)
    saved: int = 0
    left: int = 0
    skipped: dict[str, Shortfall] = field(default_factory=dict)
    failed: dict[str, Shortfall] = field(default_factory=dict)
    aside: dict[str, _Counted] = field(default_factory=dict)

    def turn(self, portion: str, to: str) -> None:
        """Put aside what was counted for one portion, and go on with what was for another."""
        self.aside[portion] = (self.saved, self.left, self.skipped, self.failed)
        self.saved, self.left, self.skipped, self.failed = self.aside.pop(to, (0, 0, {}, {}))


class RestoreLog:
    """A restore's journal, read and kept up. For the operation's own thread.

    Only what a target may call (``words.restoring.Notes``) is for any thread.

    Attributes:
        begun: The ``begin`` line, or None if nothing was begun.
        is_settled: The settings were put back.
        is_resumed: The journal was not empty.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.begun: Mapping[str, Any] | None = None
        self.is_settled = False
        self._portion = ""
        self._folders: dict[str, FolderLog] = defaultdict(FolderLog)
        # Hashes, for hundreds of thousands of long ids: of items that are done, and of new ones.
        self._done: set[int] = set()
        self._ours: set[int] = set()
        # Encoded: a third of the memory, and nobody can change what was noted but by ``put``.
        self._notes: dict[str, bytes] = {}
        self._new_ids: IdMap | None = None
        # Targets write notes from the crew's threads, and a journal is for one at a time.
        self._lock = threading.Lock()
        for line in journal.lines():
            self._apply(line)
        self.is_resumed = self.begun is not None
        self._try_refused_again()

    def turn_to(self, portion: str) -> None:
        """Count from now on for one portion of the restore; what was counted for it is known.

        All else is one journal: what the other portion wrote is ours as well.
        """
        if portion != self._portion:
            self._write({"line": "portion", "name": portion})
            self._try_refused_again()

    def _try_refused_again(self) -> None:
        """Send again, in going on, what was refused for a reason that may pass."""
        for log in self._folders.values():
            for item_id, short in list(log.failed.items()):
                if short.code != DIFFERENT:
                    del log.failed[item_id]
                    self._done.discard(hash(item_id))

    def folder(self, folder_id: str) -> FolderLog:
        """Say what is known of a saved folder's restore."""
        return self._folders[folder_id]

    def is_done(self, item_id: str) -> bool:
        """Say whether an item is written, or nothing can be done about it."""
        return hash(item_id) in self._done

    def is_ours(self, new_id: str) -> bool:
        """Say whether an item in the target came from this restore."""
        return hash(new_id) in self._ours

    def get(self, key: str) -> Json:
        """See ``words.restoring.Notes``."""
        with self._lock:
            noted = self._notes.get(key)
        value: Json = None if noted is None else orjson.loads(noted)
        return value

    def put(self, key: str, value: Json) -> None:
        """See ``words.restoring.Notes``."""
        self._write({"line": "note", "key": key, "value": value})

    def new_id(self, saved_id: str) -> str | None:
        """See ``words.restoring.Notes``. The first call reads the journal through."""
        with self._lock:
            if self._new_ids is None:
                self._new_ids = IdMap()
                for line in self._journal.lines():
                    _remember(self._new_ids, line)
            return self._new_ids.get(saved_id)

    def begin(self, line: Mapping[str, Json]) -> None:
        """Note what is restored, and where to."""
        self._write({"line": "begin", **line})

    def mark(self, folder_id: str, target_id: str, mark: str) -> None:
        """Note where a folder goes and how the target stood before."""
        self._write({"line": "folder", "folder": folder_id, "target": target_id, "mark": mark})

    def intend(
        self,
        folder_id: str,
        items: Iterable[Traits],
        replaced: Mapping[str, Replaced] | None = None,
    ) -> None:
        """Note what is about to be sent, and by saved id what it replaces; durable on return."""
        line: dict[str, Json] = {
            "line": "intend",
            "folder": folder_id,
            "items": [one.to_json() for one in items],
        }
        if replaced:
            line["replaced"] = {
                item_id: [one.id, one.is_associated] for item_id, one in replaced.items()
            }
        self._write(line)

    def told(self, folder_id: str, items: Iterable[Written], names: Mapping[str, str]) -> None:
        """Note what came of sending."""
        told: list[Json] = [
            [
                one.item_id,
                one.new_id,
                one.code,
                one.why,
                one.is_permanent,
                "" if one.new_id else names.get(one.item_id, ""),
            ]
            for one in items
        ]
        if told:
            self._write({"line": "told", "folder": folder_id, "items": told})

    def found(self, folder_id: str, pairs: Mapping[str, str]) -> None:
        """Note what was known again without an answer: the new id by saved id."""
        if pairs:
            self._write({"line": "found", "folder": folder_id, "items": dict(pairs)})

    def left(self, folder_id: str, pairs: Mapping[str, str]) -> None:
        """Note what the conflict policy leaves alone: the id of what is there by saved id."""
        if pairs:
            line: dict[str, Json] = {"line": "left", "folder": folder_id}
            self._write({**line, "items": list(pairs), "there": list(pairs.values())})

    def compared(self, folder_id: str, items: Iterable[Compared], names: Mapping[str, str]) -> None:
        """Note how items compare that were read back."""
        compared: list[Json] = [
            [one.item_id, list(one.differences), names.get(one.item_id, "")]
            if one.differences
            else [one.item_id]
            for one in items
        ]
        if compared:
            self._write({"line": "compared", "folder": folder_id, "items": compared})

    def settled(self) -> None:
        """Note that the settings were put back."""
        self._write({"line": "settled"})

    def _write(self, line: Mapping[str, Json]) -> None:
        with self._lock:
            self._journal.append(line)
            self._apply(line)
            if self._new_ids is not None:
                _remember(self._new_ids, line)

    def _apply(self, line: Mapping[str, Any]) -> None:
        kind = line["line"]
        if kind == "begin":
            self.begun = line
            return
        if kind == "note":
            self._apply_note(line["key"], line["value"])
            return
        if kind == "settled":
            self.is_settled = True
            return
        if kind == "portion":
            for log in self._folders.values():
                log.turn(self._portion, line["name"])
            self._portion = line["name"]
            return
        self._apply_to(self._folders[line["folder"]], line)

    def _apply_note(self, key: str, value: Json) -> None:
        if value is None:
            self._notes.pop(key, None)
        else:
            self._notes[key] = orjson.dumps(value)

    def _apply_to(self, log: FolderLog, line: Mapping[str, Any]) -> None:
        match line["line"]:
            case "folder":
                log.target_id, log.mark = line["target"], line["mark"]
            case "intend":
                for one in line["items"]:
                    traits = Traits(*one)
                    log.intended[traits.item_id] = traits
                for item_id, (old_id, is_associated) in line.get("replaced", {}).items():
                    log.replaced[item_id] = Replaced(id=old_id, is_associated=is_associated)
            case "told":
                for one in line["items"]:
                    self._apply_told(log, *one)
            case "found":
                for item_id, new_id in line["items"].items():
                    self._apply_told(log, item_id, new_id, "", "", False, "")
                    log.found.add(item_id)
            case "left":
                log.left += len(line["items"])
                self._done.update(map(hash, line["items"]))
            case "compared":
                for one in line["items"]:
                    self._apply_compared(log, *one)

    def _apply_told(
        self,
        log: FolderLog,
        item_id: str,
        new_id: str | None,
        code: str,
        why: str,
        is_permanent: bool,  # noqa: FBT001 - as it stands in the line
        name: str,
    ) -> None:
        log.intended.pop(item_id, None)
        log.replaced.pop(item_id, None)
        self._done.add(hash(item_id))
        if new_id is not None:
            log.failed.pop(item_id, None)
            log.found.discard(item_id)
            log.halves.pop(item_id, None)
            log.written[item_id] = new_id
            self._ours.add(hash(new_id))
            return
        short = Shortfall(item_id=item_id, name=name, code=code, why=why)
        (log.skipped if is_permanent else log.failed)[item_id] = short

    def _apply_compared(
        self, log: FolderLog, item_id: str, differences: list[str] | None = None, name: str = ""
    ) -> None:
        new_id = log.written.pop(item_id, None)
        is_found = item_id in log.found
        log.found.discard(item_id)
        if differences and is_found and new_id is not None:
            log.halves[item_id] = new_id
            self._done.discard(hash(item_id))
        elif differences:
            log.failed[item_id] = Shortfall(
                item_id=item_id, name=name, code=DIFFERENT, why="; ".join(differences)
            )
        else:
            log.saved += 1


def _remember(new_ids: IdMap, line: Mapping[str, Any]) -> None:
    """Take in what a line tells of new ids."""
    for saved_id, new_id in _pairs(line):
        new_ids.put(saved_id, new_id)


def _pairs(line: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the saved ids in a line whose new ids it tells, with those."""
    match line["line"]:
        case "told":
            yield from ((one[0], one[1]) for one in line["items"] if one[1] is not None)
        case "found":
            yield from line["items"].items()
        case "left":
            yield from zip(line["items"], line.get("there", ()), strict=False)


DIFFERENT = "different"
"""Written, but what was read back is not what was saved."""
