"""How each planned fault looks in Graph's answers."""

from __future__ import annotations

import math
from collections.abc import Callable

from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.https import Response

_HTML = ("Content-Type", "text/html")
_CRASH_PAGE = b"<html><title>Service Unavailable</title></html>"


def instead(fault: Fault) -> Response | None:
    """Give the answer that takes the place of the right one; None if the request is carried out.

    Raises:
        GraphError: the answer is an error with a body.
    """
    if fault.kind in _ERRORS:
        status, code, message = _ERRORS[fault.kind]
        raise GraphError(status, code, message, headers=_wait(fault))
    make = _INSTEAD.get(fault.kind)
    return None if make is None else make(fault)


def carried_out(fault: Fault | None, response: Response) -> Response:
    """Do to the answer of a request that was carried out what the fault says."""
    if fault is not None and fault.kind is FaultKind.CUT:
        response.cuts = True
    if fault is not None and fault.kind is FaultKind.DROP:
        response.drops = True
    return response


def _wait(fault: Fault) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(fault.seconds))} if fault.seconds else {}


_ERRORS: dict[FaultKind, tuple[int, str, str]] = {
    FaultKind.BUSY: (429, "TooManyRequests", "Too many requests."),
    FaultKind.BUSY_IN_BODY: (503, "ErrorServerBusy", "The server cannot service this request."),
    FaultKind.UNAUTHORIZED: (401, "InvalidAuthenticationToken", "The token was not accepted."),
    FaultKind.SOAP_FAULT_200: (
        500,
        "ErrorInternalServerTransientError",
        "An internal server error occurred. Try again later.",
    ),
}
_INSTEAD: dict[FaultKind, Callable[[Fault], Response]] = {
    FaultKind.UNAVAILABLE: lambda fault: Response(status=503, headers=list(_wait(fault).items())),
    FaultKind.INTERNAL_PAGE: lambda _: Response(status=500, headers=[_HTML], body=_CRASH_PAGE),
    FaultKind.REDIRECT: lambda _: Response(
        status=302, headers=[("Location", "https://elsewhere.example/")]
    ),
    FaultKind.REFUSE: lambda _: Response(drops=True),
}
