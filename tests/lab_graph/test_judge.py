"""The judge of all answers here refuses what Graph's schema has not."""

from __future__ import annotations

import pytest

from tests.lab_entra.csdl import Csdl

BASE = "https://lab.example/v1.0/$metadata#"
ITEMS = f"{BASE}admin/exchange/mailboxes('MBX%3Ax%40y')/folders('inbox')/items"
FOLDERS = f"{BASE}admin/exchange/mailboxes('MBX%3Ax%40y')/folders"
GOOD = {
    "id": "AAMk",
    "createdDateTime": "2026-01-05T08:00:00Z",
    "categories": [],
    "size": 4711,
    "singleValueExtendedProperties": [{"id": "String 0x37", "value": "x"}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "x"},
        {"size": "4711"},
        {"size": 1 << 70},
        {"size": True},
        {"createdDateTime": "2026-01-05T08:00:00"},
        {"createdDateTime": "yesterday"},
        {"categories": "red"},
        {"categories": [3]},
        {"singleValueExtendedProperties": [{"id": "String 0x37", "value": 3}]},
        {"singleValueExtendedProperties": [{"id": "String 0x37", "text": "x"}]},
        {"@removed": {"reason": "bored"}},
    ],
)
def test_an_item_that_graph_has_not(change: dict[str, object], csdl: Csdl) -> None:
    csdl.check({"@odata.context": ITEMS, "value": [GOOD]})
    with pytest.raises((AssertionError, ValueError)):
        csdl.check({"@odata.context": ITEMS, "value": [GOOD | change]})


@pytest.mark.parametrize(
    ("context", "row"),
    [
        (FOLDERS, {"unreadItemCount": 3}),
        (FOLDERS, {"childFolderCount": 1 << 31}),
        (f"{BASE}users('x')/mailboxSettings", {"userPurpose": "toaster"}),
        (f"{BASE}users('x')/mailboxSettings", {"workingHours": {"startTime": "8"}}),
        (f"{BASE}users('x')/outlook/masterCategories", {"color": "red"}),
        (f"{BASE}Collection(microsoft.graph.exportItemResponse)", {"data": "no base64!"}),
        (f"{BASE}nothing", {}),
    ],
)
def test_other_things_that_graph_has_not(context: str, row: dict[str, object], csdl: Csdl) -> None:
    with pytest.raises((AssertionError, ValueError)):
        csdl.check({"@odata.context": context, "value": [row]})
