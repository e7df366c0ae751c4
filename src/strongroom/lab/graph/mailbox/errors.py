"""What Exchange says through Graph when it refuses, and what refusals of the estate become.

Source:
    https://learn.microsoft.com/graph/errors
    https://learn.microsoft.com/graph/delta-query-overview (410)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.lab.estate.refusals import (
    FolderExists,
    ItemTooLarge,
    NotAllowed,
    QuotaExceeded,
    Refused,
)
from strongroom.lab.graph.errors import GraphError


def no_such_object() -> GraphError:
    """There is no such folder or item in this mailbox."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def malformed_id() -> GraphError:
    """An id is none."""
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def no_such_mailbox() -> GraphError:
    """There is no such mailbox."""
    return GraphError(404, "ErrorInvalidMailboxId", "The mailbox was not found.")


def not_enabled() -> GraphError:
    """Somebody has no mailbox here."""
    return GraphError(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def invalid(message: str) -> GraphError:
    """What was asked makes no sense to Exchange."""
    return GraphError(400, "ErrorInvalidRequest", message)


def bad_option(message: str) -> GraphError:
    """An OData option is not understood."""
    return GraphError(400, "BadRequest", message)


def bad_property(text: str) -> GraphError:
    """An extended property cannot be named so."""
    return GraphError(
        400, "ErrorInvalidExtendedProperty", f"Extended property '{text}' is not well formed."
    )


def stale_key() -> GraphError:
    """The item was changed since."""
    return GraphError(
        409,
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the"
        " request does not match the current change key for the item.",
    )


def sync_state_lost() -> GraphError:
    """The place in the history is not known any more."""
    return GraphError(
        410,
        "SyncStateNotFound",
        "The sync state generation is not found. Please start over with a full synchronization.",
    )


def no_room_for_history() -> GraphError:
    """The mailbox is full, so no place in its history can be kept in it.

    Source:
        https://learn.microsoft.com/graph/api/mailfolder-delta
    """
    return GraphError(
        403,
        "ErrorQuotaExceeded",
        "The mailbox has exceeded its storage quota, so the operation cannot be completed.",
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the estate refuses into what Graph says.

    Raises:
        GraphError: as the estate says.
    """
    try:
        yield
    except Refused as refused:
        status, code = next(told for kind, told in _CODES.items() if isinstance(refused, kind))
        raise GraphError(status, code, str(refused)) from refused


_CODES: dict[type[Refused], tuple[int, str]] = {
    FolderExists: (409, "ErrorFolderExists"),
    NotAllowed: (403, "ErrorAccessDenied"),
    QuotaExceeded: (403, "ErrorQuotaExceeded"),
    ItemTooLarge: (413, "ErrorMessageSizeExceeded"),
    Refused: (400, "ErrorInvalidRequest"),
}
