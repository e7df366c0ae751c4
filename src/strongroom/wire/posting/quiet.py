"""Keeps what libraries would log about a message to themselves: their words hold addresses.

``apprise`` repeats addresses in warnings, and urllib3 writes down each path it asks for, where
webhooks have their tokens. What they say while a message is sent, or its address read, is dropped;
why a message did not go is known from the door.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_IS_QUIET: ContextVar[bool] = ContextVar("strongroom_posting_is_quiet", default=False)
_THEIRS = ("apprise",)
"""Used for messages alone: never heard at all."""

_SHARED = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.util.retry",
    "charset_normalizer",
)
"""Used for other things too: not heard in the thread that is busy with a message."""


@contextmanager
def quiet() -> Iterator[None]:
    """Let no library log anything in this thread as long as the block lasts."""
    _install()
    token = _IS_QUIET.set(True)
    try:
        yield
    finally:
        _IS_QUIET.reset(token)


def _install() -> None:
    for name in _THEIRS:
        logger = logging.getLogger(name)
        logger.addFilter(_nothing)
        logger.propagate = False
    for name in _SHARED:
        logging.getLogger(name).addFilter(_what_is_not_ours)


def _nothing(record: logging.LogRecord) -> bool:  # noqa: ARG001 - the shape of a filter
    return False


def _what_is_not_ours(record: logging.LogRecord) -> bool:  # noqa: ARG001 - as above
    return not _IS_QUIET.get()
