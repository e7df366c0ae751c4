"""Both forms of JSON mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.wire.sharepoint.odata import NEXT_LINK, NotReadable, decoded, flattened
from strongroom.wire.sharepoint.rows import Row, each, guid, moment, number, within

META = {"__metadata": {"type": "SP.X"}}


@pytest.mark.parametrize(
    ("wordy", "short"),
    [
        ({**META, "Id": 1}, {"Id": 1}),
        ({"results": [{**META, "Id": 1}]}, {"value": [{"Id": 1}]}),
        (
            {"results": [], "__next": "https://a.example/x"},
            {"value": [], NEXT_LINK: "https://a.example/x"},
        ),
        (
            {"GetContextWebInformation": {**META, "FormDigestValue": "0x"}},
            {"FormDigestValue": "0x"},
        ),
        ({"StartUpload": "10485760"}, {"value": "10485760"}),
        ({"CurrentChangeToken": {**META, "StringValue": "1;1"}}, {"StringValue": "1;1"}),
        (
            {**META, "Id": 1, "Users": {"results": [{**META, "Id": 2}]}},
            {"Id": 1, "Users": [{"Id": 2}]},
        ),
        ({**META, "Id": 1, "Lists": {"__deferred": {"uri": "x"}}}, {"Id": 1}),
        (
            {**META, "Choices": {**META, "results": ["a", "b"]}, "None": None},
            {"Choices": ["a", "b"], "None": None},
        ),
    ],
)
def test_the_wordy_form_is_brought_to_the_short_one(wordy: Row, short: Row) -> None:
    assert flattened({"d": wordy}) == short
    assert flattened(short) == short


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"d":', b'{"d":' + b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_told_without_a_word_of_it(body: bytes) -> None:
    with pytest.raises(NotReadable) as caught:
        decoded(body, Row)
    assert caught.value.args == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=6,
    )
)
def test_looking_into_whatever_comes_never_fails(value: object) -> None:
    row: Row = {"a": value}
    assert isinstance(number(row, "a"), int)
    assert isinstance(within(row, "a"), dict)
    assert all(isinstance(one, dict) for one in each(row, "a"))
    assert guid(row, "a") == "" or len(guid(row, "a")) == 36
    flattened({"d": value})


def test_times_are_aware_whatever_they_say() -> None:
    told = moment("2022-06-15T10:36:59Z")
    assert told is not None
    assert told == moment("2022-06-15T12:36:59+02:00") == moment("2022-06-15T10:36:59")
    assert moment("yesterday") is None
