"""What the ids of web parts became, for the text of a page that shows them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from strongroom.sources.sharepoint.writing import pages
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.words.json import Json

SAVED, NEW = "11111111-aaaa-4000-8000-000000000001", "22222222-bbbb-4000-8000-000000000002"


@pytest.mark.parametrize(("saved_id", "became"), [(SAVED, {SAVED: NEW}), ("", {})])
def test_a_part_that_was_saved_without_an_id_is_pointed_to_by_nothing(
    monkeypatch: pytest.MonkeyPatch, saved_id: str, became: dict[str, str]
) -> None:
    """An empty text stands everywhere, and would be replaced everywhere."""
    monkeypatch.setattr(pages, "rewritten", lambda *_: "<WebPart/>")
    monkeypatch.setattr(
        pages, "Placing", lambda **_: SimpleNamespace(place=lambda _: NEW, page="/p.aspx")
    )
    means = cast("Means", SimpleNamespace(rest=None, page_service_shut=lambda: ""))
    found: list[object] = []
    part: Json = {"id": saved_id, "xml": "<WebPart/>", "title": "One", "zone": "Left", "index": 0}
    pages.put_web_parts(
        means, cast("Site", None), "/", "https://x/p.aspx", {"web_parts": [part]}, found.append
    )
    assert found == [became]
