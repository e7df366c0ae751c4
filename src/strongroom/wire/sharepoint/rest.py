"""Asks a SharePoint's ``_api``: one sign-in, many sites of one server, pace and patience.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/get-to-know-the-sharepoint-rest-service
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from strongroom.errors import OperatorError
from strongroom.pace.patience import Budget
from strongroom.wire.http import ANSWER_BYTES_MAX
from strongroom.wire.origins import ForbiddenOrigin, Origin
from strongroom.wire.sharepoint.odata import NEXT_LINK
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Answer, Question, asking, writing
from strongroom.wire.sharepoint.rest_line import RestLine, site_of
from strongroom.wire.sharepoint.sealed import not_understood

__all__ = ["ALWAYS", "ONLINE", "RestConnection", "context_url", "site_of"]

T = TypeVar("T")

ALWAYS = {"X-FORMS_BASED_AUTH_ACCEPTED": "f"}
"""For the transport: without it a farm sends programs to its sign-in page as well."""

ONLINE = {**ALWAYS, "User-Agent": "ISV|Strongroom|Strongroom/0.1"}
"""In place of ``ALWAYS`` for Microsoft's own: where it has to choose, it lets traffic that names
itself this way go first."""

PAGES_MAX = 50_000


def context_url(site: str) -> str:
    """Give the address that the transport must be made for; connections are signed in there.

    A POST there gives a digest, and changes nothing.
    """
    return f"{site.rstrip('/')}/_api/contextinfo"


class _Rows(msgspec.Struct):
    value: list[Any]
    following: str = msgspec.field(name=NEXT_LINK, default="")


class RestConnection(RestLine):
    """Asks. Safe in many threads.

    Args:
        transport: To the server of the sites, made with ``ALWAYS``; whoever makes it closes it.
        clock: Time and waiting.
        pace: The server's pace, shared by everything that talks to it.
        random: Where the jitter of waits comes from.
        budget: How long one read keeps trying.
    """

    def __repr__(self) -> str:
        return f"RestConnection({self.transport!r})"

    def patient(self, site: str, budget: Budget | None = None) -> RestConnection:
        """Give another view of the same connection, for work that outlasts an outage.

        Args:
            site: Path of the site that all of the work is about, webs below it included.
            budget: How long one read keeps trying.
        """
        other = RestConnection(
            self.transport,
            clock=self.clock,
            pace=self._pace,
            random=self._random,
            budget=budget or Budget(),
            site=site.casefold().rstrip("/"),
        )
        other._shared = self._shared
        return other

    def get(
        self,
        target: str,
        kind: type[T],
        *,
        call: Call = Call.ONE,
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> T:
        """Ask, and again while time may heal it.

        Args:
            target: Path and query below the server: ``/sites/a/_api/web?$select=Id``.
            kind: What the answer is read as.
            call: What sort of call it is, for the pace: sorts differ in what they cost.
            bytes_max: A larger answer is none.

        Raises:
            SiteDenied: the sign-in is not taken, or lacks a right there.
            SiteRefused: there is no such thing, or the question makes no sense there.
            TransientError: the budget is used up.
            OperatorError: it is no SharePoint; or the sign-in did not come about.
        """
        return self.read(Question(target=target, call=call, bytes_max=bytes_max)).read(kind)

    def ask(self, target: str, body: object, kind: type[T], *, call: Call = Call.MANY) -> T:
        """Ask by a POST that changes nothing; it is tried again like any read.

        Raises:
            StrongroomError: as ``get``.
        """
        return self.read(asking(target, body, call=call)).read(kind)

    def post(
        self,
        target: str,
        body: object = None,
        *,
        method: str = "",
        etag: str = "*",
        call: Call = Call.WRITE,
    ) -> Answer:
        """Change something, once.

        Args:
            target: As above.
            body: What becomes JSON; bytes and pieces (``Body``) go as they are; None: nothing.
            method: ``MERGE``, ``PUT`` or ``DELETE`` where it is not a plain POST.
            etag: Which version may be changed, for those.
            call: As above.

        Raises:
            OutcomeUnknown: it may have happened; look before writing again.
            TransientError: it certainly did not happen (the server was busy); may be sent again.
            SiteDenied, SiteRefused: the server's no, with its code.
        """
        return self.write(writing(target, body, method=method, etag=etag, call=call))

    def rows(
        self,
        target: str,
        kind: type[T],
        *,
        call: Call = Call.MANY,
        first: Question | None = None,
    ) -> Iterator[tuple[T, ...]]:
        """Read a collection page by page, each of them whole.

        Args:
            target: As above.
            kind: What each row is read as.
            call: As above.
            first: What the first page is asked for by, where that is more than a target.

        Raises:
            ForbiddenOrigin: the next page's link leads to another host; nothing is sent there.
            StrongroomError: as ``get``.
        """
        question = first or Question(target=target, call=call, bytes_max=PAGE_BYTES_MAX)
        seen: set[str] = set()
        while True:
            seen.add(question.target)
            answer = self.read(question)
            page = answer.read(_Rows)
            yield self._rows(page.value, kind, answer)
            if not page.following:
                return
            following = self._here(page.following)
            if following in seen or len(seen) >= PAGES_MAX:
                raise OperatorError(
                    f"A list of {self.transport.host} has no end.",
                    why="It names the same page twice, or more pages than can be meant.",
                )
            question = replace(question, target=following)

    def _rows(self, rows: list[Any], kind: type[T], answer: Answer) -> tuple[T, ...]:
        try:
            return tuple(msgspec.convert(row, type=kind) for row in rows)
        except (msgspec.ValidationError, RecursionError):
            # Not "from" it: its text would repeat what the server sent.
            raise not_understood(answer.url, answer.status) from None

    def _here(self, link: str) -> str:
        """Give the path and query of a link that an answer names.

        Raises:
            ForbiddenOrigin: it leads to another host.
        """
        if link.startswith("/") and not link.startswith("//"):
            return link
        if Origin.of(link) != Origin.of(self.transport.url):
            raise ForbiddenOrigin(
                "The next page of a list is said to be on another host.",
                why=f"The sign-in is for {Origin.of(self.transport.url)} alone.",
            )
        parts = urlsplit(link)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
