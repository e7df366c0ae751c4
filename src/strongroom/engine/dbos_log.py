"""What DBOS logs goes to our log, and never to a terminal."""

from __future__ import annotations

import logging

_log = logging.getLogger("strongroom.engine.dbos")


class _HandOn(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if _log.isEnabledFor(record.levelno):
            _log.handle(record)


def hand_on_what_dbos_logs() -> None:
    """Take the place of the handler that DBOS would add, which prints."""
    # Without a handler anywhere, Python itself would print warnings.
    logging.getLogger("strongroom").addHandler(logging.NullHandler())
    theirs = logging.getLogger("dbos")
    theirs.propagate = False
    theirs.handlers[:] = [_HandOn()]
