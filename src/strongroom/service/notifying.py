"""Verbs of notifications: where messages go, what is told there, and how that goes.

An address can be put in and never got out again: it holds passwords and tokens. What is shown of it
is its sort.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from strongroom.control import channels as rows
from strongroom.control import rules
from strongroom.control.channels import Channel
from strongroom.errors import OperatorError
from strongroom.service import digest, sealed_channels
from strongroom.service.digest import DigestRule
from strongroom.service.happenings import USUALLY, Event
from strongroom.service.rights import Right
from strongroom.service.sending_notices import ChannelState, states
from strongroom.service.shared import checked_name
from strongroom.service.verbs import Verbs, verb
from strongroom.vault.secret import Secret
from strongroom.wire.posting.destination import Destination, Letter

_TEST = Letter(
    title="Strongroom: a test",
    body="Somebody tried whether messages arrive here. They do.",
    tone="info",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When the daily digest goes.

    Attributes:
        at: Hour and minute on the clock of the zone.
        time_zone: Name of the zone.
        channels: Names of the channels that are sent it.
    """

    at: str
    time_zone: str
    channels: Sequence[str]


class Notifications(Verbs):
    """The verbs. Safe in many threads."""

    noun = "notifications"

    @verb(Right.MANAGE, is_audited=True)
    def add(
        self,
        name: str,
        address: Secret,
        *,
        events: Sequence[str] = USUALLY,
        ca_pem: str | None = None,
        proxy: str | None = None,
    ) -> ChannelState:
        """Send messages there from now on. Nobody is asked; ``test`` does that.

        Args:
            name: What to call it.
            address: Where (see ``wire.posting.addresses``).
            events: What is told there (see ``happenings.Event``).
            ca_pem: Authorities to trust there instead of the system's, PEM.
            proxy: ``http://host:port`` to go through; never for mail.

        Raises:
            OperatorError: the name is taken, or the address or an event cannot be used.
        """
        shared = self._shared
        checked_name("channel", name)
        destination = Destination(address=address.reveal(), ca_pem=ca_pem, proxy=proxy)
        sort = shared.ports.office.sort(destination)
        channel = Channel(
            id=uuid.uuid4().hex,
            name=name,
            sealed=b"",
            wrapped_key=b"",
            shown={},
            events=_checked(events),
            created=shared.ports.clock.now(),
        )
        with shared.database.write() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a channel '{name}' already.", hint="Choose another name."
                )
            rows.add(db, sealed_channels.sealed(shared.keys, channel, destination, sort))
            return _state(db, name)

    @verb(Right.LIST)
    def all(self) -> list[ChannelState]:
        """List the channels, and how sending to each goes."""
        with self._shared.database.read() as db:
            return states(db)

    @verb(Right.MANAGE, is_audited=True)
    def edit(
        self,
        name: str,
        *,
        address: Secret | None = None,
        events: Sequence[str] | None = None,
        ca_pem: str | None = None,
        proxy: str | None = None,
    ) -> ChannelState:
        """Change where a channel leads, or what is told there.

        What waits goes to the new address.

        Args:
            name: The channel.
            address: Where it leads from now on; None: as before. Authorities and proxy go with the
                address: those that were there are not kept for another one.
            events: All that is told there from now on; None: as before.
            ca_pem: See ``add``; only with an address.
            proxy: See ``add``; only with an address.

        Raises:
            OperatorError: there is no such channel, or the address or an event cannot be used.
        """
        shared = self._shared
        if address is None and (ca_pem is not None or proxy is not None):
            raise OperatorError(
                "Authorities and proxy belong to an address.", hint="Give the address again too."
            )
        told = None if events is None else _checked(events)
        new = None
        if address is not None:
            new = Destination(address=address.reveal(), ca_pem=ca_pem, proxy=proxy)
        sort = "" if new is None else shared.ports.office.sort(new)
        with shared.database.write() as db:
            channel = _known(db, name)
            if new is not None:
                sealed_channels.reseal(shared.keys, db, channel, new, sort)
            if told is not None:
                rows.change_events(db, channel.id, told)
            return _state(db, name)

    @verb(Right.MANAGE, is_audited=True)
    def test(self, name: str) -> ChannelState:
        """Send a message there now.

        Raises:
            OperatorError: there is no such channel.
            TransientError: it was not taken; why is told, and nothing of the address.
        """
        shared = self._shared
        with shared.database.read() as db:
            channel = _known(db, name)
        shared.ports.office.send(sealed_channels.opened(shared.keys, channel), _TEST)
        with shared.database.write() as db:
            rows.went_well(db, channel.id)
            return _state(db, name)

    @verb(Right.MANAGE, is_audited=True)
    def remove(self, name: str) -> None:
        """Send nothing there any more, nor what waits.

        Raises:
            OperatorError: there is no such channel.
        """
        with self._shared.database.write() as db:
            rows.remove(db, _known(db, name).id)

    @verb(Right.LIST)
    def digest(self) -> Digest:
        """Say when the daily digest goes, and where."""
        with self._shared.database.read() as db:
            return _digest(db)

    @verb(Right.MANAGE, is_audited=True)
    def set_digest(self, hour: str, time_zone: str) -> Digest:
        """Say when the daily digest goes.

        Args:
            hour: Hour and minute, ``07:00``.
            time_zone: Name of the zone whose clock that is.

        Raises:
            OperatorError: it is no time, or there is no such zone.
        """
        now = self._shared.ports.clock.now()
        rule = DigestRule(at=hour, time_zone=time_zone, since=now)
        with self._shared.database.write() as db:
            rules.put(db, digest.RULE, rule.to_json())
            return _digest(db)


def _known(db: sa.Connection, name: str) -> Channel:
    channel = rows.by_name(db, name)
    if channel is None:
        raise OperatorError(f"There is no channel '{name}'.", hint="See `strongroom notify list`.")
    return channel


def _state(db: sa.Connection, name: str) -> ChannelState:
    return next(one for one in states(db) if one.name == name)


def _digest(db: sa.Connection) -> Digest:
    rule = DigestRule.from_json(rules.get(db, digest.RULE))
    told = [one.name for one in rows.everything(db) if Event.DIGEST in one.events]
    return Digest(at=rule.at, time_zone=rule.time_zone, channels=told)


def _checked(events: Sequence[str]) -> tuple[str, ...]:
    """Take names of events, in a fixed order and each once.

    Raises:
        OperatorError: one is not known, or there is none.
    """
    unknown = set(events) - {str(one) for one in Event}
    if unknown or not events:
        raise OperatorError(
            "This is nothing that can be told." if unknown else "Nothing would be told.",
            hint=f"It may be: {', '.join(Event)}.",
        )
    return tuple(str(one) for one in Event if one in events)
