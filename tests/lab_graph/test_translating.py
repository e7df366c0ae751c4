"""The same thing by each of its ids."""

from __future__ import annotations

import itertools
from base64 import urlsafe_b64encode

import pytest

from strongroom.lab.estate.entry_ids import message_entry_id
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids as ews_ids
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill

PATH = "/users/ann@lab.example/translateExchangeIds"
FORMS = ("entryId", "ewsId", "immutableEntryId", "restId", "restImmutableEntryId")


@pytest.fixture
def reader(keeper: Asker, asker: object) -> Asker:
    made: Asker = asker("Mail.Read", "MailboxItem.Read.All", name="Reader")  # type: ignore[operator]
    return made


def _translate(reader: Asker, source: str, target: str, *ids: str) -> list[dict[str, str]]:
    body = {"inputIds": list(ids), "sourceIdType": source, "targetIdType": target}
    return reader.post(PATH, body).rows


def test_every_form_leads_to_every_other(reader: Asker, ann: Mailbox) -> None:
    [item] = fill(ann.folder_by_role("inbox"), 1)
    forms = {}
    for form in FORMS:
        [told] = _translate(reader, "ewsId", form, ews_ids.item_id(item))
        forms[form] = told["targetId"]
    for source, target in itertools.product(FORMS, FORMS):
        [told] = _translate(reader, source, target, forms[source])
        assert told == {"sourceId": forms[source], "targetId": forms[target]}
    [row] = reader.all("folders/inbox/items")
    assert row["id"] == forms["restId"]
    ann.move_item(item, ann.folder_by_role("drafts"))
    [again] = _translate(reader, "restImmutableEntryId", "restId", forms["restImmutableEntryId"])
    assert again["targetId"] != forms["restId"]


def test_an_entry_id_of_another_mailbox_is_of_nothing(
    reader: Asker, ann: Mailbox, ben: Mailbox
) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    [item] = fill(ben.folder_by_role("inbox"), 1)
    text = urlsafe_b64encode(item.entry_id).decode()
    [told] = _translate(reader, "entryId", "restId", text)
    assert told["errorDetails"]["code"] == "ErrorItemNotFound"  # type: ignore[index]


def test_an_id_that_names_another_folder_is_of_nothing(keeper: Asker, ann: Mailbox) -> None:
    [item] = fill(ann.folder_by_role("inbox"), 1)
    drafts = ann.folder_by_role("drafts")
    entry = message_entry_id(ann.guid, ann.database_guid, drafts.counter, item.counter)
    forged = ews_ids.entry_item_id(ann.guid, entry, is_public=False)
    text = forged.replace("/", "-").replace("+", "_")
    assert keeper.export(text)[0]["error"]["code"] == "ErrorItemNotFound"


def test_what_cannot_be_translated_says_why(reader: Asker, ann: Mailbox) -> None:
    [item] = fill(ann.folder_by_role("inbox"), 1)
    text = ews_ids.item_id(item)
    item.folder.remove_item(item)
    gone, wrong = _translate(reader, "ewsId", "restId", text, "no id!")
    assert gone["errorDetails"]["code"] == "ErrorItemNotFound"  # type: ignore[index]
    assert wrong["errorDetails"]["code"] == "ErrorInvalidIdMalformed"  # type: ignore[index]
    body = {"inputIds": [text], "sourceIdType": "ewsId", "targetIdType": "psychicId"}
    assert reader.post(PATH, body).status == 400
    assert reader.post(PATH, {**body, "inputIds": ["x"] * 1001}).status == 400
