"""Settings that would stand in the way of a restore: relaxed for its time, and put back, always.

What a setting was is noted before it is changed, and the note is taken back only when it is as it
was again. A list that the restore makes gets what was saved of it in the end by the same note.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from strongroom.sources.sharepoint.writing.schema_xml import strictness_of
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document, Standing, TargetList
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.fields import update_field
from strongroom.wire.sharepoint.writing.lists import update_list
from strongroom.words.json import Json
from strongroom.words.restoring import RELAXED as _INDEX
from strongroom.words.restoring import Notes

_GONE = 404

RELAXED: Mapping[str, Json] = {
    "EnableModeration": False,
    "ForceCheckout": False,
    "ValidationFormula": "",
    "IrmReject": False,
}
"""What a list is set to while items are written into it."""

HELD_BACK = frozenset({*RELAXED, "ValidationMessage", "DraftVersionVisibility", "WriteSecurity"})
"""What a list that is made anew gets only in the end."""


class Relaxing:
    """Relaxes lists, and puts them back. Safe in many threads.

    Args:
        standing: The target.
        notes: The restore's.
    """

    def __init__(self, standing: Standing, notes: Notes) -> None:
        self._standing = standing
        self._notes = notes
        self._lock = threading.RLock()
        self._done: set[str] = set()

    def relax(self, place: TargetList) -> None:
        """Make a list take what was saved, once in each attempt."""
        with self._lock:
            if place.id in self._done:
                return
            settings = {
                name: place.settings[name]
                for name, value in RELAXED.items()
                if name in place.settings and (place.settings[name] or "") != (value or "")
            }
            columns = self._strict_columns(place)
            self._note(place.web, place.id, settings, columns)
            if settings:
                changed = {name: RELAXED[name] for name in settings}
                send(self._standing.rest, update_list(place.web, place.id, changed))
            for field_id, strict in columns.items():
                loose = {name: "" if isinstance(value, str) else False for name, value in strict}
                question = update_field(place.web, field_id, loose, list_id=place.id)
                send(self._standing.rest, question)
            self._done.add(place.id)

    def want(self, place: TargetList, settings: Mapping[str, Json]) -> None:
        """Note how a list that the restore makes is to be in the end."""
        with self._lock:
            noted = self._noted(place.id)
            before = noted["settings"]
            self._note(place.web, place.id, {**before, **settings}, {}, is_final=True)

    def want_column(
        self, web: str, list_id: str, field_id: str, strict: Mapping[str, Json]
    ) -> None:
        """Note how a column that the restore makes is to be in the end."""
        if strict:
            with self._lock:
                self._note(web, list_id, {}, {field_id: tuple(strict.items())}, is_final=True)

    def put_back(self) -> Iterator[str]:
        """Put everything back; say what could not be.

        Raises:
            TransientError, OutcomeUnknown: the server does not answer; what is left stays noted.
        """
        with self._lock:
            for list_id, web in self._index().items():
                problems = list(self._put_list_back(web, list_id))
                yield from problems
                if not problems:
                    self._clear(list_id)
            self._done.clear()

    def _put_list_back(self, web: str, list_id: str) -> Iterator[str]:
        # Each by itself: what a list refuses of these shall not keep the others out.
        for names, question in self._questions(web, list_id):
            try:
                send(self._standing.rest, question)
            except (SiteRefused, SiteDenied) as error:
                if error.status != _GONE:
                    yield (
                        f"The settings {', '.join(sorted(names))} of a list in {web} could not be"
                        f" put back: {error.why}"
                    )
        self._standing.forget(list_id)

    def _questions(self, web: str, list_id: str) -> Iterator[tuple[Iterable[str], Question]]:
        noted = self._noted(list_id)
        if settings := noted["settings"]:
            yield settings, update_list(web, list_id, settings)
        for field_id, strict in noted["columns"].items():
            yield strict, update_field(web, field_id, strict, list_id=list_id)

    def _strict_columns(self, place: TargetList) -> dict[str, tuple[tuple[str, Json], ...]]:
        found: dict[str, tuple[tuple[str, Json], ...]] = {}
        for told in self._standing.fields(place.web, place.id):
            if told.get("ReadOnlyField") or told.get("Sealed"):
                continue
            strict = strictness_of(str(told.get("SchemaXml") or ""))
            if strict:
                found[str(told.get("Id", "")).lower()] = tuple(strict.items())
        return found

    def _note(
        self,
        web: str,
        list_id: str,
        settings: Mapping[str, Json],
        columns: Mapping[str, tuple[tuple[str, Json], ...]],
        *,
        is_final: bool = False,
    ) -> None:
        """Note how a list was; what is noted already is older, and stays, but for final words."""
        noted = self._noted(list_id)
        new_columns: dict[str, Json] = {one: dict(strict) for one, strict in columns.items()}
        if is_final:
            settings = {**noted["settings"], **settings}
            new_columns = {**noted["columns"], **new_columns}
        else:
            settings = {**settings, **noted["settings"]}
            new_columns = {**new_columns, **noted["columns"]}
        if (settings, new_columns) == (noted["settings"], noted["columns"]):
            return
        self._notes.put(f"{_INDEX}/{list_id}", {"settings": settings, "columns": new_columns})
        if list_id not in self._index():
            self._notes.put(_INDEX, {**self._index(), list_id: web})

    def _noted(self, list_id: str) -> Document:
        noted = self._notes.get(f"{_INDEX}/{list_id}")
        found = dict(noted) if isinstance(noted, Mapping) else {}
        return {
            "settings": dict(found.get("settings") or {}),  # type: ignore[arg-type]
            "columns": dict(found.get("columns") or {}),  # type: ignore[arg-type]
        }

    def _index(self) -> dict[str, str]:
        noted = self._notes.get(_INDEX)
        pairs = noted.items() if isinstance(noted, Mapping) else ()
        return {list_id: str(web) for list_id, web in pairs}

    def _clear(self, list_id: str) -> None:
        self._notes.put(_INDEX, {one: web for one, web in self._index().items() if one != list_id})
        self._notes.put(f"{_INDEX}/{list_id}", None)
