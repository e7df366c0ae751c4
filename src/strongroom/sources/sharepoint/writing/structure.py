"""Writing what describes a web or a list: each thing is found by its id or name, or made.

All of it may be written twice: what is there already is left, or made as it was saved where that
is wanted. So an answer that never came costs nothing but a look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.errors import ItemError, OutcomeUnknown, TransientError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing import (
    structure_columns,
    structure_lists,
    structure_people,
    structure_webs,
)
from strongroom.sources.sharepoint.writing.definition import Definition, Site
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.places import Place
from strongroom.sources.sharepoint.writing.sending import as_item_error
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.words.restoring import Outgoing, Written

Told = Callable[[Written], None]
Writer = Callable[[Means, Definition], str]

WRITERS: Mapping[str, Writer] = {
    "web": structure_webs.write_web,
    "list": structure_lists.write_list,
    "column": structure_columns.write_column,
    "content-type": structure_columns.write_content_type,
    "view": structure_lists.write_view,
    "role-definition": structure_people.write_role,
    "group": structure_people.write_group,
    "permissions": structure_people.write_permissions,
    "navigation": structure_webs.write_navigation,
    "feature": structure_webs.write_feature,
    "custom-action": structure_webs.write_custom_action,
    "recycle-bin": structure_webs.refuse_recycled,
}


@dataclass(frozen=True, slots=True)
class Structures:
    """Writes what describes places. Safe in many threads.

    One thing at a time: they are few, and most need the one before.

    Args:
        means: What to work with.
        site: From where to where it goes, and what may be changed there.
        lock: Lets one thread write at a time.
    """

    means: Means
    site: Site
    lock: threading.Lock

    def write(self, place: Place, batch: Sequence[Outgoing], told: Told) -> None:
        """Write some of what describes a place, and tell what came of each.

        Raises:
            OutcomeUnknown, TransientError: those not told yet may or may not be there.
        """
        with self.lock:
            try:
                for outgoing in sorted(batch, key=_order):
                    told(self._write_one(place, outgoing))
            except (OutcomeUnknown, TransientError):
                self.means.standing.forget_all()
                raise

    def _write_one(self, place: Place, outgoing: Outgoing) -> Written:
        item = outgoing.item
        writer = WRITERS.get(item.kind)
        if writer is None:
            return Written(
                item_id=item.id,
                new_id=None,
                code="unknown-kind",
                why=f"This version does not know how to write {item.kind}.",
                is_permanent=True,
            )
        try:
            stable = writer(self.means, self._definition(place, outgoing))
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            return not_written(item.id, as_item_error(error, "The server did not take it."))
        except ItemError as error:
            return not_written(item.id, error)
        owner = place.list_id or self.means.standing.web(place.web).id
        return Written(item_id=item.id, new_id=f"{owner}/{item.kind}/{stable}")

    def _definition(self, place: Place, outgoing: Outgoing) -> Definition:
        document = kept.document_of(outgoing, kept.DEFINITION)
        if not isinstance(document, Mapping):
            raise ItemError("Its definition was not saved.", code="no-definition")
        return Definition(
            place=place,
            kind=outgoing.item.kind,
            saved_id=outgoing.item.id,
            document=document,
            site=self.site,
            is_replacing=outgoing.replaces is not None,
        )


def _order(outgoing: Outgoing) -> tuple[int, int, str]:
    """Sort content types by how much is above them, columns by what they need."""
    stable = outgoing.item.id.rpartition("/")[2]
    if outgoing.item.kind == "content-type":
        return 0, len(stable), stable
    return structure_columns.rank_of(outgoing.item), 0, stable
