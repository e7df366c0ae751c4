"""What all chapters of the organisation's story share: who takes part, and where it plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from strongroom.content import tags
from strongroom.content.message import Message, moment
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.seed.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part.

    Attributes:
        users: People with a mailbox of their own; the first has the most of everything.
        former: Somebody who left; the mailbox is disabled.
        shared: The shared mailbox, as a correspondent.
        room: The meeting room, as a correspondent.
        outsiders: People of other firms.
    """

    users: tuple[Person, ...]
    former: Person
    shared: Person
    room: Person
    outsiders: tuple[Person, ...]

    @property
    def staff(self) -> tuple[Person, ...]:
        """Everybody of the organisation who writes mail."""
        return (*self.users, self.former, self.shared)


class Stage:
    """The estate while its story is told: puts items in and sets the clock to each one's time.

    Attributes:
        estate: Where the story plays.
        rng: Draws everything that is drawn.
        now: The day on which the story ends: aware, UTC.
    """

    def __init__(
        self, estate: Estate, rng: Random, now: datetime, set_time: Callable[[datetime], None]
    ) -> None:
        self.estate = estate
        self.rng = rng
        self.now = now
        self._set_time = set_time

    def put(self, folder: Folder, message: Message, *, is_associated: bool = False) -> StoredItem:
        """Put an item in as if it had come at the time it says itself."""
        made = moment(message.properties, tags.PidTagLastModificationTime, tags.PidTagCreationTime)
        self._set_time(made or self.now)
        return folder.add_item(message, is_associated=is_associated)

    def past(self, days_min: float, days_max: float) -> datetime:
        """Draw a moment that lies that many days back, to the second."""
        seconds = self.rng.randrange(int(days_min * 86400), int(days_max * 86400))
        return self.now - timedelta(seconds=seconds)

    def mailbox(self, person: Person) -> Mailbox:
        """Give the mailbox of somebody who has one.

        Raises:
            KeyError: the person is an outsider.
        """
        mailbox = self.estate.mailbox(person.address)
        if mailbox is None:
            raise KeyError(person.address)
        return mailbox


def folder_at(mailbox: Mailbox, path: tuple[str, ...], kind: str = "IPF.Note") -> Folder:
    """Find a folder below the top that people see, and make what is missing of its path."""
    folder = mailbox.find_folder_by_role("msgfolderroot") or mailbox.root
    for name in path:
        folder = folder.child(name) or mailbox.add_folder(folder, name, kind)
    return folder
