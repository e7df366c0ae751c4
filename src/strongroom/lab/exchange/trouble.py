"""How each planned fault looks on the wire of this protocol."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.lab.exchange.errors import EwsError, SoapFault, fault_document
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.https import Response
from strongroom.lab.sign_in.basic import CHALLENGE

_XML = ("Content-Type", "text/xml; charset=utf-8")
_HTML = ("Content-Type", "text/html")
_CRASH_PAGE = b"<html><title>Server Error in '/EWS' Application.</title></html>"
_ERROR_PAGE = "/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"


def instead(fault: Fault) -> Response | None:
    """Give the answer that takes the place of the right one; None if the request is carried out.

    Raises:
        SoapFault: the answer is a fault with the usual status.
    """
    if fault.kind is FaultKind.BUSY:
        wait = str(int(fault.seconds * 1000))
        raise SoapFault("ErrorServerBusy", values={"BackOffMilliseconds": wait})
    if fault.kind is FaultKind.SOAP_FAULT_200:
        raise SoapFault("ErrorInternalServerTransientError", status=200)
    make = _INSTEAD.get(fault.kind)
    return None if make is None else make(fault)


def carried_out(fault: Fault | None, response: Response) -> Response:
    """Do to the answer of a request that was carried out what the fault says."""
    if fault is not None and fault.kind is FaultKind.CUT:
        response.cuts = True
    if fault is not None and fault.kind is FaultKind.DROP:
        response.drops = True
    return response


def _busy_in_body(fault: Fault) -> Response:
    wait = str(int(fault.seconds * 1000))
    error = EwsError(
        "ErrorInternalServerError",
        values={
            "InnerErrorResponseCode": "ErrorServerBusy",
            "InnerErrorMessageText": "The server cannot service this request right now.",
            "BackOffMilliseconds": wait,
        },
    )
    body = fault_document(error).encode()
    return Response(status=200, headers=[_XML], body=body)


def _unavailable(fault: Fault) -> Response:
    wait = [("Retry-After", str(int(fault.seconds)))] if fault.seconds else []
    return Response(status=503, headers=wait)


_INSTEAD: dict[FaultKind, Callable[[Fault], Response]] = {
    FaultKind.BUSY_IN_BODY: _busy_in_body,
    FaultKind.UNAVAILABLE: _unavailable,
    FaultKind.UNAUTHORIZED: lambda _: Response(status=401, headers=[CHALLENGE]),
    FaultKind.INTERNAL_PAGE: lambda _: Response(status=500, headers=[_HTML], body=_CRASH_PAGE),
    FaultKind.REDIRECT: lambda _: Response(status=302, headers=[("Location", _ERROR_PAGE)]),
    FaultKind.REFUSE: lambda _: Response(drops=True),
}
