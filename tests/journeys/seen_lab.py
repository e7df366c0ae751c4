"""An Exchange with large mailboxes that keeps a journal of who asked for which of them."""

from __future__ import annotations

import base64
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange import ids
from strongroom.lab.https import Request, Response
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.bulk import Load, bulk
from strongroom.lab.server import LabServer
from strongroom.lab.weather.model import Profile
from tests.fakes.marked import canary

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
_WHOSE = re.compile(rb"<t:SmtpAddress>([^<]+)</t:SmtpAddress>")
_OPERATION = re.compile(rb"<(?:s|soap):Body><m:(\w+)")
_EXPORTED = re.compile(rb'ItemId Id="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came in.

    Attributes:
        by: The account that signed in; or whatever a test notes beside requests.
        mailbox: The address it acted for; empty: for itself.
        operation: What was asked.
    """

    by: str
    mailbox: str = ""
    operation: str = ""


class Journal:
    """What was asked, in order; several servers may write into one. Safe in many threads."""

    def __init__(self) -> None:
        self._lines: list[Asked] = []
        self._lock = threading.Lock()

    def note(self, asked: Asked) -> None:
        """Write one line."""
        with self._lock:
            self._lines.append(asked)

    def lines(self) -> list[Asked]:
        """Give what is written up to now."""
        with self._lock:
            return list(self._lines)


class SeenLab:
    """The server; a context manager.

    Args:
        journal: Where it writes what is asked.
        loads: The mailboxes.
        users: The accounts that may act for all of them.
        quirks: How it differs from the book.
        weather: Its limits, if it has any.

    Attributes:
        handed_out: How often the content of each item was handed out, by its id.
        before: Called with what is asked before it is answered; may wait.
    """

    def __init__(
        self,
        journal: Journal,
        loads: Sequence[Load],
        users: Sequence[str],
        *,
        quirks: Quirks | None = None,
        weather: Profile | None = None,
    ) -> None:
        self.estate = Estate(seed=7)
        self.passwords = {user: canary(f"password of {user}") for user in users}
        for user, password in self.passwords.items():
            self.estate.add_account(
                user, password=password, may_impersonate=True, may_search_mailboxes=True
            )
        for load in loads:
            bulk(self.estate, load, seed=7, now=NOW, password=lambda one: canary(f"of {one}"))
        self.server = LabServer(self.estate, quirks=quirks, weather=weather)
        self.handed_out: Counter[str] = Counter()
        self.before: Callable[[Asked], object] = lambda _: None
        self._journal = journal
        self._lock = threading.Lock()
        self._answer = self.server.pages["/ews/"]
        self.server.pages["/ews/"] = self._seen

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        assert self.estate.outgoing == []

    def url(self, host: str = "localhost") -> str:
        """Give the address of its EWS by one of its names."""
        return self.server.ews_url.replace("localhost", host)

    def add_empty(self, address: str) -> None:
        """Open one more mailbox, with nothing in it."""
        self.estate.add_mailbox(address, address, password=canary(f"of {address}"), archive=False)

    def items(self, address: str) -> list[str]:
        """List the ids of all items that people see in a mailbox, sorted."""
        with self.estate.lock:
            mailbox = self.estate.mailbox(address)
            assert mailbox is not None
            top = mailbox.folder_by_role("msgfolderroot")
            folders = (top, *top.descendants())
            return sorted(ids.item_id(one) for folder in folders for one in folder.items)

    def guid(self, address: str) -> str:
        """Say the id of a mailbox, which is another route to it than its address."""
        mailbox = self.estate.mailbox(address)
        assert mailbox is not None
        return str(mailbox.guid)

    def _seen(self, request: Request) -> Response:
        if request.method != "POST":
            return self._answer(request)
        whose, what = _WHOSE.search(request.body), _OPERATION.search(request.body)
        asked = Asked(
            _user(request), whose[1].decode() if whose else "", what[1].decode() if what else ""
        )
        self._journal.note(asked)
        self.before(asked)
        response = self._answer(request)
        if asked.operation == "ExportItems" and response.status == 200:
            with self._lock:
                self.handed_out.update(one.decode() for one in _EXPORTED.findall(request.body))
        return response


def _user(request: Request) -> str:
    scheme, _, proof = request.headers.get("authorization", "").partition(" ")
    return base64.b64decode(proof).decode().partition(":")[0] if scheme == "Basic" else ""
