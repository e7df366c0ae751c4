"""Which mailboxes there are, by the ids that Graph gives them, and what it remembers of them.

``MBX:<mailbox>@<tenant>`` names a primary mailbox, an archive, or an auxiliary archive: of an
archive that grows on its own, folders lie in auxiliary ones, and whoever asks for them by the main
archive's id is sent there.

Source:
    https://learn.microsoft.com/graph/handle-archive-mailbox-redirects
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.lab.estate import standard_folders
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.mailbox import Identity, Mailbox
from strongroom.lab.graph.mailbox.errors import no_such_mailbox
from strongroom.lab.graph.mailbox.habits import Habits

_ID = re.compile(r"MBX:([0-9a-f-]{36})@([0-9a-f-]{36})", re.IGNORECASE)
_NAMESPACE = uuid.UUID("c6f7a3d2-2a51-4b0c-9a63-7d1f6a0e5b11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A mailbox that somebody names.

    Attributes:
        guid: By which GUID; of an auxiliary archive it is not the mailbox's own.
        owner: Whose it is.
    """

    guid: uuid.UUID
    mailbox: Mailbox
    owner: User
    tenant_id: str

    @property
    def id(self) -> str:
        """``MBX:…@…`` as Graph spells it."""
        return mailbox_id(self.guid, self.tenant_id)


@dataclass(slots=True, kw_only=True)
class Auxiliary:
    """A part of an archive that lies elsewhere.

    Attributes:
        folders: Numbers of the folders that lie there; what is below them does too.
    """

    guid: uuid.UUID
    archive: Mailbox
    folders: set[int] = field(default_factory=set)


class MailStore:
    """The estate as Graph sees it. Hold ``estate.lock`` to work with it.

    Attributes:
        estate: Whose mailboxes.
        habits: What Graph does where it may do either.
        auxiliaries: The parts of archives that lie elsewhere.
        generation: Tokens of ``delta`` from before this number have expired.
    """

    def __init__(self, estate: Estate, *, habits: Habits | None = None) -> None:
        self.estate = estate
        self.habits = habits or Habits()
        self.auxiliaries: list[Auxiliary] = []
        self.generation = 0
        self._unknown: dict[uuid.UUID, Mailbox] = {}

    def forget_tokens(self) -> None:
        """Let all tokens of ``delta`` that were given out so far expire."""
        self.generation += 1

    def find(self, tenant: Tenant, text: str) -> Reached:
        """Find the mailbox of an id.

        Raises:
            GraphError: 404.
        """
        match = _ID.fullmatch(text)
        if match is None or match[2].casefold() != tenant.id.casefold():
            raise no_such_mailbox()
        try:
            guid = uuid.UUID(match[1])
        except ValueError as error:
            raise no_such_mailbox() from error
        part = next((one for one in self.auxiliaries if one.guid == guid), None)
        wanted = guid if part is None else part.archive.guid
        known = self.estate.mailbox_by_guid(wanted)
        is_archive = known is not None and known.is_archive
        for user in tenant.users.values():
            # Only of an archive it must be looked up whose it is.
            if user.mailbox_guid != str(wanted) and not is_archive:
                continue
            primary = self.mailbox_of(user)
            mailbox = primary.archive if is_archive else primary
            if mailbox is not None and mailbox.guid == wanted:
                return Reached(guid=guid, mailbox=mailbox, owner=user, tenant_id=tenant.id)
        raise no_such_mailbox()

    def mailbox_of(self, user: User) -> Mailbox:
        """Give somebody's mailbox; one that the estate does not know is empty."""
        guid = uuid.UUID(user.mailbox_guid)
        return self.estate.mailbox_by_guid(guid) or self._empty(guid, user)

    def move_to_auxiliary(self, folder: Folder) -> Auxiliary:
        """Let a folder of an archive, and what is below it, lie in an auxiliary archive."""
        archive = folder.mailbox
        guid = uuid.uuid5(_NAMESPACE, f"{archive.guid} {len(self.auxiliaries)}")
        made = Auxiliary(guid=guid, archive=archive, folders={folder.counter})
        self.auxiliaries.append(made)
        return made

    def home_of(self, folder: Folder) -> uuid.UUID:
        """Say by which GUID a folder is reached."""
        for part in self.auxiliaries:
            place: Folder | None = folder
            while part.archive is folder.mailbox and place is not None:
                if place.counter in part.folders:
                    return part.guid
                place = place.parent
        return folder.mailbox.guid

    def _empty(self, guid: uuid.UUID, user: User) -> Mailbox:
        if guid not in self._unknown:
            identity = Identity(
                guid=guid,
                database_guid=self.estate.database_guid,
                address=user.upn,
                name=user.name,
            )
            self._unknown[guid] = Mailbox(
                identity,
                clock=self.estate.clock,
                lock=self.estate.lock,
                folders=standard_folders.PRIMARY,
            )
        return self._unknown[guid]


def mailbox_id(guid: uuid.UUID, tenant_id: str) -> str:
    """Write the id of a mailbox."""
    return f"MBX:{guid}@{tenant_id}"
