"""One request on its way: who asks, for which mailbox, and what they may touch."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.words import Account, Permission
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.xml import Element, children, find, name_of, text_of
from strongroom.lab.quirks import Quirks

_ARCHIVE = "archive"
_NOBODY = Permission(user="Default")


@dataclass(slots=True, kw_only=True)
class Call:
    """What an operation works with. Used by one thread, which holds ``estate.lock``.

    Attributes:
        account: Who signed in.
        user: Address of who acts: the impersonated user, else the account's own; None for an
            account without a mailbox.
        mailbox: The mailbox of ``user``, or None.
        operation: Name of the operation.
        corrupts_first_item: A planned fault: the first item of this request is corrupt.
        stops_batch: A planned fault: the first item stops the batch.
        spoils_first_export: A planned fault: the first export of this request is cut short.
    """

    estate: Estate
    quirks: Quirks
    account: Account
    user: str | None
    mailbox: Mailbox | None
    operation: str
    corrupts_first_item: bool = False
    stops_batch: bool = False
    spoils_first_export: bool = False

    def folder(self, node: Element, *, as_name: str = "") -> Folder:
        """Find the folder that a FolderId or DistinguishedFolderId names.

        Args:
            node: The element.
            as_name: What to take it for, where the schema calls the element otherwise.

        Raises:
            EwsError: it does not exist or may not be seen.
        """
        self._stop_if_planned()
        name = as_name or name_of(node)
        if name == "DistinguishedFolderId":
            found = self._distinguished(node)
        elif name == "FolderId":
            found = self._folder_by_id(str(node.get("Id")))
        else:
            raise EwsError("ErrorInvalidOperation")
        if not self.rights(found).is_folder_visible:
            raise EwsError("ErrorFolderNotFound")
        return found

    def target_folder(self, parent: Element, path: str) -> Folder:
        """Find the folder named inside an element of ``TargetFolderIdType``."""
        wrapper = find(parent, path)
        assert wrapper is not None
        return self.folder(next(children(wrapper)))

    def item(self, node: Element) -> StoredItem:
        """Find the item that an ItemId names, and check the change key if there is one.

        Raises:
            EwsError: ErrorItemNotFound, ErrorInvalidChangeKey, ErrorAccessDenied …
        """
        self._stop_if_planned()
        if name_of(node) == "RecurringMasterItemId":
            wanted = str(node.get("OccurrenceId"))
            if ids.read_id(wanted).occurrence is None:
                raise EwsError("ErrorCalendarCannotUseIdForRecurringMasterId")
            return self.item_by_id(wanted)
        if name_of(node) != "ItemId":
            raise EwsError("ErrorInvalidOperation")
        named = ids.read_id(str(node.get("Id")))
        if named.occurrence is not None:
            raise EwsError("ErrorCalendarCannotUseIdForOccurrenceId")
        if named.attachments:
            raise EwsError("ErrorInvalidOperation", "This item lies in an attachment.")
        found = self.item_by_id(str(node.get("Id")))
        key = node.get("ChangeKey")
        if key:
            ids.version_of(str(key))
        return found

    def item_by_id(self, text: str) -> StoredItem:
        """Find an item by its id."""
        wanted = ids.read_id(text)
        counter = wanted.entry.message_counter
        if counter is None:
            raise EwsError("ErrorCannotUseFolderIdForItemId")
        found = self._tree(wanted).item_by_counter(counter)
        if found is None or found.folder.counter != wanted.entry.folder_counter:
            raise EwsError("ErrorItemNotFound")
        rights = self.rights(found.folder)
        if not rights.is_folder_visible:
            raise EwsError("ErrorItemNotFound")
        if rights.read_items != "FullDetails":
            raise EwsError("ErrorAccessDenied")
        return found

    def is_owner(self, mailbox: Mailbox) -> bool:
        """Say whether who acts may do everything in that tree."""
        if self.user is None:
            return False
        if not mailbox.is_public and mailbox.address.casefold() == self.user.casefold():
            return True
        return self.user.casefold() in {one.casefold() for one in mailbox.full_access}

    def rights(self, folder: Folder) -> Permission:
        """Say what who acts may do in a folder."""
        if self.is_owner(folder.mailbox):
            return OWNER
        by_user = {entry.user.casefold(): entry for entry in folder.permissions}
        own = by_user.get((self.user or "").casefold())
        return own or by_user.get("default", _NOBODY)

    def require_create(self, folder: Folder) -> None:
        """Refuse unless items may be put into the folder."""
        if not self.rights(folder).can_create_items:
            raise EwsError("ErrorCreateItemAccessDenied")

    def require_subfolders(self, folder: Folder) -> None:
        """Refuse unless folders may be made in the folder."""
        if not self.rights(folder).can_create_subfolders:
            raise EwsError("ErrorCreateSubfolderAccessDenied")

    def require_ownership(self, folder: Folder) -> None:
        """Refuse unless the folder itself may be changed."""
        if not self.rights(folder).is_folder_owner:
            raise EwsError("ErrorAccessDenied")

    def require_edit(self, folder: Folder) -> None:
        """Refuse unless the folder's items may be changed."""
        if self.rights(folder).edit_items != "All":
            raise EwsError("ErrorAccessDenied")

    def require_delete(self, folder: Folder) -> None:
        """Refuse unless the folder's items may be deleted."""
        if self.rights(folder).delete_items != "All":
            raise EwsError("ErrorAccessDenied")

    def own_mailbox(self, address: str | None = None) -> Mailbox:
        """Find the mailbox whose settings are meant, and refuse if it is somebody else's."""
        if not address:
            if self.mailbox is None:
                raise EwsError("ErrorMissingEmailAddress")
            return self.mailbox
        found = self.estate.mailbox(address)
        if found is None:
            raise EwsError("ErrorNonExistentMailbox")
        if not self.is_owner(found):
            raise EwsError("ErrorAccessDenied")
        return found

    def _stop_if_planned(self) -> None:
        if self.stops_batch:
            self.stops_batch = False
            raise EwsError("ErrorMailboxStoreUnavailable")

    def _distinguished(self, node: Element) -> Folder:
        role = str(node.get("Id"))
        if role in self.quirks.unknown_folders:
            raise EwsError("ErrorFolderNotFound")
        if role == "publicfoldersroot":
            return self.estate.public_folders.root
        mailbox = self._mailbox_of(node)
        if role.startswith(_ARCHIVE):
            if mailbox.archive is None:
                raise EwsError("ErrorArchiveMailboxNotEnabled")
            mailbox, role = mailbox.archive, role.removeprefix(_ARCHIVE)
        found = mailbox.find_folder_by_role(role)
        if found is None:
            raise EwsError("ErrorFolderNotFound")
        return found

    def _mailbox_of(self, node: Element) -> Mailbox:
        address = text_of(node, "t:Mailbox/t:EmailAddress")
        if not address:
            if self.mailbox is None:
                raise EwsError("ErrorMissingEmailAddress")
            return self.mailbox
        found = self.estate.mailbox(address)
        if found is None:
            raise EwsError("ErrorNonExistentMailbox")
        return found

    def _folder_by_id(self, text: str) -> Folder:
        wanted = ids.read_id(text)
        if not wanted.is_folder:
            raise EwsError("ErrorCannotUseItemIdForFolderId")
        found = self._tree(wanted).folder_by_counter(wanted.entry.folder_counter)
        if found is None:
            raise EwsError("ErrorFolderNotFound")
        return found

    def _tree(self, wanted: ids.EwsId) -> Mailbox:
        guid = wanted.entry.mailbox_guid
        tree = self.estate.mailbox_by_guid(guid)
        if tree is None:
            raise EwsError(
                "ErrorNonExistentMailbox",
                "No mailbox with such guid.",
                values={"MailboxGuid": str(guid)},
            )
        return tree


OWNER = Permission(
    user="",
    can_create_items=True,
    can_create_subfolders=True,
    is_folder_owner=True,
    is_folder_visible=True,
    edit_items="All",
    delete_items="All",
    read_items="FullDetails",
    level="Owner",
)
