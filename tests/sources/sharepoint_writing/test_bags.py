"""Names in property bags, as REST tells them and as somebody gave them."""

from __future__ import annotations

import orjson
import pytest

from strongroom.sources.sharepoint.writing.bags import name_of, own_properties


@pytest.mark.parametrize(
    ("coded", "name"),
    [
        ("plain", "plain"),
        ("a_x005f_b", "a_b"),
        ("OData__x005f_own", "_own"),
        ("a_x0020_b_x003a_c", "a b:c"),
        ("smile_x0001F600_", "smile\N{GRINNING FACE}"),
        # Half a character is none: what is not one stays as it was told.
        ("half_xd83d_", "half_xd83d_"),
        ("beyond_xFFFFFFFF_", "beyond_xFFFFFFFF_"),
    ],
)
def test_names_are_told_in_a_code_and_given_back_without(coded: str, name: str) -> None:
    assert name_of(coded) == name
    orjson.dumps(dict(own_properties({coded: "value"})))
