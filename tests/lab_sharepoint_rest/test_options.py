"""What a question may want of its answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.lab.sharepoint.rest.errors import ApiError
from strongroom.lab.sharepoint.rest.filters import condition
from strongroom.lab.sharepoint.rest.options import options_of

_ROW = {
    "Title": "O'Neil",
    "Count": 5,
    "Hidden": False,
    "Created": datetime(2026, 11, 22, 9, tzinfo=UTC),
    "Author/Title": "Ann",
    "Empty": None,
    "Id": "13326e70-58ba-4e0e-9b30-08189f21d555",
}


def _holds(text: str) -> bool:
    return condition(text)(_ROW.__getitem__)


@pytest.mark.parametrize(
    "text",
    [
        "Title eq 'o''neil'",
        "Title ne 'x' and Count gt 4",
        "Count ge 5 and Count le 5 and not (Count lt 5)",
        "Count eq 6 or Hidden eq false",
        "startswith(Title,'O')",
        "substringof('nei',Title) eq true",
        "Created ge datetime'2026-11-22T09:00:00Z' and Created lt datetime'2026-11-22T09:00:01'",
        "Author/Title eq 'Ann'",
        "Empty eq null and Title ne null",
        "Id eq guid'13326e70-58ba-4e0e-9b30-08189f21d555'",
        "(Count eq 1 or Count eq 5) and (Hidden eq false)",
    ],
)
def test_a_condition_that_holds(text: str) -> None:
    assert _holds(text)


@pytest.mark.parametrize(
    "text",
    ["Title eq 'x'", "Count lt 5", "not (Count eq 5)", "Count eq 1 or Count eq 2 and Count eq 5",
     "Empty gt 1", "startswith(Title,'x')", "Created gt datetime'2026-11-22T09:00:00Z'"],
)  # fmt: skip
def test_a_condition_that_does_not_hold(text: str) -> None:
    assert not _holds(text)


@pytest.mark.parametrize(
    "text",
    ["Title eq", "Title is 'x'", "(Title eq 'x'", "Title eq 'x", "Title eq 'x' xor 1 eq 1",
     "startswith(Title)", "(" * 100, "Title eq 'x' and", "x" * 9000],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        condition(text)(lambda _: None)
    assert refused.value.status == 400


def test_what_is_wanted_is_a_tree() -> None:
    asked = options_of({"$select": "Id,Author/Title,author/Id", "$expand": "Author,Fields/Owner"})
    assert asked.select == {"Id": {}, "Author": {"Title": {}, "Id": {}}}
    assert asked.is_expanded("AUTHOR")
    assert asked.below("fields").is_expanded("Owner")


def test_pages_and_orders_are_read() -> None:
    asked = options_of({
        "$top": "20", "$orderby": "Title desc, ID", "$skiptoken": "Paged=TRUE&p_ID=40",
    })  # fmt: skip
    assert (asked.top, asked.order) == (20, (("Title", True), ("ID", False)))
    assert asked.skip_token["p_ID"] == "40"


@pytest.mark.parametrize(
    "query",
    [
        {"$top": "-1"},
        {"$top": "x"},
        {"$nothing": "1"},
        {"$orderby": "a b"},
        {"$select": "/".join("a" * 20)},
    ],
)
def test_what_is_no_option_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ApiError):
        options_of(query)
