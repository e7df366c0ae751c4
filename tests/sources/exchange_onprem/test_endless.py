"""A server whose lists never come to an end does not keep a run for ever."""

from __future__ import annotations

from typing import cast

import pytest

from strongroom.errors import TransientError
from strongroom.sources.exchange_onprem import changes, hierarchy
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.sync_folder_hierarchy import HierarchyPage
from strongroom.wire.ews.sync_folder_items import ItemsPage
from strongroom.words.resource import ResourceKind

NOBODY = cast("EwsConnection", None)


def test_a_page_of_changes_that_repeats_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    page = ItemsPage(changes=(), sync_state="same", is_last=False)
    monkeypatch.setattr(changes, "sync_folder_items", lambda *_: page)
    pages = changes.read_changes(NOBODY, "folder", "before")
    assert next(pages).cursor == "same"
    with pytest.raises(TransientError, match="does not get on"):
        next(pages)


def test_a_page_of_folders_that_repeats_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    page = HierarchyPage(changed=(), removed_ids=(), sync_state="same", is_last=False)
    monkeypatch.setattr(hierarchy, "sync_folder_hierarchy", lambda *_: page)
    with pytest.raises(TransientError, match="does not get on"):
        list(hierarchy._pages(NOBODY, ResourceKind.MAILBOX, "same"))
