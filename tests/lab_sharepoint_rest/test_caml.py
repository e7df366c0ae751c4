"""Queries in CAML, judged on one row."""

from __future__ import annotations

import pytest

from strongroom.lab.sharepoint.rest.caml import CamlQuery, caml_query
from strongroom.lab.sharepoint.rest.errors import ApiError

_ROW = {"ID": 7, "Title": "Tea", "Tags": ("a", "b"), "Empty": None, "Count": 2.5}


def _read(kind: str, text: str) -> object:
    return int(text) if kind in {"Counter", "Integer"} else text


def _query(where: str) -> CamlQuery:
    return caml_query(f"<View><Query><Where>{where}</Where></Query></View>", _read)


def _holds(where: str) -> bool:
    clause = _query(where).where
    assert clause is not None
    return clause.holds(lambda name, _: _ROW[name])


def _compare(name: str, field: str, value: str, kind: str = "Text") -> str:
    return f'<{name}><FieldRef Name="{field}"/><Value Type="{kind}">{value}</Value></{name}>'


@pytest.mark.parametrize(
    "where",
    [
        _compare("Eq", "Title", "tea"),
        _compare("Gt", "ID", "6", "Counter"),
        _compare("Leq", "Count", "2.5", "Number"),
        _compare("BeginsWith", "Title", "T"),
        _compare("Contains", "Tags", "b"),
        _compare("Includes", "Tags", "a"),
        _compare("NotIncludes", "Tags", "c"),
        _compare("Neq", "Title", "x"),
        '<IsNull><FieldRef Name="Empty"/></IsNull>',
        '<IsNotNull><FieldRef Name="Title"/></IsNotNull>',
        '<In><FieldRef Name="ID"/><Values><Value Type="Counter">7</Value></Values></In>',
        f"<And>{_compare('Eq', 'ID', '7', 'Counter')}{_compare('Eq', 'Title', 'Tea')}</And>",
        f"<Or>{_compare('Eq', 'ID', '8', 'Counter')}{_compare('Eq', 'Title', 'Tea')}</Or>",
    ],
)
def test_a_condition_that_holds(where: str) -> None:
    assert _holds(where)


@pytest.mark.parametrize(
    "where",
    [
        _compare("Eq", "Title", "x"),
        _compare("Eq", "Empty", "x"),
        _compare("Lt", "ID", "7", "Counter"),
        _compare("NotIncludes", "Tags", "a"),
        '<IsNull><FieldRef Name="Title"/></IsNull>',
        '<In><FieldRef Name="ID"/><Values/></In>',
    ],
)
def test_a_condition_that_does_not_hold(where: str) -> None:
    assert not _holds(where)


def test_all_of_a_query_is_read() -> None:
    found = caml_query(
        "<View Scope='RecursiveAll'><Query><OrderBy Override='TRUE'><FieldRef Name='ID' "
        "Ascending='FALSE'/></OrderBy></Query><ViewFields><FieldRef Name='Title'/></ViewFields>"
        "<RowLimit Paged='TRUE'>2000</RowLimit></View>",
        _read,
    )
    assert (found.scope, found.order, found.is_override) == ("RecursiveAll", (("ID", True),), True)
    assert (found.row_limit, found.is_paged, found.fields) == (2000, True, ("Title",))
    assert caml_query("", _read) == CamlQuery()


@pytest.mark.parametrize(
    "xml",
    ["<View", "<Query/>", "<!DOCTYPE x [<!ENTITY e 'x'>]><View>&e;</View>",
     "<View><Query><Where><Eq/></Where></Query></View>",
     "<View><Query><Where><Nonsense><FieldRef Name='a'/></Nonsense></Where></Query></View>",
     "<View><RowLimit>x</RowLimit></View>", " " * (1 << 20) + "<View/>"],
)  # fmt: skip
def test_what_is_no_query_is_refused(xml: str) -> None:
    with pytest.raises(ApiError):
        caml_query(xml, _read)


def test_more_than_five_hundred_values_are_refused() -> None:
    values = '<Value Type="Counter">1</Value>' * 501
    with pytest.raises(ApiError):
        _query(f'<In><FieldRef Name="ID"/><Values>{values}</Values></In>')
