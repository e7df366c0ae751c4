"""Whoever follows the sync states knows exactly what the folder holds, whatever happened to it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from lxml import etree

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.face import ExchangeFace
from tests.fakes.face_client import NS, FaceClient, folder_ref, sync_items, text
from tests.fakes.hand_clock import HandClock

_SHAPE = (
    "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
    '<t:FieldURI FieldURI="item:Subject"/><t:FieldURI FieldURI="message:IsRead"/>'
    "</t:AdditionalProperties></m:ItemShape>"
)


class Follower:
    """A client that keeps what it was told, page by page."""

    def __init__(self, client: FaceClient, role: str, *, hidden: bool, limit: int) -> None:
        self._client = client
        self._role = role
        self._hidden = hidden
        self._limit = limit
        self._state = ""
        self.known: dict[str, tuple[str, bool]] = {}

    def page(self) -> bool:
        """Take one page; say whether it was the last."""
        body = sync_items(
            folder_ref(self._role),
            self._state,
            limit=self._limit,
            hidden=self._hidden,
            shape=_SHAPE,
        )
        message = self._client.message(body)
        self._state = text(message, "m:SyncState")
        changes = message.find("m:Changes", NS)
        assert changes is not None
        assert len(changes) <= self._limit
        for change in changes:
            self._take(change)
        return text(message, "m:IncludesLastItemInRange") == "true"

    def _take(self, change: etree._Element) -> None:
        kind = str(change.tag).rpartition("}")[2]
        reference = change.find(".//t:ItemId", NS)
        assert reference is not None
        item_id = str(reference.get("Id"))
        if kind == "Delete":
            self.known.pop(item_id, None)
        elif kind == "ReadFlagChange":
            subject, _ = self.known[item_id]
            is_read = change.findtext("t:IsRead", namespaces=NS)
            self.known[item_id] = (subject, is_read == "true")
        else:
            item = next(iter(change))
            subject = item.findtext("t:Subject", namespaces=NS) or ""
            is_read = item.findtext("t:IsRead", namespaces=NS)
            if kind == "Update":
                assert item_id in self.known
            self.known[item_id] = (subject, is_read == "true")


class FollowingAFolder(RuleBasedStateMachine):
    """Two followers with pages of different sizes beside everything that can happen to items."""

    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        estate = Estate(clock=HandClock(datetime(2026, 3, 2, tzinfo=UTC)), seed=1)
        self.mailbox = estate.add_mailbox("ann@lab.example", "Ann", password="a")
        self.inbox = self.mailbox.folder_by_role("inbox")
        self.face = ExchangeFace(estate)
        client = FaceClient(self.face, "ann@lab.example", "a")
        self.followers = [
            Follower(client, "inbox", hidden=True, limit=2),
            Follower(client, "inbox", hidden=False, limit=3),
        ]
        self.count = 0

    @rule(target=items, hidden=st.booleans())
    def arrives(self, hidden: bool) -> StoredItem:  # noqa: FBT001 - hypothesis passes it by name
        self.count += 1
        message = Message({tags.PidTagSubject: f"item {self.count}"})
        return self.inbox.add_item(message, is_associated=hidden)

    @rule(item=items)
    def changes(self, item: StoredItem) -> None:
        self.count += 1
        subject = f"changed {self.count}"
        self.inbox.change_item(item, changes={tags.PidTagSubject: subject})

    @rule(item=items, is_read=st.booleans())
    def is_read_or_not(self, item: StoredItem, is_read: bool) -> None:  # noqa: FBT001 - as above
        self.inbox.mark_read(item, is_read=is_read)

    @rule(item=consumes(items))
    def goes(self, item: StoredItem) -> None:
        self.inbox.remove_item(item)

    @rule(target=items, item=consumes(items))
    def goes_and_comes_back(self, item: StoredItem) -> StoredItem:
        away = self.mailbox.move_item(item, self.mailbox.folder_by_role("drafts"))
        return self.mailbox.move_item(away, self.inbox)

    @rule(number=st.integers(0, 1))
    def a_page_is_read(self, number: int) -> None:
        self.followers[number].page()

    @rule(number=st.integers(0, 1))
    def all_is_read(self, number: int) -> None:
        follower = self.followers[number]
        for _ in range(2 * self.count + 3):
            if follower.page():
                break
        else:
            raise AssertionError("the changes never end")
        expected = {
            ids.item_id(item): (item.subject, item.is_read)
            for item in self.inbox.items
            if number == 0 or not item.is_associated
        }
        assert follower.known == expected

    @invariant()
    def nothing_crashed(self) -> None:
        assert self.face.crashes == []


FollowingAFolder.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestFollowingAFolder = FollowingAFolder.TestCase
