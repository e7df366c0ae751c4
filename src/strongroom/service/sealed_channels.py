"""Opening and sealing where messages go: the only place where both ends meet."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from strongroom.control import channels as rows
from strongroom.control.channels import Channel
from strongroom.service.keys import Keys, channel_identity
from strongroom.vault.sealing import Sealed, seal, unseal
from strongroom.wire.posting.destination import Destination


def opened(keys: Keys, channel: Channel) -> Destination:
    """Open where a channel leads; never while the write lock is held.

    Raises:
        IntegrityError: it was changed, or belongs to another channel.
    """
    boxes = Sealed(record=channel.sealed, wrapped_key=channel.wrapped_key)
    identity = channel_identity(channel)
    return Destination.from_bytes(keys.opened(lambda key: unseal(boxes, identity, service_key=key)))


def sealed(keys: Keys, channel: Channel, destination: Destination, sort: str) -> Channel:
    """Seal where a new channel leads. The caller holds the write lock.

    Args:
        keys: Of the home.
        channel: The channel, as yet without boxes.
        destination: Where it leads.
        sort: Of which sort the address is: all that lists show of it.
    """
    boxes = seal(destination.to_bytes(), channel_identity(channel), service_key=keys.to_seal())
    return replace(
        channel, sealed=boxes.record, wrapped_key=boxes.wrapped_key, shown={"sort": sort}
    )


def reseal(
    keys: Keys, db: sa.Connection, channel: Channel, destination: Destination, sort: str
) -> None:
    """Seal another place in place of the one that there is, under a key of its own.

    Args:
        keys: Of the home.
        db: A transaction that holds the write lock.
        channel: The channel, as it is in this transaction.
        destination: Where it leads from now on.
        sort: Of which sort the address is.
    """
    new = sealed(keys, channel, destination, sort)
    rows.reseal(db, channel.id, sealed=new.sealed, wrapped_key=new.wrapped_key, shown=new.shown)
