"""Conditions for FindItem, as XML text.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/restriction
"""

from __future__ import annotations

from strongroom.wire.ews.properties import ExtendedPath, Scalar, value_to_text
from strongroom.wire.ews.shapes import field_uri

Path = str | ExtendedPath


def is_equal_to(path: Path, value: Scalar) -> str:
    """Require a property to have a value."""
    return _compared("IsEqualTo", path, value)


def is_at_least(path: Path, value: Scalar) -> str:
    """Require a property to be at or above a value."""
    return _compared("IsGreaterThanOrEqualTo", path, value)


def is_below(path: Path, value: Scalar) -> str:
    """Require a property to be below a value."""
    return _compared("IsLessThan", path, value)


def all_of(*conditions: str) -> str:
    """Require every one of at least two conditions."""
    return f"<t:And>{''.join(conditions)}</t:And>"


def any_of(*conditions: str) -> str:
    """Require one of at least two conditions."""
    return f"<t:Or>{''.join(conditions)}</t:Or>"


def _compared(how: str, path: Path, value: Scalar) -> str:
    uri = field_uri(path) if isinstance(path, str) else path.to_xml()
    # ``value_to_text`` escapes for an element; in an attribute quotes and line ends matter as well.
    constant = value_to_text(value).replace('"', "&quot;").replace("\n", "&#10;")
    return (
        f'<t:{how}>{uri}<t:FieldURIOrConstant><t:Constant Value="{constant}"/>'
        f"</t:FieldURIOrConstant></t:{how}>"
    )
