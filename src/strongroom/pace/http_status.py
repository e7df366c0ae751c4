"""What an HTTP status tells of the pace, for every server that has no word of its own for it.

======================  ==================  ===================================================
status                  outcome             why
======================  ==================  ===================================================
408, 504                timeout             somebody on the way waited for us, or for the server
429                     throttled           "too many requests in a given amount of time"
503, 509                throttled           "busy", "bandwidth exceeded"
other 5xx               broken              it failed and does not say why
other 5xx with a wait   throttled           an order is an order
anything else           ok                  the server answered, be it with a no
======================  ==================  ===================================================
"""

from __future__ import annotations

from http import HTTPStatus

from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome

_BUSY = frozenset({429, 503, 509})
_LATE = frozenset({408, 504})


def told_by_status(status: int, wait_s: float | None) -> Told:
    """Say what a status tells; a refusal is taken to speak of the whole server.

    Args:
        status: HTTP status code.
        wait_s: The wait that came with it, in seconds.

    Source:
        https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
        https://www.rfc-editor.org/rfc/rfc6585#section-4
    """
    is_failure = status in _LATE or status >= 500
    if status in _BUSY or (is_failure and wait_s is not None):
        is_counted = status == HTTPStatus.TOO_MANY_REQUESTS
        return Told(outcome=Outcome.THROTTLED, retry_after_s=wait_s, is_counted=is_counted)
    if status in _LATE:
        return Told(outcome=Outcome.TIMEOUT)
    return Told(outcome=Outcome.BROKEN) if is_failure else WELL
