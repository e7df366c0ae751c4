"""A mailbox of the lab's tenant, read by Graph and changed by subjects and paths."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.lab import Lab
from strongroom.operations.interfaces import Source
from strongroom.sources.exchange_online.server import OnlineServer
from tests.contracts.source import HERE, THERE


class GraphPlace:
    """A mailbox that keeps what the tests of a source promise."""

    def __init__(self, lab: Lab, address: str, server: OnlineServer) -> None:
        self.lab = lab
        self._server = server
        self._resource = self._server.resolve(address)
        found = lab.estate.mailbox(address)
        assert found is not None
        self.mailbox: Mailbox = found
        with lab.estate.lock:
            for path in (HERE, THERE, ("Renamed",)):
                if (folder := self._top.child(path[0])) is not None:
                    self.mailbox.delete_folder(folder)

    def source(self) -> Source:
        return self._server.source(self._resource)

    def add_folder(self, *path: str) -> None:
        with self.lab.estate.lock:
            self.mailbox.add_folder(self._folder(path[:-1]), path[-1])

    def rename_folder(self, path: Sequence[str], name: str) -> None:
        with self.lab.estate.lock:
            self.mailbox.change_folder(self._folder(path), name=name)

    def delete_folder(self, *path: str) -> None:
        with self.lab.estate.lock:
            self.mailbox.delete_folder(self._folder(path))

    def add_item(self, path: Sequence[str], subject: str, body: bytes) -> None:
        with self.lab.estate.lock:
            self._folder(path).add_item(_message(subject, body))

    def edit_item(self, subject: str, body: bytes) -> None:
        with self.lab.estate.lock:
            item = self._item(subject)
            created = item.get(tags.PidTagCreationTime)
            changed = _message(subject, body)
            changed.properties[tags.PidTagCreationTime] = created  # type: ignore[assignment]
            item.folder.change_item(item, source=WholeMessage(changed))

    def mark_read(self, subject: str) -> None:
        with self.lab.estate.lock:
            item = self._item(subject)
            assert item.folder.mark_read(item, is_read=True)

    def move_item(self, subject: str, path: Sequence[str]) -> None:
        with self.lab.estate.lock:
            self.mailbox.move_item(self._item(subject), self._folder(path))

    def delete_item(self, subject: str) -> None:
        with self.lab.estate.lock:
            self.mailbox.hard_delete_item(self._item(subject))

    def expire_cursors(self) -> None:
        self.lab.cloud.graph.mail.store.forget_tokens()

    @property
    def _top(self) -> Folder:
        return self.mailbox.folder_by_role("msgfolderroot")

    def _folder(self, path: Sequence[str]) -> Folder:
        folder = self._top
        for name in path:
            found = folder.child(name)
            assert found is not None
            folder = found
        return folder

    def _item(self, subject: str) -> StoredItem:
        return next(one for one in self.mailbox.items if one.subject == subject)


def _message(subject: str, body: bytes) -> Message:
    return Message(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: subject,
            tags.PidTagBody: body.decode(),
        }
    )
