"""Ending this process here and now: what it did after that, two would do."""

from __future__ import annotations

import logging
import os

LOST_EXIT = 5
"""Of a worker that had to stop at once: the others, or the database, were out of its reach."""

_log = logging.getLogger("strongroom.engine")


def end_at_once(why: str) -> None:
    """End the process without asking anything in it, after that was logged."""
    _log.critical("this worker stops at once: %s", why)
    os._exit(LOST_EXIT)
