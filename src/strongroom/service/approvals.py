"""Verbs of the second person: marking things, and approving what somebody else asked for."""

from __future__ import annotations

from strongroom.control import second_person as rows
from strongroom.control.second_person import Mark, Request
from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.connections import Connections
from strongroom.service.guard import ANYTHING
from strongroom.service.locating import locate
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb


class Approvals(Verbs):
    """The verbs. Safe in many threads."""

    noun = "approvals"

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        super().__init__(shared)
        self._connections = connections
        self._storages = storages

    @verb(Right.DELEGATE)
    def marks(self) -> list[Mark]:
        """List what needs a second person."""
        with self._shared.database.read() as db:
            return rows.all_marks(db)

    @verb(Right.DELEGATE, is_audited=True)
    def mark_stored(self, storage: str, resource: str = ANYTHING) -> Mark:
        """Let nobody alone look at, take out or restore what is stored of a resource."""
        record = self._storages.record(storage)
        if resource == ANYTHING:
            return self._mark(f"{record.id}/{ANYTHING}")
        located = locate(self._storages.open(storage), resource)
        return self._mark(f"{record.id}/{located.kind}:{located.id}")

    @verb(Right.DELEGATE, is_audited=True)
    def mark_connection(self, connection: str) -> Mark:
        """Let nobody alone change a connection or restore through it."""
        return self._mark(f"{self._connections.record(connection).id}/{ANYTHING}")

    def _mark(self, thing: str) -> Mark:
        shared = self._shared
        mark = Mark(
            thing=thing, marked_by=shared.session.caller.ids[0], at=shared.ports.clock.now()
        )
        with shared.database.write() as db:
            rows.add_mark(db, mark)
        return mark

    @verb(Right.DELEGATE, is_audited=True)
    def unmark(self, thing: str) -> None:
        """Take a mark off. That needs a second person, or one could do it all alone.

        Args:
            thing: As ``marks`` lists it.

        Raises:
            AccessDenied: nobody else has approved it yet.
            OperatorError: it is not marked.
        """
        shared = self._shared
        shared.guard.second_person(shared.session, "approvals.unmark", [thing], {"thing": thing})
        with shared.database.write() as db:
            if not rows.remove_mark(db, thing):
                raise OperatorError(
                    "This is not marked as needing a second person.",
                    hint="`strongroom approval marks` lists what is.",
                )

    @verb(Right.DELEGATE)
    def requests(self) -> list[Request]:
        """List what was asked for, newest first."""
        with self._shared.database.read() as db:
            return rows.all_requests(db)

    @verb(Right.DELEGATE, is_audited=True)
    def approve(self, request_id: str) -> Request:
        """Be the second person for exactly what somebody else asked for.

        Raises:
            AccessDenied: it is one's own request.
            OperatorError: there is none of that id, or it was approved already.
        """
        shared = self._shared
        with shared.database.read() as db:
            request = rows.request_by_id(db, request_id)
        if request is None:
            raise OperatorError(
                "There is no such request.",
                hint="`strongroom approval list` lists them with their ids, newest first.",
            )
        if request.account in shared.session.caller.ids:
            about = {"request_id": request_id}
            why = "It is the caller's own."
            shared.log.write(shared.session, "approvals.approve", about, outcome="refused", why=why)
            raise AccessDenied(
                "Nobody approves their own request.",
                hint="Ask another administrator.",
            )
        account = shared.session.caller.ids[0]
        with shared.database.write() as db:
            if not rows.approve(db, request_id, by=account, now=shared.ports.clock.now()):
                raise OperatorError(
                    "This request was approved already.",
                    hint="Whoever asked can do now what they asked for, once.",
                )
            approved = rows.request_by_id(db, request_id)
        return approved or request
