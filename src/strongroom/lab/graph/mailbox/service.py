"""The way of a request about a mailbox: limits → planned faults → weather → estate.

Two origins lead here: Graph's own, and the one that items are imported through.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace

import orjson

from strongroom.clock import Clock
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox.importing import Importer
from strongroom.lab.graph.mailbox.limits import Limits, Slot, Who
from strongroom.lab.graph.mailbox.places import MailStore, mailbox_id
from strongroom.lab.graph.mailbox.routes import Route, routes, with_slashes
from strongroom.lab.graph.trouble import carried_out, instead
from strongroom.lab.graph.weathered import SYNC, through
from strongroom.lab.https import Request, Response
from strongroom.lab.weather.visit import Asked
from strongroom.lab.weather.weather import Weather

IMPORT = "importItem"

Write = Callable[[object, int], Response]
"""Makes the answer of what a handler gave, and of the status that its route has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One request about a mailbox.

    Attributes:
        address: Of its owner, by which faults are planned.
        things: How many items it is about.
        work: Carries it out.
    """

    name: str
    who: Who
    address: str
    things: int
    request: Request
    is_in_batch: bool
    work: Callable[[Fault | None], Response]


class MailService:
    """Answers for mailboxes. Safe to call from many threads.

    Attributes:
        store: The mailboxes, with the habits.
        limits: How much an application may ask.
        faults: What is to go wrong; may be replaced while it runs.
        weather: The limits of the servers; None: they have none.
        importer: Where items are brought to.
        requests: How many requests of each kind came.
    """

    def __init__(
        self, store: MailStore, importer: Importer, *, lock: threading.RLock, clock: Clock
    ) -> None:
        self.store = store
        self.importer = importer
        self.limits = Limits(clock=clock)
        self.faults = FaultPlan()
        self.weather: Weather | None = None
        self.requests: Counter[str] = Counter()
        self._lock = lock
        self._clock = clock
        self._routes = routes(importer)

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """Find what answers a request, and what stands for the placeholders."""
        plain = with_slashes(path)
        for route in self._routes:
            match = route.pattern.fullmatch(plain)
            if match is not None and method == route.method:
                return route, match.groups()
        return None

    def serve(self, route: Route, call: Call, request: Request, write: Write) -> Response:
        """Answer a request to Graph.

        Raises:
            GraphError: it is refused.
        """
        place, address = self._place(call)

        def work(fault: Fault | None) -> Response:
            with self._lock, self.store.estate.lock:
                return write(route.handler(replace(call, fault=fault)), route.status)

        job = _Job(
            name=route.name,
            who=(call.claims.app_id, place),
            address=address,
            things=_items_in(request.body) if route.name == "exportItems" else 0,
            request=request,
            is_in_batch=call.is_in_batch,
            work=work,
        )
        return self._carry_out(job)

    def take(self, request: Request, write: Write) -> Response:
        """Answer a request to the place that imports.

        Raises:
            GraphError: it is refused.
        """
        if len(request.body) > self.store.habits.import_bytes_max:
            raise GraphError(413, "ErrorMessageSizeExceeded", "The request is too large.")
        with self._lock:
            session = self.importer.session_of(request, self._clock.now())

        def work(fault: Fault | None) -> Response:  # noqa: ARG001 - it has no items of its own
            with self.store.estate.lock:
                return write(self.importer.take(request, session), 200)

        job = _Job(
            name=IMPORT,
            who=(session.app_id, session.reached.id.casefold()),
            address=session.reached.owner.upn,
            things=1,
            request=request,
            is_in_batch=False,
            work=work,
        )
        return self._carry_out(job)

    def _carry_out(self, job: _Job) -> Response:
        with self._lock:
            self.requests[job.name] += 1
        brought = 0 if job.request.method == "GET" else len(job.request.body)
        slot = self.limits.enter(job.who, brought, is_in_batch=job.is_in_batch)
        try:
            response = self._in_trouble(job)
        except BaseException:
            slot.leave()
            raise
        return _leaving(response, slot)

    def _in_trouble(self, job: _Job) -> Response:
        fault = self.faults.next_for(job.name, job.address)
        if fault is not None and fault.kind is FaultKind.SLOW:
            self.store.estate.clock.sleep(fault.seconds)
        if fault is not None and (ready := instead(fault)) is not None:
            return ready

        def carry_out() -> Response:
            return carried_out(fault, job.work(fault))

        if self.weather is None:
            return carry_out()
        kind = SYNC if job.name.endswith("delta") else job.name
        asked = Asked(caller=job.who[0], place=job.who[1], kind=kind)
        return through(self.weather, job.request, asked, job.things, carry_out)

    def _place(self, call: Call) -> tuple[str, str]:
        """Say which mailbox a request is about, and whose it is."""
        text = call.path[0]
        with self._lock:
            if not text.casefold().startswith("mbx:"):
                user = call.tenant.user(text)
                guid = user.mailbox_guid if user is not None else text
                return f"mbx:{guid}@{call.tenant.id}".casefold(), user.upn if user else text
            with self.store.estate.lock:
                try:
                    reached = self.store.find(call.tenant, text)
                except GraphError:
                    return text.casefold(), text
        return mailbox_id(reached.guid, call.tenant.id).casefold(), reached.owner.upn


class _Leaving:
    """An answer in pieces that is on its way: what ``Response.sending`` wants."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot

    def pieces(self, body: bytes) -> Generator[bytes, None, None]:
        yield body

    def end(self) -> None:
        self._slot.leave()


def _leaving(response: Response, slot: Slot) -> Response:
    """Let a request out when its answer is ready, or in pieces when the last one is made."""
    if isinstance(response.body, bytes):
        slot.leave()
        return response
    response.body = _until_made(response.body, slot)
    response.sending = _Leaving(slot)
    return response


def _until_made(pieces: Iterable[bytes], slot: Slot) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        slot.leave()


def _items_in(body: bytes) -> int:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0
    rows = found.items() if isinstance(found, dict) else ()
    named = [value for name, value in rows if name.casefold() == "itemids"]
    return len(named[0]) if named and isinstance(named[0], list) else 0
