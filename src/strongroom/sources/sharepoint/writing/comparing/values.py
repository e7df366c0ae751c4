"""How the values of an item that was read back differ from what was saved: by what they mean.

Pure. An id differs from site to site; what it stands for must not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from strongroom.sources.sharepoint.writing.columns import (
    LOOKUPS,
    NUMBERS,
    PEOPLE,
    TERMS,
    Column,
)
from strongroom.sources.sharepoint.writing.field_values import Meanings, moment_of
from strongroom.sources.sharepoint.writing.standing import content_type_above
from strongroom.words.json import Json

SHOWN_CHARS_MAX = 60
CONTENT_TYPE = "ContentTypeId"
_NOTHING: tuple[Json, ...] = (None, "", [], ())


def value_differences(
    saved: Mapping[str, Json],
    there: Mapping[str, Json],
    columns: Mapping[str, Column],
    *,
    meanings: Meanings,
    later: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """Name every value that is another than was saved.

    Args:
        saved: Values by internal name.
        there: As they were read back.
        columns: The target's.
        meanings: What people, items and terms are there.
        later: Columns that are left out.
    """
    for name, value in saved.items():
        if name == CONTENT_TYPE or name in later or value in _NOTHING:
            continue
        column = columns.get(name)
        if column is None:
            if not _is_named_lost(name, value, meanings):
                yield f"{name}: the target has no such column"
        elif column.is_written and not _is_same(column, value, there.get(name), meanings):
            yield f"{name}: {shown(value)}, there {shown(there.get(name))}"
    for name, value in there.items():
        column = columns.get(name)
        is_own = column is not None and column.is_written and name not in later
        if is_own and name not in saved and value not in _NOTHING and not _is_default(value):
            yield f"{name}: nothing was saved, there {shown(value)}"
    yield from _type_differences(saved, there)


def _type_differences(saved: Mapping[str, Json], there: Mapping[str, Json]) -> Iterator[str]:
    wanted, found = saved.get(CONTENT_TYPE), there.get(CONTENT_TYPE)
    if not isinstance(wanted, str) or not isinstance(found, str) or wanted == found:
        return
    if content_type_above(wanted) != content_type_above(found):
        yield f"content type: {wanted}, there {found}"


def _is_default(value: Json) -> bool:
    """Say whether a value says nothing: what a column holds that nobody filled."""
    return value is False or value == 0


def _is_same(column: Column, saved: Json, there: Json, meanings: Meanings) -> bool:
    if column.type in PEOPLE:
        return _are_same_people(saved, there, meanings)
    if column.type in LOOKUPS:
        return _are_same_lookups(column, saved, there, meanings)
    if column.type in TERMS:
        # What the target's term store lacks was named as lost beforehand.
        wanted = (meanings.term(column, one) for one in _guids(saved))
        return sorted(one.lower() for one in wanted if one) == _guids(there)
    return _is_same_plain(column, saved, there)


def _is_named_lost(name: str, value: Json, meanings: Meanings) -> bool:
    ids = [_number(one) for one in _each(value)]
    return bool(ids) and all(meanings.is_named_lost(name, one) for one in ids)


def _are_same_lookups(column: Column, saved: Json, there: Json, meanings: Meanings) -> bool:
    """Compare lookups; those that nobody could find again were named as lost beforehand."""
    wanted = [
        _looked_up(column, one, meanings)
        for one in _each(saved)
        if not meanings.is_named_lost(column.name, _number(one))
    ]
    return sorted(map(str, wanted)) == sorted(str(one.get("id")) for one in _each(there))


def _number(one: Mapping[str, Json]) -> int:
    found = one.get("id")
    return found if isinstance(found, int) else 0


def _are_same_people(saved: Json, there: Json, meanings: Meanings) -> bool:
    """Compare people; those who are not known there were named as lost beforehand."""
    wanted = [meanings.login(one) for one in _each(saved)]
    known = _folded([login for login in wanted if login])
    found = _folded([_text(one, "login") for one in _each(there)])
    if len(known) < len(wanted):
        return set(known) <= set(found)
    return known == found


def _is_same_plain(column: Column, saved: Json, there: Json) -> bool:
    return _plain(column, saved) == _plain(column, there)


def _plain(column: Column, value: Json) -> object:
    """Give a value in the one way of writing it."""
    moment = moment_of(value) if column.type == "DateTime" else None
    if moment is not None:
        return moment.replace(microsecond=0)
    if column.type in NUMBERS and _is_number(value):
        return float(f"{float(str(value)):.12g}")
    if column.type == "URL" and isinstance(value, Mapping):
        return _address(value)
    if isinstance(value, str):
        return _lines(value)
    return list(value) if isinstance(value, Sequence) else value


def _looked_up(column: Column, one: Mapping[str, Json], meanings: Meanings) -> int | None:
    saved_id = one.get("id")
    if not isinstance(saved_id, int):
        return None
    return meanings.looked_up(column, saved_id, _text(one, "value"))


def _address(value: Mapping[str, Json]) -> tuple[str, str]:
    url = _text(value, "url")
    return url, _text(value, "description") or url


def _guids(value: Json) -> list[str]:
    return sorted(_text(one, "guid").lower() for one in _each(value))


def _folded(names: Sequence[str]) -> list[str]:
    return sorted(name.casefold() for name in names)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _is_number(value: Json) -> bool:
    try:
        return value is not None and not isinstance(value, bool) and bool(str(float(str(value))))
    except ValueError:
        return False


def _is_rows(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _each(value: Json) -> list[Mapping[str, Json]]:
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [one for one in value if isinstance(one, Mapping)]
    return []


def _text(value: Mapping[str, Json], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def shown(value: Json) -> str:
    """Write a value short enough for a list of differences."""
    if value in _NOTHING:
        return "nothing"
    if isinstance(value, Mapping):
        value = value.get("login") or value.get("value") or value.get("label") or value.get("url")
    elif _is_rows(value):
        return ", ".join(shown(one) for one in list(value)[:3])  # type: ignore[arg-type]
    text = repr(value)
    return text if len(text) <= SHOWN_CHARS_MAX else f"{text[: SHOWN_CHARS_MAX - 1]}…"
