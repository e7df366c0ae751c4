"""A lab's EWS with somebody watching: what was asked, what was refused, and a moment to act."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable

from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer

_OPERATION = re.compile(rb"<(?:s|soap):Body><m:(\w+)")
_PROOF = re.compile(r"(?:Basic|Bearer) |(?:NTLM|Negotiate) TlRMTVNTUAAD")
"""A password, a token, or the last message of NTLM; not those that only begin to prove."""
_EXPORTED = re.compile(rb'ItemId Id="([^"]+)"')


class WatchedExchange:
    """Stands before the EWS of a lab. Safe in many threads.

    Attributes:
        before: Called with an operation's name and how often it came, this time included, before it
            is answered; one request at a time.
        asked: How often each operation came, refused or not.
        refused: How many requests were answered with 401 although they brought a whole proof.
        handed_out: How often each item's content was handed out, by its id.
    """

    def __init__(self, server: LabServer) -> None:
        self.before: Callable[[str, int], None] = lambda _name, _number: None
        self.asked: Counter[str] = Counter()
        self.refused = 0
        self.handed_out: Counter[bytes] = Counter()
        self._answer = server.pages["/ews/"]
        self._lock = threading.Lock()
        server.pages["/ews/"] = self.answer

    def answer(self, request: Request) -> Response:
        """Answer as the lab does."""
        found = _OPERATION.search(request.body)
        name = found[1].decode() if found else ""
        if request.method == "GET":
            # A look at whether a token is taken; what is done before an operation may be that.
            return self._answer(request)
        with self._lock:
            self.asked[name] += 1
            self.before(name, self.asked[name])
        response = self._answer(request)
        with self._lock:
            if response.status == 401 and _PROOF.match(request.headers.get("authorization", "")):
                self.refused += 1
            elif name == "ExportItems" and response.status == 200:
                self.handed_out.update(_EXPORTED.findall(request.body))
        return response


def at(operation: str, number: int, act: Callable[[], object]) -> Callable[[str, int], None]:
    """Act once, before the so-many-th request of that operation from now on is answered."""
    seen = 0

    def before(name: str, _: int) -> None:
        nonlocal seen
        if name == operation:
            seen += 1
            if seen == number:
                act()

    return before
