"""The one place that lets callers in, or refuses them and writes it down.

What a verb needs is decided in three steps, each of which only narrows:

1. ``admit``: the verb's right, by role or by any grant of it.
2. ``confine``: where only grants give the right, the very thing must be among theirs.
3. ``second_person``: a marked thing needs the approval of somebody else.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta

from strongroom.clock import Clock
from strongroom.control import delegation
from strongroom.control import second_person as rows
from strongroom.control.database import Database
from strongroom.control.delegation import Grant
from strongroom.control.rows import json_text
from strongroom.control.second_person import Request
from strongroom.errors import AccessDenied
from strongroom.service.auditing import REFUSED, AuditLog
from strongroom.service.rights import GRANTED, RIGHTS_OF, Right, Role
from strongroom.service.session import Session
from strongroom.service.verbs import Rule
from strongroom.words.json import Json

ANYTHING = "*"
_APPROVED_FOR = timedelta(hours=24)
"""How long an approval waits to be used."""

_ALWAYS = "Nobody alone may destroy at once what waits otherwise."
_LOOK_FOR = timedelta(hours=1)
"""How long one may look at content once that was approved: looking takes many calls."""


class Guard:
    """Lets callers in. Safe in many threads.

    Args:
        database: The control database; it is asked anew each time, so that what was taken away is
            gone at once.
        log: The audit log.
        home: The account that the home belongs to. It is administrator and has every right: the
            files and the key are its own, and refusing it here would only be for show.
        clock: Time.
    """

    def __init__(
        self, database: Database, log: AuditLog, *, home: frozenset[str], clock: Clock
    ) -> None:
        self._database = database
        self._log = log
        self._home = home
        self._clock = clock

    def is_home(self, session: Session) -> bool:
        """Say whether the home is the caller's own."""
        return session.is_any_of(self._home)

    def rights(self, session: Session) -> frozenset[Right]:
        """Say which rights the caller has over everything."""
        if self.is_home(session):
            return frozenset(Right)
        with self._database.read() as db:
            given = delegation.roles_of(db, session.caller.ids)
        known = {str(role) for role in Role}
        return frozenset().union(*(RIGHTS_OF[Role(g.role)] for g in given if g.role in known))

    def grants(self, session: Session, right: Right) -> list[Grant]:
        """List the caller's grants of one right."""
        with self._database.read() as db:
            found = delegation.grants_of(db, session.caller.ids)
        return [one for one in found if one.permission == right]

    def admit(self, session: Session, name: str, rule: Rule, about: Mapping[str, Json]) -> None:
        """Let a caller in to a verb.

        Raises:
            AccessDenied: they have not the right, over nothing at all.
        """
        is_admitted = rule.right in self.rights(session) or (
            rule.right in GRANTED and bool(self.grants(session, rule.right))
        )
        if not is_admitted:
            raise self.refused(session, name, rule.right, about)
        if rule.is_audited:
            self._log.write(session, name, about)

    def confine(
        self,
        session: Session,
        name: str,
        right: Right,
        *,
        source: str | None = None,
        target: str | None = None,
    ) -> None:
        """Look whether the right reaches this very source and target, where grants give it.

        Raises:
            AccessDenied: it does not.
        """
        if not self.reaches(session, right, source=source, target=target):
            about: dict[str, Json] = {"source": source, "target": target}
            raise self.refused(session, name, right, about)

    def reaches(
        self,
        session: Session,
        right: Right,
        *,
        source: str | None = None,
        target: str | None = None,
    ) -> bool:
        """Say whether the right reaches this very source and target."""
        return right in self.rights(session) or any(
            (source is None or covers(grant.sources, source))
            and (target is None or covers(grant.targets, target))
            for grant in self.grants(session, right)
        )

    def may_reach_place(
        self, session: Session, right: Right, source: str, connection_id: str
    ) -> bool:
        """Say whether the right reaches anything at all behind a connection, from this source."""
        return right in self.rights(session) or any(
            covers(grant.sources, source)
            and any(one == ANYTHING or one.startswith(f"{connection_id}/") for one in grant.targets)
            for grant in self.grants(session, right)
        )

    def has_marks(self) -> bool:
        """Say whether anything at all needs a second person."""
        with self._database.read() as db:
            return bool(rows.all_marks(db))

    def refused(
        self, session: Session, name: str, right: Right, about: Mapping[str, Json]
    ) -> AccessDenied:
        """Write a refusal down, and give it to be raised."""
        why = f"It needs the right '{right}'" + (" over this." if right in GRANTED else ".")
        self._log.write(session, name, about, outcome=REFUSED, why=why)
        return AccessDenied(
            f"You may not do this ({name}).",
            why=why,
            hint="An administrator can give it: see `strongroom role --help`.",
        )

    def marked(self, things: Collection[str]) -> bool:
        """Say whether any of these things needs a second person."""
        wanted = {form for thing in things for form in _forms(thing)}
        with self._database.read() as db:
            return bool(rows.marked(db, wanted))

    def second_person(
        self,
        session: Session,
        name: str,
        things: Collection[str],
        what: Mapping[str, Json],
        *,
        is_look: bool = False,
        is_always: bool = False,
    ) -> None:
        """Ask for a second person where a thing is marked; go on where there was one.

        Args:
            session: Who asks.
            name: The verb.
            things: What it touches.
            what: All that it was asked with: an approval is for exactly this.
            is_look: It only reads: one approval is good for an hour, not for one call.
            is_always: It needs one whether anything is marked or not.

        Raises:
            AccessDenied: nobody else has approved it yet; the hint names the request.
        """
        if not is_always and not self.marked(things):
            return
        now = self._clock.now()
        account, text = session.caller.ids[0], json_text(what)
        with self._database.write() as db:
            asked = rows.requests_like(db, account=account, verb=name, what=text)
            good_for = _LOOK_FOR if is_look else _APPROVED_FOR
            for one in asked:
                if one.approved is not None and now - one.approved <= good_for:
                    if not is_look:
                        rows.use(db, one.id, now=now)
                    return
            waiting = next((one for one in asked if one.approved is None), None)
            if waiting is None:
                waiting = Request(
                    id=secrets.token_hex(5),
                    account=account,
                    asked_as=session.caller.name,
                    verb=name,
                    what=text,
                    asked=now,
                )
                rows.add_request(db, waiting)
        why = _ALWAYS if is_always else "It is marked as needing a second person."
        self._log.write(session, name, {**what, "request": waiting.id}, outcome=REFUSED, why=why)
        raise AccessDenied(
            f"Somebody else has to approve this first ({name}).",
            why=why,
            hint=f"Ask another administrator to approve request {waiting.id}, then do the same "
            "again.",
        )


def covers(granted: Collection[str], thing: str) -> bool:
    """Say whether a grant's list names a thing."""
    return any(form in granted for form in _forms(thing))


def _forms(thing: str) -> tuple[str, str, str]:
    """Give the ways to name a thing in a list: by itself, with all of its place, with all."""
    place = thing.partition("/")[0]
    return thing, f"{place}/{ANYTHING}", ANYTHING
