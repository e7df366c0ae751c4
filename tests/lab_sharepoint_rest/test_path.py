"""Addresses below ``/_api``."""

from __future__ import annotations

import uuid

import pytest

from strongroom.lab.sharepoint.rest.errors import ApiError
from strongroom.lab.sharepoint.rest.path import Segment, segments_of

_GUID = "13326e70-58ba-4e0e-9b30-08189f21d555"


def _one(path: str, query: dict[str, str] | None = None) -> Segment:
    return segments_of(path, query)[-1]


def test_an_address_is_read_step_by_step() -> None:
    found = segments_of(f"web/lists(guid'{_GUID}')/items(1)/versions")
    assert [one.name for one in found] == ["web", "lists", "items", "versions"]
    assert found[1].args == (uuid.UUID(_GUID),)
    assert found[2].args == (1,)


def test_quotes_are_doubled_and_slashes_within_them_part_nothing() -> None:
    path = "web/GetFileByServerRelativePath(decodedurl='/sites/a/O''Neil (1)/b.docx')/$value"
    found = segments_of(path)
    assert found[1].named == {"decodedurl": "/sites/a/O'Neil (1)/b.docx"}
    assert found[2].name == "$value"


def test_a_quote_is_one_however_it_was_encoded() -> None:
    plain = _one("web/lists/getbytitle('a''b')")
    assert _one("web/lists/getbytitle(%27a%27%27b%27)") == plain
    with pytest.raises(ApiError):
        segments_of("web/lists/getbytitle('a%27b')")


def test_percent_signs_are_decoded_once() -> None:
    assert _one("web/f(decodedurl='100%2525 %23.docx')").named == {"decodedurl": "100%25 #.docx"}


def test_an_argument_may_stand_in_the_query() -> None:
    asked = _one("web/siteusers/getbyloginname(@v)", {"@v": "'i:0#.f|membership|o''neil@lab'"})
    assert asked.args == ("i:0#.f|membership|o'neil@lab",)
    with pytest.raises(ApiError):
        segments_of("web/siteusers/getbyloginname(@w)", {"@v": "'x'"})
    with pytest.raises(ApiError):
        segments_of("web/f(@a)", {"@a": "@a"})


def test_arguments_keep_their_types() -> None:
    asked = _one("web/f(a=1,b=-2.5, c=true ,d=null,e='x,y)')")
    assert asked.named == {"a": 1, "b": -2.5, "c": True, "d": None, "e": "x,y)"}


@pytest.mark.parametrize(
    "path",
    ["web/lists(", "web/lists(1", "web/lists(1 2)", "web/lists()x", "web//lists", "web/f(a=)",
     "web/lists(guid'no')", "web/f('", "a/" * 60, "web/f(" + "1," * 9000 + ")"],
)  # fmt: skip
def test_what_is_no_address_is_refused_as_a_bad_question(path: str) -> None:
    with pytest.raises(ApiError) as refused:
        segments_of(path)
    assert refused.value.status == 400
