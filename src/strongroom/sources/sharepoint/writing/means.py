"""What those who write work with, together."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.assigning import Assigning
from strongroom.sources.sharepoint.writing.columns import LOOKUPS, Column
from strongroom.sources.sharepoint.writing.field_values import FormValue, form_values
from strongroom.sources.sharepoint.writing.identities import Identities
from strongroom.sources.sharepoint.writing.late import Late
from strongroom.sources.sharepoint.writing.locales import Regional
from strongroom.sources.sharepoint.writing.places import Place
from strongroom.sources.sharepoint.writing.relaxing import Relaxing
from strongroom.sources.sharepoint.writing.standing import Standing, TargetList
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.words.json import Json
from strongroom.words.restoring import Notes, Written

_TOLD, _PAGE_SERVICE, _BAGS = "told", "page-service", "bags-shut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The target, what became of what, and where to note things.

    Attributes:
        standing: How the target stands.
        identities: What saved people, lists and items are there.
        relaxing: Settings that are put back in the end.
        assigning: Writes permissions.
        late: What is written in the end only.
        notes: The restore's.
        folders: By list, the folders that are certainly there (in small letters).
        lock: Guards them.
    """

    standing: Standing
    identities: Identities
    relaxing: Relaxing
    assigning: Assigning
    late: Late
    notes: Notes
    folders: dict[str, set[str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def rest(self) -> RestConnection:
        """The connection."""
        return self.standing.rest

    def tell(self, text: str) -> None:
        """Note something that a person should know in the end."""
        with self.lock:
            if text not in (told := self.told()):
                self.notes.put(_TOLD, [*told, text])

    def told(self) -> list[str]:
        """Give what was noted."""
        noted = self.notes.get(_TOLD)
        return [str(one) for one in noted] if isinstance(noted, list | tuple) else []

    def page_service_shut(self) -> str:
        """Say why the old service for web part pages does not take us; empty: it may."""
        return str(self.notes.get(_PAGE_SERVICE) or "")

    def shut_page_service(self, why: str) -> None:
        """Note that it does not, so that nobody asks it again for every web part."""
        self.notes.put(_PAGE_SERVICE, why)

    def takes_bags(self) -> bool:
        """Say whether the site lets property bags be changed: not where it allows no scripts."""
        return self.notes.get(_BAGS) is not True

    def shut_bags(self, *, are_shut: bool) -> None:
        """Note whether it does not."""
        self.notes.put(_BAGS, are_shut)

    def list_at(self, place: Place) -> TargetList:
        """Look at the list of a place, relaxed."""
        found = self.standing.list_by_id(place.web, place.list_id)
        self.relaxing.relax(found)
        return found

    def values(
        self,
        target: TargetList,
        fields: Mapping[str, Json],
        *,
        content_type: str = "",
        regional: Regional | None = None,
    ) -> list[FormValue]:
        """Write saved values for a form of a list; the content type is one of them.

        Args:
            target: The list.
            fields: By meaning.
            content_type: Id of the saved one; left out where it is the list's first, which it gives
                by itself.
            regional: How dates are written; None: by the web's own clock.
        """
        found = form_values(
            target.columns,
            fields,
            meanings=self.identities,
            regional=regional or self.standing.web(target.web).regional,
        )
        type_id = target.content_type(content_type) if content_type else ""
        if type_id and type_id != next(iter(target.content_types.values()), ""):
            found.insert(0, FormValue(name="ContentTypeId", text=type_id))
        return found

    def late_fields(
        self, target: TargetList, fields: Mapping[str, Json], values: list[FormValue]
    ) -> dict[str, Json]:
        """Give the saved values of lookups to items that may still come, to be written later."""
        return {
            one.name: fields[one.name]
            for one in values
            if one.missing and self._comes(target.columns[one.name])
        }

    def _comes(self, column: Column) -> bool:
        return column.type in LOOKUPS and self.identities.is_coming(column)


def not_written(item_id: str, error: ItemError, *, new_id: str | None = None) -> Written:
    """Say that an item is not there, or only half."""
    why = str(error) if new_id is None else f"It is there, but not whole: {error}"
    return Written(
        item_id=item_id,
        new_id=new_id,
        code=error.code,
        why=why,
        is_permanent=error.is_permanent and new_id is None,
    )
