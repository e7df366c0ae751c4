"""How every operation writes its answer: one message per thing asked, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from strongroom.lab.estate.refusals import ItemTooLarge, QuotaExceeded
from strongroom.lab.exchange.errors import BATCH_STOPPING, EwsError, value_list
from strongroom.lab.exchange.xml import MESSAGES, TYPES, escape

Thing = TypeVar("Thing")


def opening(operation: str) -> str:
    """Open the answer's element and its list of messages."""
    return f'<m:{operation}Response xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"><m:ResponseMessages>'


def closing(operation: str) -> str:
    """Close what ``opening`` opened."""
    return f"</m:ResponseMessages></m:{operation}Response>"


def answer(operation: str, messages: Iterable[str]) -> str:
    """Write the whole answer of an operation."""
    return opening(operation) + "".join(messages) + closing(operation)


def alone(name: str, attributes: str, inner: str) -> str:
    """Write an answer that has no list of messages."""
    return f'<m:{name} xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"{attributes}>{inner}</m:{name}>'


def success(operation: str, payload: str = "") -> str:
    """Write the message of one thing that went well."""
    name = f"{operation}ResponseMessage"
    return f"<m:{name} {SUCCESS_ATTRIBUTE}>{NO_ERROR}{payload}</m:{name}>"


SUCCESS_ATTRIBUTE = 'ResponseClass="Success"'
NO_ERROR = "<m:ResponseCode>NoError</m:ResponseCode>"


def failure(operation: str, error: EwsError, payload: str = "") -> str:
    """Write the message of one thing that did not go well."""
    name = f"{operation}ResponseMessage"
    return f'<m:{name} ResponseClass="Error">{failure_lines(error)}{payload}</m:{name}>'


def failure_lines(error: EwsError) -> str:
    """Write what stands first in every message of something that did not go well."""
    more = f"<m:MessageXml>{value_list(error.values)}</m:MessageXml>" if error.values else ""
    return (
        f"<m:MessageText>{escape(error.text)}</m:MessageText>"
        f"<m:ResponseCode>{error.code}</m:ResponseCode>"
        f"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{more}"
    )


def stopped(operation: str, payload: str = "") -> str:
    """Write the message of a thing that was not tried because an earlier one stopped the batch."""
    lines = failure_lines(EwsError("ErrorBatchProcessingStopped"))
    name = f"{operation}ResponseMessage"
    return f'<m:{name} ResponseClass="Warning">{lines}{payload}</m:{name}>'


def batch(
    operation: str,
    things: Iterable[Thing],
    do: Callable[[Thing], str],
    *,
    when_failed: str = "",
) -> Iterator[str]:
    """Do something to each thing and write its message; some errors stop the rest.

    That a mailbox is full or an item too large for it may turn out wherever something grows, so
    the estate's word for it is translated here, for all operations.

    Args:
        operation: Name of the operation.
        things: In the order of the request.
        do: Does it, and gives the payload of the message.
        when_failed: Payload of a message of failure, where the schema wants one.
    """
    is_stopped = False
    for thing in things:
        if is_stopped:
            yield stopped(operation, when_failed)
            continue
        try:
            yield success(operation, do(thing))
        except (EwsError, QuotaExceeded, ItemTooLarge) as refusal:
            error = _translated(refusal)
            is_stopped = error.code in BATCH_STOPPING
            yield failure(operation, error, when_failed)


def _translated(refusal: EwsError | QuotaExceeded | ItemTooLarge) -> EwsError:
    match refusal:
        case QuotaExceeded():
            return EwsError("ErrorQuotaExceeded")
        case ItemTooLarge():
            return EwsError("ErrorMessageSizeExceeded")
        case _:
            return refusal
