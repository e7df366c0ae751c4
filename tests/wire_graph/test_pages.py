"""Next links: followed to the end, and never to anywhere else."""

from __future__ import annotations

import logging

import pytest

from strongroom.errors import OperatorError
from strongroom.wire.graph import mailboxes
from strongroom.wire.origins import ForbiddenOrigin
from tests.wire_graph.conftest import GRAPH, Script, answer, scripted


def _page(*ids: str, link: str = "") -> object:
    page: dict[str, object] = {"value": [{"id": one} for one in ids]}
    return page | {"@odata.nextLink": link} if link else page


def _hosts(script: Script) -> set[str]:
    return {one.url.split("/v1.0")[0] for one in script.sent}


def test_pages_are_followed_as_they_are_named_and_empty_ones_too() -> None:
    links = [f"{GRAPH}/v1.0/users?$skiptoken={token}" for token in ("a", "b")]
    graph, script, _ = scripted(
        answer(200, _page("1", "2", link=links[0])),
        answer(200, _page(link=links[1])),
        answer(200, _page("3")),
    )
    assert [row["id"] for row in graph.rows("users", {"$top": "2"})] == ["1", "2", "3"]
    assert [one.url for one in script.sent] == [f"{GRAPH}/v1.0/users?%24top=2", *links]


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.hostile.example/v1.0/users",
        "https://graph.example.hostile.example/v1.0/users",
        "https://graph.example:444/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example@hostile.example/v1.0/users",
        "https://t0ken:x@graph.example/v1.0/users",
        "//hostile.example/users",
        "/v1.0/users",
    ],
)
def test_a_link_to_another_place_gets_no_token(link: str) -> None:
    graph, script, _ = scripted(answer(200, _page("1", link=link)))
    with pytest.raises(ForbiddenOrigin):
        list(graph.rows("users"))
    assert len(script.sent) == 1
    assert _hosts(script) == {GRAPH}


def test_a_list_that_bites_its_tail_is_told() -> None:
    a, b = (f"{GRAPH}/v1.0/users?$skiptoken={token}" for token in ("a", "b"))
    graph, script, _ = scripted(
        answer(200, _page("1", link=a)),
        answer(200, _page("2", link=b)),
        answer(200, _page("3", link=a)),
    )
    with pytest.raises(OperatorError, match="no end"):
        list(graph.rows("users"))
    assert len(script.sent) == 3


@pytest.mark.parametrize("value", [None, {}, "rows", [1], [["x"]]])
def test_a_page_without_rows_is_asked_for_again(value: object) -> None:
    graph, script, _ = scripted(answer(200, {"value": value}), answer(200, _page("1")))
    assert [row["id"] for row in graph.rows("users")] == ["1"]
    assert len(script.sent) == 2


def test_the_address_for_imports_is_kept_and_logged_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = "https://outlook.example/importItem?authtoken=CANARY"
    graph, script, _ = scripted(answer(200, {"importUrl": url}))
    with caplog.at_level(logging.DEBUG):
        mailboxes.try_import(graph, "MBX:1@2")
    assert "CANARY" not in caplog.text
    assert "CANARY" not in repr([kept for name, kept in vars(graph).items() if name != "_http"])
    assert [(one.method, one.body) for one in script.sent] == [("POST", b"")]


def test_a_name_is_one_part_of_the_path_whatever_it_holds() -> None:
    graph, script, _ = scripted(answer(200, {}))
    mailboxes.see_folders(graph, "MBX:1@2/../../users?x=")
    path = script.sent[0].url.removeprefix(f"{GRAPH}/v1.0/admin/exchange/mailboxes/")
    assert path == "MBX:1@2%2F..%2F..%2Fusers%3Fx%3D/folders?%24top=1"


def test_a_connection_shows_no_token() -> None:
    graph, _, _ = scripted(answer(200, {}))
    assert "t0ken" not in repr(graph)
