"""What an error about one item means for that item.

``gone``: deleted or moved while we read, so nothing is missing. ``skipped``: permanent and known,
asking again would only tell the same. ``failed``: the next run asks again. A code that nobody knows
fails, so that an unknown error is never taken for permanent.
"""

from __future__ import annotations

from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem.limits import RAISE_THE_LIMIT
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.words.item import Missed
from strongroom.words.restoring import Written

# The item's own bytes are damaged, have no form the server can give, or pass its limits.
_SKIPPED = {
    Meaning.CORRUPT: "The item is damaged on the server, or has no form that it can give.",
    Meaning.TOO_LARGE: "The item is larger than the server lets out.",
}

# The item is there, only its MIME is not to be had; everything else about it still is.
NO_MIME = frozenset(
    {
        "ErrorContentConversionFailed",
        "ErrorMimeContentConversionFailed",
        "ErrorUnsupportedMimeConversion",
        "ErrorMimeContentInvalid",
    }
)


def missed(item_id: str, error: EwsItemError) -> Missed:
    """Say what became of an item whose reading ended with an error."""
    if error.is_gone:
        return Missed(item_id=item_id, fate="gone", code=error.code, why=error.why)
    known = _SKIPPED.get(error.meaning)
    if known:
        return Missed(
            item_id=item_id, fate="skipped", code=error.code, why=f"{known} {error.why}".strip()
        )
    return Missed(item_id=item_id, fate="failed", code=error.code, why=error.why)


def missed_by(item_id: str, error: ItemError) -> Missed:
    """Say what became of an item whose reading raised an error about this one item."""
    fate = "skipped" if error.is_permanent else "failed"
    why = f"{error.what} {error.why}".strip()
    return Missed(item_id=item_id, fate=fate, code=error.code, why=why)


def unwritten(item_id: str, error: EwsItemError) -> Written:
    """Say what became of an item that the server did not take."""
    if error.meaning is Meaning.TOO_LARGE:
        return too_large(item_id, error.why)
    return Written(
        item_id=item_id,
        new_id=None,
        code=error.code,
        why=error.why,
        is_permanent=error.is_permanent,
    )


def too_large(item_id: str, why: str) -> Written:
    """Say that the server does not take a request of this size, and what to do."""
    return Written(
        item_id=item_id,
        new_id=None,
        code="too-large",
        why=f"The item is larger than the server takes: {why} {RAISE_THE_LIMIT}",
        is_permanent=True,
    )
