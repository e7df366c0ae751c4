"""The EWS face: one HTTP request in, one answer out.

The way of a request: sign-in → planned faults → XML → weather → impersonation → schema → operation
→ answer.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.words import Account
from strongroom.lab.exchange import envelope, schema
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError, SoapFault, fault_document
from strongroom.lab.exchange.operations.table import OPERATIONS
from strongroom.lab.exchange.trouble import carried_out, instead
from strongroom.lab.exchange.weathered import kind_of, policy_values, through
from strongroom.lab.exchange.xml import NotXml, name_of, parse
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.https import Request, Response
from strongroom.lab.quirks import Quirks
from strongroom.lab.sign_in.door import Door
from strongroom.lab.weather import Weather
from strongroom.lab.weather.visit import Asked

_log = logging.getLogger(__name__)

_STREAM_PIECE_BYTES = 1 << 16


class ExchangeFace:
    """Answers EWS requests from an estate. Safe to call from many threads.

    Attributes:
        quirks: How it differs from the book; may be replaced while it runs.
        faults: What is to go wrong; may be replaced while it runs.
        weather: The limits of the server; None: it has none.
        requests: How many requests of each operation came, for tests that count.
        requests_by: The same by who signed in: ``(user, operation)``.
        crashes: Errors of our own; a test that leaves one here has found a bug in the lab.
        door: Who is let in; more ways may be added to those of the premises.
        violations: Answers of ours that the schema refused (with ``validates_answers``).
    """

    def __init__(
        self,
        estate: Estate,
        *,
        faults: FaultPlan | None = None,
        quirks: Quirks | None = None,
        validates_answers: bool = False,
        weather: Weather | None = None,
    ) -> None:
        self.estate = estate
        self.faults = faults or FaultPlan()
        self.weather = weather
        self.quirks = quirks or Quirks()
        self.validates_answers = validates_answers
        self.requests: Counter[str] = Counter()
        self.requests_by: Counter[tuple[str, str]] = Counter()
        self.crashes: list[Exception] = []
        self.violations: list[str] = []
        self.door = Door(estate)
        self._in_flight: Counter[str] = Counter()
        self._count_lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        response = self._answer(request)
        response.headers = [*self._headers(request), *response.headers]
        return response

    def _answer(self, request: Request) -> Response:
        if request.path.partition("?")[0].casefold() != "/ews/exchange.asmx":
            return Response(status=404)
        entered = self.door.enter(request, self.quirks.sign_in_rules)
        if isinstance(entered, Response):
            return entered
        if request.method != "POST":
            response = Response(status=405)
        else:
            response = self._guarded(lambda: self._serve(request, entered.account))
        response.headers = [*entered.headers, *response.headers]
        return response

    def _guarded(self, work: Callable[[], Response]) -> Response:
        try:
            return work()
        except EwsError as error:
            return self._fault(error, error.status if isinstance(error, SoapFault) else 500)
        except Exception as error:  # noqa: BLE001 - the border: a bug of ours must not hang clients
            _log.exception("the lab's own error")
            self.crashes.append(error)
            return self._fault(SoapFault("ErrorInternalServerError"), 500)

    def _serve(self, request: Request, account: Account) -> Response:
        try:
            document = parse(request.body)
        except NotXml as error:
            raise SoapFault("ErrorSchemaValidation", str(error)) from error
        asked = envelope.read(document)
        operation = name_of(asked.body).removesuffix("Request")
        with self._count_lock:
            self.requests[operation] += 1
            self.requests_by[account.user, operation] += 1
        target = asked.impersonated or account.address or account.user
        if asked.impersonated is not None and _is_out_of_scope(asked.impersonated, account):
            # What a policy blocks is refused before anybody looks who it is.
            return Response(status=403)
        fault = self.faults.next_for(operation, target)
        if self.quirks.latency_s:
            self.estate.clock.sleep(self.quirks.latency_s)
        if self.quirks.mailbox_latency_s and _is_routed(request):
            self.estate.clock.sleep(self.quirks.mailbox_latency_s)
        if fault is not None and fault.kind is FaultKind.SLOW:
            self.estate.clock.sleep(fault.seconds)
        if fault is not None and (ready := instead(fault)) is not None:
            return ready
        place = target.casefold()

        def carry_out() -> Response:
            with self._slot(place):
                return carried_out(fault, self._carry_out(asked, operation, account, fault))

        if self.weather is None:
            return carry_out()
        who = Asked(caller=account.user.casefold(), place=place, kind=kind_of(operation))
        return through(self.weather, request, who, asked.body, lambda: self._guarded(carry_out))

    def _carry_out(
        self, asked: envelope.Asked, operation: str, account: Account, fault: Fault | None
    ) -> Response:
        known = OPERATIONS.get(operation)
        if known is None or not self.quirks.knows(operation):
            raise SoapFault("ErrorInvalidRequest", f"The operation {operation} is not known.")
        broken = schema.violation(asked.body)
        if broken is not None:
            raise SoapFault(
                "ErrorSchemaValidation",
                f"The request failed schema validation: {broken.text}",
                values={
                    "LineNumber": str(broken.line),
                    "LinePosition": str(broken.position),
                    "Violation": broken.text,
                },
            )
        with self.estate.lock:
            call = self._call(asked, operation, account)
            if fault is not None:
                call.corrupts_first_item = fault.kind is FaultKind.ITEM_CORRUPT
                call.spoils_first_export = fault.kind is FaultKind.TRUNCATED_EXPORT
                call.stops_batch = fault.kind is FaultKind.BATCH_STOPPED
            inner = known(call, asked.body)
        return self._ok(inner)

    def _call(self, asked: envelope.Asked, operation: str, account: Account) -> Call:
        user = account.address
        if asked.impersonated is not None:
            if not account.may_impersonate:
                raise SoapFault("ErrorImpersonateUserDenied")
            user = asked.impersonated
            target = self.estate.mailbox(user)
            if target is None or target.role == "disabled":
                raise SoapFault("ErrorNonExistentMailbox")
        elif account.must_impersonate:
            raise SoapFault(
                "ErrorInvalidExchangeImpersonationHeaderData",
                "ExchangeImpersonation SOAP header must be present for this type of OAuth token.",
            )
        return Call(
            estate=self.estate,
            quirks=self.quirks,
            account=account,
            user=user,
            mailbox=None if user is None else self.estate.mailbox(user),
            operation=operation,
        )

    def _ok(self, inner: str | Iterator[str | bytes]) -> Response:
        head, tail = envelope.around(self.quirks.version)
        if self.validates_answers:
            whole = inner if isinstance(inner, str) else b"".join(_bytes(inner)).decode()
            self._check(whole)
            inner = whole
        if isinstance(inner, str):
            body = (head + inner + tail).encode("utf-8", "replace")
            return Response(headers=[self._content_type()], body=body)
        return Response(headers=[self._content_type()], body=_joined(head, inner, tail))

    def _check(self, inner: str) -> None:
        broken = schema.violation(parse(inner.encode("utf-8", "replace")))
        if broken is not None:
            self.violations.append(f"{broken.text} in {inner[:2000]}")

    def _fault(self, fault: EwsError, status: int) -> Response:
        return Response(
            status=status,
            headers=[self._content_type()],
            body=fault_document(fault).encode("utf-8", "replace"),
        )

    def _content_type(self) -> tuple[str, str]:
        return "Content-Type", (
            "text/xml" if self.quirks.without_charset else "text/xml; charset=utf-8"
        )

    @contextmanager
    def _slot(self, budget: str) -> Iterator[None]:
        """Count a request against its budget.

        Raises:
            SoapFault: ErrorExceededConnectionCount.
        """
        limit = self.quirks.concurrency_max
        with self._count_lock:
            self._in_flight[budget] += 1
            is_over = self._in_flight[budget] > limit
        try:
            if is_over:
                raise SoapFault(
                    "ErrorExceededConnectionCount", values=policy_values("MaxConcurrency", limit, 0)
                )
            yield
        finally:
            with self._count_lock:
                self._in_flight[budget] -= 1

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        front_end, back_end = self.quirks.front_end, self.quirks.back_end
        if _is_routed(request):
            back_end = self.quirks.mailbox_back_end or back_end
        whole = back_end if "." in back_end else f"{back_end.lower()}.{self.estate.domain}"
        server = back_end.partition(".")[0]
        headers = [
            ("Date", format_datetime(self.estate.clock.now(), usegmt=True)),
            ("Server", "Microsoft-IIS/10.0"),
            ("Cache-Control", "private"),
            ("request-id", str(uuid.uuid4())),
            ("X-CalculatedBETarget", whole),
            ("X-DiagInfo", server),
            ("X-BEServer", server),
            ("X-FEServer", front_end),
            ("X-Powered-By", "ASP.NET"),
            ("Set-Cookie", f"X-BackEndCookie={server}~lab; path=/EWS; secure; HttpOnly"),
        ]
        for name, told in (
            ("X-FEProxyInfo", self.quirks.front_end_proxy),
            ("X-FEEFZInfo", self.quirks.edge),
        ):
            if told:
                headers.append((name, told))
        correlation = request.headers.get("client-request-id")
        if correlation and request.headers.get("return-client-request-id", "").lower() == "true":
            headers.append(("client-request-id", "".join(correlation.split())))
        return headers


def _is_routed(request: Request) -> bool:
    """Say whether the front end passes a request on to the server of the mailbox it names."""
    return bool(request.headers.get("x-anchormailbox"))


def _is_out_of_scope(address: str, account: Account) -> bool:
    only = account.impersonates_only
    return only is not None and address.casefold() not in only


def _bytes(pieces: Iterator[str | bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece.encode("utf-8", "replace") if isinstance(piece, str) else piece


def _joined(head: str, inner: Iterator[str | bytes], tail: str) -> Iterator[bytes]:
    """Give the answer in pieces of a good size for TLS records."""
    held = bytearray(head.encode())
    for piece in _bytes(inner):
        held += piece
        if len(held) >= _STREAM_PIECE_BYTES:
            yield bytes(held)
            held.clear()
    held += tail.encode()
    yield bytes(held)
