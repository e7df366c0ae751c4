"""The whole simulated organisation: who there is, what they have, what went out."""

from __future__ import annotations

import hmac
import threading
import uuid

from strongroom.clock import Clock, SystemClock
from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate import standard_folders
from strongroom.lab.estate.group import DistributionGroup
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Identity, Mailbox
from strongroom.lab.estate.refusals import AddressTaken
from strongroom.lab.estate.words import Account, OutgoingMail, Permission

_NAMESPACE = uuid.UUID("5f0d7a34-6a0e-5c43-9c1d-3f6f2c1b7a90")

# What everybody may do in public folders unless one says otherwise; folders inherit it.
_EVERYONE = Permission(
    user="Default",
    can_create_items=True,
    can_create_subfolders=True,
    is_folder_owner=True,
    is_folder_visible=True,
    edit_items="All",
    delete_items="All",
    read_items="FullDetails",
)


class Estate:
    """Mailboxes, accounts, and a record of all mail that would have left.

    Every protocol face shares it, so what is put in through one is seen through another. Faces hold
    ``lock`` while they work on it; so does a test that reads or changes it beside a running server.

    Attributes:
        clock: Every time in the estate comes from here.
        seed: The same seed gives the same GUIDs.
        lock: Guards everything below.
        outgoing: All that was sent or would have been, oldest first.
        public_folders: The one public-folder tree.
    """

    def __init__(
        self, *, clock: Clock | None = None, seed: int = 0, domain: str = "lab.example"
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.seed = seed
        self.domain = domain
        self.lock = threading.RLock()
        self.outgoing: list[OutgoingMail] = []
        self.database_guid = self._guid("database")
        self._made = 0
        self._accounts: dict[str, Account] = {}
        self._passwords: dict[str, str] = {}
        self._mailboxes: dict[str, Mailbox] = {}
        self._by_guid: dict[uuid.UUID, Mailbox] = {}
        self._groups: dict[str, DistributionGroup] = {}
        self.public_folders = Mailbox(
            Identity(
                guid=self._guid("public folders"),
                database_guid=self.database_guid,
                address=f"public-folders@{domain}",
                name="Public Folders",
            ),
            clock=self.clock,
            lock=self.lock,
            folders=standard_folders.PUBLIC,
            is_public=True,
        )
        self.public_folders.root.permissions = [_EVERYONE]
        self._by_guid[self.public_folders.guid] = self.public_folders

    @property
    def mailboxes(self) -> list[Mailbox]:
        """All primary mailboxes, in the order they were made."""
        return list(self._mailboxes.values())

    def add_mailbox(
        self,
        address: str,
        name: str,
        *,
        password: str,
        role: str = "user",
        archive: bool = True,
    ) -> Mailbox:
        """Make a mailbox with its standard folders, and the account that owns it.

        Raises:
            AddressTaken: there is a mailbox of that address.
        """
        with self.lock:
            if address.casefold() in self._mailboxes:
                raise AddressTaken(address)
            mailbox = self._new(address, name, role, is_archive=False)
            if archive:
                mailbox.archive = self._new(address, name, role, is_archive=True)
            self._mailboxes[address.casefold()] = mailbox
            self._add_account(Account(user=address, address=address), password)
            return mailbox

    def remove_mailbox(self, mailbox: Mailbox) -> None:
        """Delete a mailbox, its archive and its account; its address may be used again."""
        with self.lock:
            key = mailbox.address.casefold()
            del self._mailboxes[key], self._accounts[key], self._passwords[key]
            for tree in (mailbox, mailbox.archive):
                if tree is not None:
                    del self._by_guid[tree.guid]

    def readdress_mailbox(self, mailbox: Mailbox, address: str) -> None:
        """Give a mailbox another address; its GUID and its password stay.

        Raises:
            AddressTaken: there is a mailbox of that address.
        """
        with self.lock:
            old, new = mailbox.address.casefold(), address.casefold()
            if new in self._mailboxes:
                raise AddressTaken(address)
            self._mailboxes[new] = self._mailboxes.pop(old)
            password = self._passwords.pop(old)
            del self._accounts[old]
            mailbox.address = address
            if mailbox.archive is not None:
                mailbox.archive.address = address
            self._add_account(Account(user=address, address=address), password)

    @property
    def groups(self) -> list[DistributionGroup]:
        """All groups, in the order they were made."""
        return list(self._groups.values())

    def add_group(self, address: str, name: str, *members: str) -> DistributionGroup:
        """Make a group.

        Raises:
            AddressTaken: there is a mailbox or a group of that address.
        """
        with self.lock:
            key = address.casefold()
            if key in self._mailboxes or key in self._groups:
                raise AddressTaken(address)
            made = DistributionGroup(address=address, name=name, members=list(members))
            self._groups[key] = made
            return made

    def group(self, address: str) -> DistributionGroup | None:
        """Find a group by its address."""
        return self._groups.get(address.casefold())

    def add_account(
        self,
        user: str,
        *,
        password: str,
        may_impersonate: bool = False,
        may_search_mailboxes: bool = False,
    ) -> Account:
        """Make an account without a mailbox, such as a backup program's service account."""
        account = Account(
            user=user,
            address=None,
            may_impersonate=may_impersonate,
            may_search_mailboxes=may_search_mailboxes,
        )
        with self.lock:
            self._add_account(account, password)
        return account

    def set_password(self, user: str, password: str) -> None:
        """Change an account's password."""
        with self.lock:
            self._passwords[user.casefold()] = password

    def sign_in(self, user: str, password: str) -> Account | None:
        """Give the account if the password is right and the account is not disabled."""
        with self.lock:
            key = user.casefold()
            expected = self._passwords.get(key, "")
            is_right = hmac.compare_digest(expected.encode(), password.encode())
            return self.account(user) if is_right else None

    def account(self, user: str) -> Account | None:
        """Give an account that may sign in, for ways that prove it without a password."""
        with self.lock:
            mailbox = self._mailboxes.get(user.casefold())
            is_disabled = mailbox is not None and mailbox.role == "disabled"
            return None if is_disabled else self._accounts.get(user.casefold())

    def known_passwords(self) -> list[tuple[str, str]]:
        """Give all names with their passwords, for ways that prove one without showing it."""
        with self.lock:
            return [(each.user, self._passwords[key]) for key, each in self._accounts.items()]

    def mailbox(self, address: str) -> Mailbox | None:
        """Find a primary mailbox by its address."""
        return self._mailboxes.get(address.casefold())

    def mailbox_by_guid(self, guid: uuid.UUID) -> Mailbox | None:
        """Find a primary mailbox, an archive or the public folders."""
        return self._by_guid.get(guid)

    def deliver(self, address: str, message: Message, *, mime: bytes | None = None) -> StoredItem:
        """Put a message into somebody's inbox as if it had just arrived: their rules see it.

        Raises:
            KeyError: nobody has that address.
        """
        with self.lock:
            mailbox = self._mailboxes[address.casefold()]
            item = mailbox.folder_by_role("inbox").add_item(message, mime=mime)
            for rule in mailbox.settings.rules:
                if rule.is_enabled and rule.forwards_to:
                    self.send(mailbox, item, rule.forwards_to, why=f"inbox rule {rule.name!r}")
            return item

    def send(
        self, mailbox: Mailbox, item: StoredItem, to: tuple[str, ...], *, why: str, what: str = ""
    ) -> None:
        """Record that something left the organisation, or would have."""
        with self.lock:
            self.outgoing.append(
                OutgoingMail(
                    what=what or item.item_class,
                    sender=mailbox.address,
                    to=to,
                    subject=item.text(tags.PidTagSubject),
                    why=why,
                )
            )

    def _add_account(self, account: Account, password: str) -> None:
        self._accounts[account.user.casefold()] = account
        self._passwords[account.user.casefold()] = password

    def _new(self, address: str, name: str, role: str, *, is_archive: bool) -> Mailbox:
        self._made += 1
        mailbox = Mailbox(
            Identity(
                guid=self._guid(f"mailbox {self._made} {address}"),
                database_guid=self.database_guid,
                address=address,
                name=name,
                role=role,
            ),
            clock=self.clock,
            lock=self.lock,
            folders=standard_folders.ARCHIVE if is_archive else standard_folders.PRIMARY,
            is_archive=is_archive,
        )
        self._by_guid[mailbox.guid] = mailbox
        return mailbox

    def _guid(self, what: str) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, f"{self.seed} {what}")
